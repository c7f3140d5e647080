//! The recommended lane in code: programs that run as they stand, one a file.

use protocol::LaneId;
use serde::Serialize;

use claims::Column;

use crate::workload::{column_of, platform_of};
use claims::Platform;

/// A program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sketch {
    /// For which platform.
    pub platform: &'static str,
    /// What its file is called.
    pub name: &'static str,
    /// All of it.
    pub text: &'static str,
}

macro_rules! sketch {
    ($platform:literal, $name:literal) => {
        Sketch {
            platform: $platform,
            name: $name,
            text: include_str!(concat!("../sketches/", $name)),
        }
    };
}

const NODE_WORKER: Sketch = sketch!("node", "node-worker.mjs");
const NODE_SHARED: Sketch = sketch!("node", "node-worker-shared.mjs");
const NODE_FORK: Sketch = sketch!("node", "node-fork.mjs");
const RUST_THREAD: Sketch = sketch!("rust", "thread.rs");
const RUST_PROCESS: Sketch = sketch!("rust", "process.rs");
const BROWSER_WORKER: Sketch = sketch!("browser", "worker.js");
const BROWSER_SHARED: Sketch = sketch!("browser", "worker-shared.js");

/// Every one, for whoever tries them.
#[cfg(test)]
pub(crate) const ALL: [Sketch; 7] = [
    NODE_WORKER,
    NODE_SHARED,
    NODE_FORK,
    RUST_THREAD,
    RUST_PROCESS,
    BROWSER_WORKER,
    BROWSER_SHARED,
];

/// The way of a lane in Node, Rust and the browser, its own platform first. A page has no processes.
#[must_use]
pub fn sketches(lane: &LaneId) -> Vec<Sketch> {
    let shares =
        [LaneId::NODE_WORKER_SHARED, LaneId::BROWSER_SHARED, LaneId::NATIVE_THREAD].contains(lane);
    let mut all = match column_of(lane) {
        Some(Column::Processes) => vec![NODE_FORK, RUST_PROCESS],
        Some(Column::Threads) if shares => vec![NODE_SHARED, RUST_THREAD, BROWSER_SHARED],
        Some(Column::Threads) => vec![NODE_WORKER, RUST_THREAD, BROWSER_WORKER],
        None => Vec::new(),
    };
    // Platforms have capitals where people read them.
    let own = platform_of(lane).map_or("", Platform::name);
    all.sort_by_key(|sketch| !sketch.platform.eq_ignore_ascii_case(own));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_s_own_platform_comes_first() {
        for (lane, first) in [
            (LaneId::NATIVE_THREAD, "thread.rs"),
            (LaneId::PROCESS_PIPE, "process.rs"),
            (LaneId::NODE_WORKER, "node-worker.mjs"),
            (LaneId::BROWSER_SHARED, "worker-shared.js"),
        ] {
            assert_eq!(sketches(&lane)[0].name, first, "{lane}");
        }
    }
}
