//! `crash`: who dies when a worker does.

use super::{Experiment, Extent, nothing_more};
use crate::op::Op;
use crate::trial::{Trial, trials};
use texts::text;

pub(super) const CRASH: Experiment = Experiment {
    id: "crash",
    question: text!("When a worker crashes, who else dies, and how soon is there another one?"),
    prose: text!(
        "Each trial has a caller of its own that may be lost, with two workers; one of them sends 256 KiB \
            and crashes. The fact `died` says whether the worker alone was lost or its caller too, \
            `siblings_lost` how many other workers. The time is that from the crash until somebody knew: the \
            caller, or, if that is lost, whoever started it. A loop is known by half a second without a sign of \
            life; where nobody is told, it is how long the caller watched. `replaced` goes from the crash until another \
            worker answered, `bytes_lost` counts those of the 256 KiB that did not arrive."
    ),
    operations: |sweep| {
        let lengthy =
            |trial: &&Trial| sweep.extent == Extent::Brief && LENGTHY.contains(&trial.name);
        TRIALS.iter().filter(|trial| !lengthy(trial)).map(Op::Trial).collect()
    },
    every: 1,
    derived: nothing_more,
};

/// Those that take half a second and more.
pub const LENGTHY: [&str; 3] = ["memory-one", "memory-buffers", "loop"];

/// Its trials.
pub const TRIALS: [Trial; 13] = trials(
    "crash",
    "kind",
    [
        (
            "throw",
            text!("It throws what nobody catches, or panics; the caller listens for errors."),
        ),
        ("throw-unheard", text!("The same, and the caller has no listener for errors.")),
        ("rejection", text!("A promise is rejected and nobody handles it.")),
        ("exit", text!("It asks for the end of its process.")),
        ("abort", text!("It aborts.")),
        ("segfault", text!("It gets the signal of a forbidden memory access, SIGSEGV.")),
        ("trap", text!("A wasm module comes to a forbidden instruction.")),
        ("stack", text!("It calls itself without end.")),
        ("memory-many", text!("It takes memory in many small pieces until there is none.")),
        ("memory-one", text!("It takes memory in one piece that grows until there is none.")),
        (
            "memory-buffers",
            text!("It fills ArrayBuffers, which lie beside the heap, until there are no more."),
        ),
        ("loop", text!("It never comes back.")),
        ("lock", text!("It dies while it holds a lock that others wait for.")),
    ],
);
