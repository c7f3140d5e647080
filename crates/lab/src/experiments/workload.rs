//! `workload`: somebody's own, as the decision guide has it proved. It is asked for by the guide alone.

use super::{Experiment, nothing_more};
use crate::op::Op;
use texts::text;

/// What it asks of lanes stands in the sweep.
pub static WORKLOAD: Experiment = Experiment {
    id: "workload",
    question: text!("How long does this very workload take?"),
    prose: text!(
        "`total` goes from starting the workers to the last answer; `p50` and `p99` are of tasks at even intervals, \
            from when each was due, with workers that are there."
    ),
    operations: |sweep| sweep.load.map(Op::Load).into_iter().collect(),
    every: 1,
    derived: nothing_more,
};
