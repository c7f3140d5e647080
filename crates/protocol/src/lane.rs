//! Lanes as others see them.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a lane, for example `process.socket`: an open string, so that reports of newer
/// versions stay readable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaneId(Cow<'static, str>);

impl LaneId {
    /// Threads of the runner over its own memory.
    pub const NATIVE_THREAD: Self = Self::named("native.thread");
    /// The same threads, the kernels compiled for the widest vectors of the processor.
    pub const NATIVE_THREAD_WIDE: Self = Self::named("native.thread-wide");
    /// Child processes over two pipes.
    pub const PROCESS_PIPE: Self = Self::named("process.pipe");
    /// Child processes over Unix socket pairs.
    pub const PROCESS_SOCKET: Self = Self::named("process.socket");
    /// Child processes that have mapped the same memory as the runner.
    pub const PROCESS_SHM: Self = Self::named("process.shm");
    /// Node's worker threads, by structured clone.
    pub const NODE_WORKER: Self = Self::named("node.worker");
    /// Node's worker threads over a `SharedArrayBuffer`.
    pub const NODE_WORKER_SHARED: Self = Self::named("node.worker-shared");
    /// Node's child processes with messages as JSON, which is their default.
    pub const NODE_FORK_JSON: Self = Self::named("node.fork-json");
    /// Node's child processes with messages as structured clones.
    pub const NODE_FORK_ADVANCED: Self = Self::named("node.fork-advanced");
    /// Web Workers over shared wasm memory.
    pub const BROWSER_SHARED: Self = Self::named("browser.shared");
    /// The caller itself, without a worker.
    pub const BROWSER_MAIN: Self = Self::named("browser.main");
    /// Web Workers that get and return `ArrayBuffer`s, which change their owner.
    pub const BROWSER_TRANSFER: Self = Self::named("browser.transfer");
    /// Web Workers that get and return structured clones.
    pub const BROWSER_CLONE: Self = Self::named("browser.clone");

    const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for LaneId {
    fn from(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What isolates a lane's workers from the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneKind {
    /// Nothing: the work runs in the caller.
    Main,
    /// Threads or workers inside the caller's process.
    Thread,
    /// Operating-system processes.
    Process,
}

/// Whether a lane can run here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// It can.
    Available,
    /// It cannot, because of what the reason says.
    Unavailable {
        /// One sentence: what is missing and how to get it.
        reason: String,
    },
}

impl Availability {
    /// Whether it can.
    #[must_use]
    pub const fn is_available(&self) -> bool {
        matches!(self, Self::Available)
    }
}

/// A lane that somebody offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneInfo {
    /// Its name.
    pub id: LaneId,
    /// What isolates it.
    pub kind: LaneKind,
    /// Whether it makes the page's pictures, beside what studies ask for.
    pub pictures: bool,
    /// Whether it can run here.
    pub availability: Availability,
}
