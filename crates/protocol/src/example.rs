//! The seed's two programs, run as they are written, and beside them what becomes of its scraper's message and what
//! became of the programs.

use serde::{Deserialize, Serialize};

use crate::scrape::Child;
use crate::{LaneId, Nanos};

/// How the examples go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExampleEvent {
    /// A program of the seed has run.
    Ran(Ran),
    /// A size of page was tried.
    Swept(Swept),
    /// The first program's buffer was filled on a lane.
    Filled {
        /// Which.
        lane: LaneId,
        /// What came of it.
        outcome: Became<Filled>,
    },
    /// The second program's page was read by a child process.
    Read {
        /// In which language.
        child: Child,
        /// What came of it.
        outcome: Became<Read>,
    },
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

/// What came of one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Became<T> {
    /// It was made.
    Measured(T),
    /// It cannot be made here, for this reason.
    Unavailable(String),
    /// It failed, for this reason.
    Failed(String),
}

/// A buffer of 1 MiB that one worker filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// From asking for the worker to its first answer.
    pub startup: Nanos,
    /// From asking for the buffer to its being full, the median of five.
    pub took: Nanos,
    /// Bytes that crossed as copies.
    pub bytes_copied: u64,
}

/// The page that the built-in site has for `https://example.com`, read by one child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// From asking for the child to its first answer.
    pub startup: Nanos,
    /// From asking for the page to what is on it.
    pub took: Nanos,
    /// Its title.
    pub title: String,
}
