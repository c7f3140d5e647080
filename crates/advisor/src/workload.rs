//! Somebody's workload, and for which platform they ask.

use claims::{Column, Platform};
use protocol::LaneId;
use protocol::frame::MAX_TASK_BYTES;
use protocol::load::{self, MAX_TASKS};
use serde::{Deserialize, Serialize};
use texts::tr;

use crate::needs::Need;

/// The longest task in nanoseconds.
const LONGEST: f64 = 10e9;
/// The most workers.
const MOST_WORKERS: u32 = 64;
/// Tasks at a rate come for so many seconds, but not more or fewer than these.
const SECONDS: f64 = 3.0;
const AT_A_RATE: [f64; 2] = [20.0, 200.0];

/// What somebody has to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// How long one worker computes for a task, in nanoseconds.
    pub task: f64,
    /// Bytes that it gets.
    pub payload: u64,
    /// Bytes that it answers with.
    pub reply: u64,
    /// How many tasks there are.
    pub amount: Amount,
    /// How many workers there may be at once.
    pub workers: u32,
    /// Whether each task has a worker of its own, started for it and ended after it.
    pub fresh: bool,
    /// Which part of the tasks takes its worker along.
    pub crash_rate: f64,
    /// What all workers may take of memory together, in bytes.
    pub memory_limit: Option<u64>,
    /// What must be had.
    pub needs: Vec<Need>,
}

/// How many tasks there are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// So many at once.
    Tasks(u32),
    /// So many a second.
    Rate(f64),
}

/// Whose lanes compete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum For {
    /// `worker_threads` and `child_process.fork`.
    #[default]
    Node,
    /// Threads and child processes of a native program.
    Rust,
    /// Web Workers.
    Browser,
    /// All of them.
    Any,
}

impl For {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Node, Self::Rust, Self::Browser, Self::Any];

    /// As one types it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Rust => "rust",
            Self::Browser => "browser",
            Self::Any => "any",
        }
    }

    /// Its platforms.
    #[must_use]
    pub const fn platforms(self) -> &'static [Platform] {
        match self {
            Self::Node => &[Platform::Node],
            Self::Rust => &[Platform::Rust],
            Self::Browser => &[Platform::Browser],
            Self::Any => &Platform::ALL,
        }
    }

    /// Whether a lane competes.
    #[must_use]
    pub fn has(self, lane: &LaneId) -> bool {
        platform_of(lane).is_some_and(|platform| self.platforms().contains(&platform))
    }
}

/// Whose a lane is, of those that are chosen between: the page's own thread is none of them.
pub(crate) fn platform_of(lane: &LaneId) -> Option<Platform> {
    let has = |platform: &Platform| {
        Column::ALL.iter().any(|column| platform.lanes(*column).contains(lane))
    };
    Platform::ALL.into_iter().find(has)
}

/// What isolates a lane's workers, as the seed's columns have it.
pub(crate) fn column_of(lane: &LaneId) -> Option<Column> {
    let platform = platform_of(lane)?;
    Column::ALL.into_iter().find(|column| platform.lanes(*column).contains(lane))
}

impl Workload {
    /// Whether it can be: bounds, and parts that contradict each other.
    ///
    /// # Errors
    /// One sentence: what is wrong, and what would be right.
    pub fn check(&self) -> Result<(), String> {
        if !(0.0..=LONGEST).contains(&self.task) {
            return Err(tr!("a task computes for 0 ms to 10 s").into());
        }
        for (what, bytes) in [("payload", self.payload), ("reply", self.reply)] {
            if bytes > MAX_TASK_BYTES {
                return Err(tr!("a {} has at most {}", what, lab::format::bytes(MAX_TASK_BYTES)));
            }
        }
        match self.amount {
            Amount::Tasks(tasks) if !(1..=MAX_TASKS).contains(&tasks) => {
                return Err(tr!("there are 1 to {} tasks", MAX_TASKS));
            }
            Amount::Rate(rate) if !(rate > 0.0 && rate <= 1e6) => {
                return Err(tr!("tasks come at a rate of up to 1,000,000 a second").into());
            }
            Amount::Rate(_) if self.fresh => {
                return Err(
                    tr!("tasks at a rate find workers that are there: ask either for --rate or for --fresh")
                        .into(),
                );
            }
            _ => {}
        }
        if !(1..=MOST_WORKERS).contains(&self.workers) {
            return Err(tr!("there are 1 to {} workers", MOST_WORKERS));
        }
        if !(0.0..1.0).contains(&self.crash_rate) {
            return Err(tr!("the part of tasks that crash is from 0 to less than 1").into());
        }
        if self.memory_limit == Some(0) {
            return Err(tr!("nothing runs in no memory: give a limit above 0").into());
        }
        Ok(())
    }

    /// The figure that lanes are compared by, as rows of `workload` name it.
    #[must_use]
    pub const fn metric(&self) -> &'static str {
        match self.amount {
            Amount::Tasks(_) => "total",
            Amount::Rate(_) => "p50",
        }
    }

    /// The load that it puts on a lane whose rounds take so long, but for its crashes.
    pub(crate) fn load(&self, nanos_per_round: f64) -> load::Load {
        let rounds = (self.task / nanos_per_round).round() as u64;
        let rounds = rounds.min(protocol::frame::MAX_ROUNDS);
        let payload = self.payload.max(load::MIN_PAYLOAD);
        let amount = match self.amount {
            Amount::Tasks(tasks) => load::Amount::Tasks(tasks),
            Amount::Rate(rate) => {
                let tasks = (rate * SECONDS).clamp(AT_A_RATE[0], AT_A_RATE[1]) as u32;
                load::Amount::Rate { tasks, interval: (1e9 / rate).max(1.0) as u64 }
            }
        };
        let task = load::Task { payload, reply: self.reply, rounds };
        load::Load { task, workers: self.workers, fresh: self.fresh, amount }
    }
}
