//! `tasks`: what the decision guide's model is fitted to.

use protocol::load::{Amount, Load, Task};
use texts::text;

use super::{Experiment, Extent, nothing_more, worker_counts};
use crate::op::Op;

const QUICK: [u64; 4] = [16 << 10, 256 << 10, 1 << 20, 4 << 20];
const FULL: [u64; 7] = [1 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20];
/// About 40 µs, 300 µs and 2 ms of computing.
const ROUNDS: [u64; 3] = [20_000, 150_000, 1_000_000];
/// A task that is due every millisecond, so many of them.
const AT_A_RATE: Amount = Amount::Rate { tasks: 60, interval: 1_000_000 };

pub(super) const TASKS: Experiment = Experiment {
    id: "tasks",
    question: text!("How long does a task take, by its size, its work and its workers?"),
    prose: text!(
        "A task has a payload, so many rounds of computing and a reply. `period` is the time per task when every \
            worker always has the next one; with `start` fresh, each has a worker of its own, started for it and ended \
            after it: `start` is what starting as many at a time takes, `first` what their first task does, cold. `p50` and `p99` are of tasks that are due \
            at even intervals, from when each was due. What lies with the caller is copied where a lane copies; where \
            memory is shared within a process, it is handed over as it lies. The decision guide predicts from these."
    ),
    operations: |sweep| {
        let sizes = match sweep.extent {
            Extent::Quick | Extent::Brief => &QUICK[..],
            Extent::Full => &FULL,
        };
        let counts = worker_counts(sweep.cores);
        let some = |count: &u32| {
            sweep.extent == Extent::Full || *count == 1 || Some(count) == counts.last()
        };
        let mut all = Vec::new();
        for workers in counts.iter().copied().filter(some) {
            let load = |payload, reply, rounds, fresh, amount| {
                let task = Task { payload, reply, rounds };
                Op::Load(Load { task, workers, fresh, amount })
            };
            let steady =
                |payload, reply, rounds| load(payload, reply, rounds, false, Amount::Steady);
            all.push(steady(64, 0, 0));
            all.extend(sizes.iter().map(|bytes| steady(*bytes, 0, 0)));
            all.extend(sizes.iter().map(|bytes| steady(64, *bytes, 0)));
            all.extend(ROUNDS.map(|rounds| steady(64, 0, rounds)));
            // Where sending and computing go side by side.
            all.push(steady(QUICK[1], 0, ROUNDS[1]));
            all.push(load(64, 0, ROUNDS[1], false, AT_A_RATE));
            all.extend([0, ROUNDS[2]].map(|rounds| load(64, 0, rounds, true, Amount::Steady)));
            // Memory that nobody has touched before costs more.
            all.push(load(QUICK[2], QUICK[2], 0, true, Amount::Steady));
        }
        all
    },
    every: 1,
    derived: nothing_more,
};
