//! Bands over a rayon pool that shares the caller's memory: the same code for native threads and for
//! Web Workers, so that only the platform differs.

use std::ops::Range;

use protocol::Nanos;
use workloads::{Source, SourceError};

use crate::lane::Job;

/// Makes the picture, one band per worker, inside the current pool. The workers write disjoint parts
/// of `out`; nothing is copied. Returns the longest time that one band spent in the kernel.
///
/// `apply` makes the rows of one band with the job's kernel; `now` reads the lane's clock, in nanoseconds; `writes` is
/// told, by the worker that does, which band is about to be written.
///
/// # Errors
/// If the source is not the picture that the job names.
pub fn run(
    job: Job<'_>,
    workers: u32,
    out: &mut [u8],
    apply: impl Fn(&Source<'_>, Range<u32>, &mut [u8]) + Sync,
    now: impl Fn() -> u64 + Sync,
    writes: impl Fn(usize) + Sync,
) -> Result<Nanos, SourceError> {
    let source = Source::new(job.dimensions, 0, job.source)?;
    let bands = job.kernel.bands(job.dimensions, workers);
    let mut computes = vec![0; bands.len()];
    rayon::scope(|scope| {
        let mut rest = out;
        for (number, (rows, compute)) in bands.into_iter().zip(&mut computes).enumerate() {
            let (band, after) = rest.split_at_mut(job.makes().byte_range(&rows).len());
            rest = after;
            let (apply, now, writes, source) = (&apply, &now, &writes, &source);
            scope.spawn(move |_| {
                writes(number);
                let started = now();
                apply(source, rows, band);
                *compute = now() - started;
            });
        }
    });
    Ok(Nanos(computes.into_iter().max().unwrap_or(0)))
}
