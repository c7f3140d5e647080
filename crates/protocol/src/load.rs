//! A load: tasks for workers, as somebody has them.

use serde::{Deserialize, Serialize};

use crate::frame::{MAX_ROUNDS, MAX_TASK_BYTES};

/// The fewest bytes of a payload: the number of the task must fit.
pub const MIN_PAYLOAD: u64 = 8;
/// The most tasks that are counted out.
pub const MAX_TASKS: u32 = 1_000_000;

/// The most rounds of all tasks that are counted out: about five minutes.
const MOST_ROUNDS: u64 = 1 << 37;
/// The most bytes of theirs.
const MOST_BYTES: u64 = 1 << 40;
/// How long tasks may come at a rate, in nanoseconds.
const MOST_NANOS: u64 = 300_000_000_000;

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// Bytes that the worker gets with it.
    pub payload: u64,
    /// Bytes that it answers with.
    pub reply: u64,
    /// How much it computes, in `workloads::rounds`.
    pub rounds: u64,
}

impl Task {
    /// So little that only the way to the worker and back counts.
    pub const TINY: Self = Self { payload: 64, reply: 0, rounds: 0 };
}

/// Tasks for workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Load {
    /// What each is.
    pub task: Task,
    /// How many workers there are.
    pub workers: u32,
    /// Whether each task has a worker of its own, started for it and ended after it, so many at a time; else the
    /// workers stay.
    pub fresh: bool,
    /// How many tasks there are.
    pub amount: Amount,
}

/// How many tasks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// Always a next one, for as long as it takes to tell how long one takes.
    Steady,
    /// So many, from starting the workers until the last answer.
    Tasks(u32),
    /// So many, one due every `interval` nanoseconds, for workers that are there.
    Rate {
        /// How many.
        tasks: u32,
        /// Between two, in nanoseconds.
        interval: u64,
    },
}

impl Load {
    /// Whether its sizes are within their bounds.
    ///
    /// # Errors
    /// Says which one is not.
    pub fn check(&self) -> Result<(), String> {
        let Task { payload, reply, rounds } = self.task;
        if !(MIN_PAYLOAD..=MAX_TASK_BYTES).contains(&payload) {
            return Err(format!(
                "a task has a payload of {MIN_PAYLOAD} to {MAX_TASK_BYTES} bytes, not {payload}"
            ));
        }
        if reply > MAX_TASK_BYTES {
            return Err(format!(
                "a task has a reply of at most {MAX_TASK_BYTES} bytes, not {reply}"
            ));
        }
        if rounds > MAX_ROUNDS {
            return Err(format!("a task has at most {MAX_ROUNDS} rounds, not {rounds}"));
        }
        match self.amount {
            Amount::Tasks(tasks) | Amount::Rate { tasks, .. }
                if !(1..=MAX_TASKS).contains(&tasks) =>
            {
                Err(format!("there are 1 to {MAX_TASKS} tasks, not {tasks}"))
            }
            // What a page asks for ends some time: so much work for one worker, and so many bytes.
            Amount::Tasks(tasks) if u64::from(tasks).saturating_mul(rounds) > MOST_ROUNDS => {
                Err(format!("all tasks together have at most {MOST_ROUNDS} rounds"))
            }
            Amount::Tasks(tasks)
                if u64::from(tasks).saturating_mul(payload + reply) > MOST_BYTES =>
            {
                Err(format!("all tasks together carry at most {MOST_BYTES} bytes"))
            }
            Amount::Rate { tasks, interval }
                if u64::from(tasks).saturating_mul(interval) > MOST_NANOS =>
            {
                Err("tasks at a rate come within five minutes".into())
            }
            Amount::Rate { interval: 0, .. } => Err("tasks have some time between them".into()),
            Amount::Rate { .. } if self.fresh => {
                Err("tasks that come at a rate find workers that are there".into())
            }
            _ => Ok(()),
        }
    }
}
