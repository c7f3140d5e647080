//! `echo`: what it costs to send bytes to a worker and back.

use super::{Experiment, Extent, nothing_more};
use crate::op::Op;
use texts::text;

const QUICK: [u64; 3] = [64, 64 << 10, 1 << 20];
const FULL: [u64; 6] = [64, 1 << 10, 64 << 10, 1 << 20, 16 << 20, 64 << 20];

pub(super) const ECHO: Experiment = Experiment {
    id: "echo",
    question: text!("How long do bytes take to a worker and back?"),
    prose: text!(
        "`round_trip` is the mean over a batch of echoes; `one_way` is the part until all bytes had \
            arrived at the worker. Where memory is shared, `touch` says whether anybody touches the \
            bytes (`hand_over`: nobody; `write_read`: the caller writes all, the worker reads all), and \
            `wait` how the two wait for each other. The other lanes copy the bytes each way. Each row \
            says how many bytes were copied and how many shared."
    ),
    operations: |sweep| {
        let sizes = match sweep.extent {
            Extent::Quick | Extent::Brief => &QUICK[..],
            Extent::Full => &FULL,
        };
        sizes.iter().map(|bytes| Op::Echo { bytes: *bytes }).collect()
    },
    every: 1,
    derived: nothing_more,
};
