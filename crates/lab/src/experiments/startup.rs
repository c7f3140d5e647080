//! `startup`: what a worker costs before it does anything.

use super::{Experiment, nothing_more};
use crate::op::Op;
use texts::text;

pub(super) const STARTUP: Experiment = Experiment {
    id: "startup",
    question: text!("How long until a new worker answers, and how long is the caller held up?"),
    prose: text!(
        "Each sample starts one worker, cold, and ends it again. `first_answer` goes from asking to \
            the worker's first message in the caller's hands, `blocked` is the part of it that the call \
            itself took, and `exit` goes from telling the worker to end until it is gone."
    ),
    operations: |_| vec![Op::Startup],
    every: 1,
    derived: nothing_more,
};
