//! `share`: what can be handed to a worker, and what both sides then have in common.

use super::{Experiment, nothing_more};
use crate::op::Op;
use crate::trial::{Trial, trials};
use texts::text;

pub(super) const SHARE: Experiment = Experiment {
    id: "share",
    question: text!("What can worker and caller share, and what must each have for itself?"),
    prose: text!(
        "Each trial changes something on one side and looks from the other, or tries to hand it over and \
            notes what comes of it, in the platform's own words. `buffer`'s time is the one until a write was \
            seen, or until a copy had arrived; the others' is that until the caller knew."
    ),
    operations: |_| TRIALS.iter().map(Op::Trial).collect(),
    every: 1,
    derived: nothing_more,
};

/// Its trials.
pub const TRIALS: [Trial; 7] = trials(
    "share",
    "resource",
    [
        (
            "variables",
            text!(
                "A global is changed after the start, and an object with a prototype, a map and a \
                       function is sent: what does the other side see?"
            ),
        ),
        (
            "buffer",
            text!(
                "One side writes into a buffer that the other has been given: who sees it, and when?"
            ),
        ),
        (
            "database",
            text!(
                "An open connection to an embedded database is handed over; then each side opens one \
                      of its own and makes a transaction."
            ),
        ),
        ("database-server", text!("The same with a connection to a PostgreSQL server.")),
        (
            "service",
            text!(
                "A cache with a counter is used from both sides: are there two counters, or one?"
            ),
        ),
        ("env", text!("Environment variables are set before and after the start, on both sides.")),
        (
            "fd",
            text!(
                "An open file, socket, port or stream is handed over: does it work on the other side?"
            ),
        ),
    ],
);
