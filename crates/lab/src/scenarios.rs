//! Scenarios: what is recorded of a lane, so that somebody can see how it works. Each is short, does the same on
//! every lane, and is none of the things that figures come from.

use protocol::load::Task;
use texts::text;

/// A scenario.
#[derive(Debug)]
pub struct Scenario {
    /// Its name in reports and on the command line.
    pub id: &'static str,
    /// As a heading.
    pub title: &'static str,
    /// What happens in it.
    pub story: &'static str,
    /// The same for a lane.
    pub(crate) act: Act,
}

/// What happens in a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// A worker starts, answers and ends.
    Start,
    /// Bytes go to a worker and back, so many times.
    Echo { bytes: u64, times: u32 },
    /// Workers get tasks, one after the other each.
    Tasks { task: Task, tasks: u32, workers: u32 },
    /// A worker does a task and crashes; another one does the next.
    Crash { task: Task },
    /// Workers read pages of a site, one of which they do not survive.
    Scrape,
    /// A piece of work is cut into a share per worker.
    Work { workload: &'static str, pages: u32, workers: u32 },
}

/// Rounds of some milliseconds.
const ROUNDS: u64 = 2_000_000;

/// All scenarios. The first is the one that shows most at a glance.
pub static ALL: [Scenario; 6] = [
    Scenario {
        id: "tasks",
        title: text!("Six tasks for two workers"),
        story: text!(
            "The caller starts two workers, gives each a task of 64 KiB, gives the next one to whoever is \
                done, and ends them."
        ),
        act: Act::Tasks {
            task: Task { payload: 64 << 10, reply: 4 << 10, rounds: ROUNDS },
            tasks: 6,
            workers: 2,
        },
    },
    Scenario {
        id: "echo",
        title: text!("A mebibyte there and back"),
        story: text!("The caller starts a worker, sends it 1 MiB and gets it back, three times."),
        act: Act::Echo { bytes: 1 << 20, times: 3 },
    },
    Scenario {
        id: "startup",
        title: text!("A worker's life"),
        story: text!("The caller asks for a worker, waits for its first answer, and ends it."),
        act: Act::Start,
    },
    Scenario {
        id: "crash",
        title: text!("A crash, and what comes after it"),
        story: text!(
            "A worker does a task, and then crashes; its caller is told, starts another one and gives that the \
                next task."
        ),
        act: Act::Crash { task: Task { payload: 4 << 10, reply: 64, rounds: ROUNDS } },
    },
    Scenario {
        id: "picture",
        title: text!("The seed's picture"),
        story: text!(
            "The caller cuts a picture of one megapixel into two regions; each worker fills one."
        ),
        act: Act::Work { workload: "fill", pages: 1000, workers: 2 },
    },
    Scenario {
        id: "scraper",
        title: text!("The seed's scraper"),
        story: text!(
            "Two children read ten pages of a site that the runner serves. One page is deeper than they can go: it ends \
                who reads it, and who tries it again."
        ),
        act: Act::Scrape,
    },
];

impl Scenario {
    /// How many bytes are echoed, and how often, if that is what happens.
    #[must_use]
    pub(crate) fn echoes(&self) -> Option<(u64, u32)> {
        match self.act {
            Act::Echo { bytes, times } => Some((bytes, times)),
            _ => None,
        }
    }
}

/// The scenario of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.id == id)
}
