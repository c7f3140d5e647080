//! `foreign`: workers that are other programs.

use super::{Experiment, nothing_more};
use crate::op::Op;
use crate::trial::{Trial, trials};
use texts::text;

pub(super) const FOREIGN: Experiment = Experiment {
    id: "foreign",
    question: text!("Can a worker be another program, in another language?"),
    prose: text!(
        "Each trial starts a program that was not made for this and has it echo a frame of 1 KiB, in the \
            same form as the lanes' own children. Where workers are threads it tries the nearest thing that \
            there is. `runs` says whether the echo came back; the time is that from the start until then."
    ),
    operations: |_| TRIALS.iter().map(Op::Trial).collect(),
    every: 1,
    derived: nothing_more,
};

/// Its trials.
pub const TRIALS: [Trial; 3] = trials(
    "foreign",
    "program",
    [
        ("python", text!("A Python script.")),
        ("shell", text!("A shell script that calls the system's tools.")),
        ("node", text!("A Node script.")),
    ],
);
