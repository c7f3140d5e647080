//! `dispatch`: many tiny tasks through a warm pool.

use super::{Experiment, nothing_more, worker_counts};
use crate::op::Op;
use texts::text;

pub(super) const DISPATCH: Experiment = Experiment {
    id: "dispatch",
    question: text!("How many tiny tasks get through a warm pool, and how long does each wait?"),
    prose: text!(
        "A task is 64 bytes with a number that comes back; each worker has one at a time. `rate` is what gets \
            through when there is always a next one. The percentiles are of the time from when a task \
            was due until its answer is there, with 5,000 due a second whether the pool keeps up or not: \
            what a task waits for those before it counts. `p999` of fewer than 1,000 tasks in a block is \
            the slowest of them."
    ),
    operations: |sweep| {
        worker_counts(sweep.cores).into_iter().map(|workers| Op::Dispatch { workers }).collect()
    },
    // A thousand tasks a block tell enough.
    every: 4,
    derived: nothing_more,
};
