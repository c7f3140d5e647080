//! What is worth looking at side by side.

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
    Preset {
        id: "glance",
        title: "Worker threads and child processes at a glance",
        scenario: "tasks",
        lanes: ["node.worker", "node.fork-json"],
    },
    Preset {
        id: "picture",
        title: "The seed's picture, in shared memory and by JSON",
        scenario: "picture",
        lanes: ["node.worker-shared", "node.fork-json"],
    },
    Preset {
        id: "scraper",
        title: "The seed's scraper: what becomes of who reads too deep a page",
        scenario: "scraper",
        lanes: ["process.socket", "process.pipe"],
    },
    Preset {
        id: "echo",
        title: "A mebibyte there and back, shared and copied",
        scenario: "echo",
        lanes: ["process.shm", "process.socket"],
    },
    Preset {
        id: "startup",
        title: "How a worker starts: a thread and a process of Node",
        scenario: "startup",
        lanes: ["node.worker", "node.fork-json"],
    },
    Preset {
        id: "crash",
        title: "A crash with its recovery: a thread and a process of Node",
        scenario: "crash",
        lanes: ["node.worker", "node.fork-json"],
    },
    Preset {
        id: "native",
        title: "Tasks for threads and processes without Node",
        scenario: "tasks",
        lanes: ["native.thread", "process.pipe"],
    },
    Preset {
        id: "browser",
        title: "Web Workers: cloned and in shared memory",
        scenario: "tasks",
        lanes: ["browser.clone", "browser.shared"],
    },
];
