//! Trials: what is done once to one worker and looked at, where other operations are timed over and over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a trial saw, by name.
pub type Facts = BTreeMap<String, Fact>;

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Fact {
    /// Whether it is so.
    Is(bool),
    /// How many.
    Count(u64),
    /// A name, or what somebody said.
    Text(String),
}

impl std::fmt::Display for Fact {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Is(true) => out.write_str("yes"),
            Self::Is(false) => out.write_str("no"),
            Self::Count(count) => write!(out, "{count}"),
            Self::Text(text) => out.write_str(text),
        }
    }
}

/// What trials of the same kind saw, and how many of them saw just that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sighting {
    /// What they saw.
    pub facts: Facts,
    /// How many trials.
    pub times: u32,
}

/// What came of one trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// What was seen.
    pub facts: Facts,
    /// How long it took, in nanoseconds: the experiment says what.
    pub took: f64,
    /// Of a crash: from the crash until a replacement answered, in nanoseconds.
    #[serde(default)]
    pub replaced: Option<f64>,
    /// Of a crash: bytes that the worker had sent and that did not arrive.
    #[serde(default)]
    pub lost: Option<f64>,
}

/// A line from a program that makes a trial, to whoever started it. The last says what came of it; a program
/// that ends without has been ended by the trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialNews {
    /// The workers have answered, and now one is told to do it.
    Begun {
        /// On the system's monotonic clock, in nanoseconds.
        at: f64,
    },
    /// The caller knows of the crash, and lives: if it ends now, that is a failure of its own.
    Outlived,
    /// It is over.
    Tried(Tried),
    /// It means nothing here, for this reason.
    Unavailable(String),
    /// It could not be made, for this reason.
    Failed(String),
}
