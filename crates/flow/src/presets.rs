//! What is worth looking at side by side.

use texts::text;

/// Two lanes in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name in links and on the command line.
    pub id: &'static str,
    /// As people read it.
    pub title: &'static str,
    /// The scenario's name.
    pub scenario: &'static str,
    /// Left and right.
    pub lanes: [&'static str; 2],
}

/// All of them. The first is the picture that the seed speaks of.
pub const PRESETS: [Preset; 8] = [
    of(
        "glance",
        text!("Worker threads and child processes at a glance"),
        "tasks",
        ["node.worker", "node.fork-json"],
    ),
    of(
        "picture",
        text!("The seed's picture, in shared memory and by JSON"),
        "picture",
        ["node.worker-shared", "node.fork-json"],
    ),
    of(
        "scraper",
        text!("The seed's scraper: what becomes of who reads too deep a page"),
        "scraper",
        ["process.socket", "process.pipe"],
    ),
    of(
        "echo",
        text!("A mebibyte there and back, shared and copied"),
        "echo",
        ["process.shm", "process.socket"],
    ),
    of(
        "startup",
        text!("How a worker starts: a thread and a process of Node"),
        "startup",
        ["node.worker", "node.fork-json"],
    ),
    of(
        "crash",
        text!("A crash with its recovery: a thread and a process of Node"),
        "crash",
        ["node.worker", "node.fork-json"],
    ),
    of(
        "native",
        text!("Tasks for threads and processes without Node"),
        "tasks",
        ["native.thread", "process.pipe"],
    ),
    of(
        "browser",
        text!("Web Workers: cloned and in shared memory"),
        "tasks",
        ["browser.clone", "browser.shared"],
    ),
];

const fn of(
    id: &'static str,
    title: &'static str,
    scenario: &'static str,
    lanes: [&'static str; 2],
) -> Preset {
    Preset { id, title, scenario, lanes }
}
