//! What a lane says during a visit, the same on every lane and over every link.

use serde::{Deserialize, Serialize};
use workloads::Checksum;

use crate::hexadecimal;

/// A span of time in nanoseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Nanos(pub u64);

impl Nanos {
    /// As milliseconds.
    #[must_use]
    pub fn millis(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// What happened on a visit, in the order Ready, Sample (as often as runs were asked for), Closed;
/// Failed or Cancelled may come at any point instead of the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneEvent {
    /// All workers have answered.
    Ready {
        /// From asking for the workers to the last one's first answer.
        startup: Nanos,
    },
    /// A timed run.
    Sample(Sample),
    /// The workers are gone.
    Closed {
        /// From asking the workers to end to the end of the last one; none where the platform does
        /// not tell when a worker has ended (browsers do not).
        teardown: Option<Nanos>,
    },
    /// The visit ended early.
    Failed(Failure),
    /// The visit was cancelled, and its workers are gone.
    Cancelled,
}

impl LaneEvent {
    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Closed { .. } | Self::Failed(_) | Self::Cancelled)
    }
}

/// One timed run. Its answer's checksum comes with it: a wrong answer is no sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// From the request to the whole answer in the caller's hands.
    pub total: Nanos,
    /// The longest time that one worker spent inside the kernel; what `total` has besides is
    /// transfer and waking.
    pub compute: Nanos,
    /// Payload bytes that crossed between caller and workers as copies, each counted once per
    /// crossing however often the mechanism copies it on the way.
    pub bytes_copied: u64,
    /// Of the whole resulting picture.
    #[serde(with = "hexadecimal")]
    pub checksum: Checksum,
}

/// Why and where a visit ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{stage}: {error}")]
pub struct Failure {
    /// Where it was.
    pub stage: Stage,
    /// What went wrong and, if anything can be done, what.
    pub error: String,
}

/// The part of a visit in which something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The lane, or the whole comparison, could not be prepared.
    Prepare,
    /// Starting the workers.
    Spawn,
    /// Drawing the picture or the untimed run.
    WarmUp,
    /// A timed run.
    Run,
    /// A run whose answer differed.
    Check,
    /// Ending the workers.
    Close,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Prepare => "preparing",
            Self::Spawn => "starting the workers",
            Self::WarmUp => "warming up",
            Self::Run => "running",
            Self::Check => "checking the answer",
            Self::Close => "ending the workers",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_survives_the_wire_to_the_last_bit() {
        let sample = LaneEvent::Sample(Sample {
            total: Nanos(1_234_567),
            compute: Nanos(1_000_000),
            bytes_copied: 96_000_000,
            checksum: Checksum(u64::MAX - 1),
        });
        let text = serde_json::to_string(&sample).unwrap();
        assert!(text.contains(r#""checksum":"fffffffffffffffe""#), "{text}");
        assert_eq!(serde_json::from_str::<LaneEvent>(&text).unwrap(), sample);
    }

    #[test]
    fn a_crippled_checksum_is_refused() {
        let text = r#"{"sample":{"total":1,"compute":1,"bytes_copied":0,"checksum":"ff"}}"#;
        assert!(serde_json::from_str::<LaneEvent>(text).is_err());
    }
}
