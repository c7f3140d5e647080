//! The seed's two programs, run as they are written, and what becomes of its scraper's message.

use serde::{Deserialize, Serialize};

use crate::Nanos;

/// How the examples go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExampleEvent {
    /// A program of the seed has run.
    Ran(Ran),
    /// A size of page was tried.
    Swept(Swept),
    /// The last event, if everything was tried.
    Ended {
        /// The Node that did it.
        node: String,
        /// Whether somebody ended it before.
        cancelled: bool,
    },
    /// The last event otherwise.
    Failed {
        /// Why.
        error: String,
        /// Whether it cannot be done here at all.
        unavailable: bool,
    },
}

impl ExampleEvent {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Ended { .. } | Self::Failed { .. })
    }
}

/// A program of the seed that has run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// `worker-threads` or `child-processes`.
    pub name: String,
    /// What it wrote.
    pub output: String,
    /// From its start to its end, Node's own start included.
    pub took: Nanos,
}

/// Pages of one size that the seed's scraper sent before it exited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Characters of HTML.
    pub bytes: u64,
    /// How often it was tried, in each form.
    pub tries: u32,
    /// How often the page arrived as the seed has it: `process.send(…); process.exit()`.
    pub as_written: u32,
    /// How often it arrived when the exit waits: `process.send(…, () => process.exit())`.
    pub corrected: u32,
    /// The median time from starting the scraper to its page, corrected form, in nanoseconds.
    pub took: Nanos,
}
