//! `compute`: real work, cut into a share per worker.

use protocol::report::Unit;
use texts::text;
use workloads::compute::{ALL, PAGE, Workload};

use super::{Experiment, Extent, worker_counts};
use crate::op::{Op, Series};

const QUICK: [u32; 1] = [pages(512 << 10)];
const FULL: [u32; 3] = [pages(64 << 10), QUICK[0], pages(4 << 20)];
/// What a quick run has time for: one workload of memory, one of arithmetic, one of allocations.
const QUICK_WORKLOADS: [&str; 3] = ["fill", "sha256", "json"];

const fn pages(bytes: u32) -> u32 {
    bytes / PAGE as u32
}

pub(super) const COMPUTE: Experiment = Experiment {
    id: "compute",
    question: text!("How long does a piece of work take, and what do more workers bring?"),
    prose: text!(
        "From the request until the whole answer is with the caller, workers warm: with what it costs \
            to get the work to them and the answer back. `size` is in bytes of data read or written. \
            `speed_up` is how many times as fast several workers are as one, `efficiency` the part of \
            it per worker, and `serial_fraction` the part of the work that behaves as if it could not be \
            divided (Karp and Flatt, 1990): negative where workers help each other, as with caches."
    ),
    operations: |sweep| {
        let sizes = match sweep.extent {
            Extent::Quick | Extent::Brief => &QUICK[..],
            Extent::Full => &FULL,
        };
        let is_in = |workload: &&'static Workload| {
            sweep.extent == Extent::Full || QUICK_WORKLOADS.contains(&workload.id)
        };
        let counts = worker_counts(sweep.cores);
        let mut all = Vec::new();
        for workload in ALL.into_iter().filter(is_in) {
            for pages in sizes.iter().copied() {
                let op = |workers: &u32| Op::Compute { workload, pages, workers: *workers };
                // A quick run compares one worker with all.
                let counts = counts.iter().filter(|count| {
                    sweep.extent == Extent::Full || **count == 1 || Some(*count) == counts.last()
                });
                all.extend(counts.map(op));
            }
        }
        all
    },
    every: 1,
    derived,
};

fn derived(medians: &[(Op, f64)]) -> Vec<Series> {
    let mut all = Vec::new();
    for (op, several) in medians {
        let Op::Compute { workload, pages, workers } = *op else { continue };
        let alone = Op::Compute { workload, pages, workers: 1 };
        let one = medians.iter().find(|(other, _)| *other == alone);
        let (Some((_, one)), true) = (one, workers > 1) else { continue };
        let count = f64::from(workers);
        let speed_up = one / several;
        let serial = (1.0 / speed_up - 1.0 / count) / (1.0 - 1.0 / count);
        let row = |metric, value| op.series(metric, Unit::Ratio, Ok(vec![value]));
        all.extend([
            row("speed_up", speed_up),
            row("efficiency", speed_up / count),
            row("serial_fraction", serial),
        ]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amdahls_law_is_found_again() {
        // A tenth of 100 ms cannot be divided.
        let time = |workers: u32| 10.0 + 90.0 / f64::from(workers);
        let op = |workers| Op::Compute { workload: ALL[0], pages: 1, workers };
        let rows = derived(&[1, 2, 4].map(|workers| (op(workers), time(workers))));
        assert_eq!(rows.len(), 2 * 3);
        for (row, metric, value) in [
            (0, "speed_up", 100.0 / 55.0),
            (1, "efficiency", 50.0 / 55.0),
            (2, "serial_fraction", 0.1),
            (5, "serial_fraction", 0.1),
        ] {
            assert_eq!(rows[row].params["metric"], metric.into());
            assert!(
                (rows[row].samples.as_ref().unwrap()[0] - value).abs() < 1e-9,
                "{:?}",
                rows[row]
            );
        }
    }
}
