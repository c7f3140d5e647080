//! `memory`: what an idle worker takes.

use super::{Experiment, nothing_more};
use crate::op::Op;
use texts::text;

pub(super) const MEMORY: Experiment = Experiment {
    id: "memory",
    question: text!("How much memory does an idle worker take?"),
    prose: text!(
        "Of a worker that has answered once and waits, beside another one, with which it shares what \
            can be shared. `rss` counts every page that it has mapped, `pss` divides pages among those \
            who share them, `uss` counts those that it has alone and that would be free without it. For \
            a process they are its own; for a thread they are what the process has more than before it."
    ),
    operations: |_| vec![Op::Memory],
    // It hardly scatters, and of Node it takes as long as everything else together.
    every: 4,
    derived: nothing_more,
};
