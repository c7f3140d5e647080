//! `identity`: what a worker and its caller are to the system, and what each has for itself.

use super::{Experiment, nothing_more};
use crate::op::Op;
use crate::trial::{Trial, trials};
use texts::text;

pub(super) const IDENTITY: Experiment = Experiment {
    id: "identity",
    question: text!(
        "What is one and the same for a worker and its caller, and what has each for itself?"
    ),
    prose: text!(
        "Each trial changes or asks something on one side and looks from the other. The fact `same` says \
            whether both sides have it in common: a process id that is equal, a folder or a title that \
            changes for both, a signal that reaches the caller's handler. The time is that from asking until \
            the caller knew."
    ),
    operations: |_| TRIALS.iter().map(Op::Trial).collect(),
    every: 1,
    derived: nothing_more,
};

/// Its trials.
pub const TRIALS: [Trial; 7] = trials(
    "identity",
    "aspect",
    [
        ("process", text!("Worker and caller tell their process ids.")),
        ("thread", text!("Worker and caller tell their thread ids.")),
        (
            "heap",
            text!(
                "The worker fills memory; does the caller's heap grow, or can the caller read it?"
            ),
        ),
        (
            "globals",
            text!("A global variable is set before the worker starts; does the worker have it?"),
        ),
        ("cwd", text!("The worker changes its working directory; is the caller elsewhere, too?")),
        ("signals", text!("The worker sends a signal to its own process; whose handler hears it?")),
        (
            "title",
            text!("The worker changes its title as `ps` shows it; has the caller's changed?"),
        ),
    ],
);
