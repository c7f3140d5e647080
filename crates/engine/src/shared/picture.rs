//! Pictures: a pool whose workers write disjoint bands of one.

use std::future::ready;
use std::sync::atomic::{AtomicU32, Ordering};

use lab::{Crew, Job, LaneError, LaneFuture, RunTimes};
use protocol::{MAX_WORKERS, Nanos};
use workloads::Source;

use crate::clock;

/// The pool of a visit.
pub(super) struct PicturePool {
    pub(super) workers: u32,
}

/// Who writes each band of the picture: as in `FromEngine::Watch`.
static WRITERS: [AtomicU32; MAX_WORKERS as usize] =
    [const { AtomicU32::new(0) }; MAX_WORKERS as usize];

fn say_who(band: usize) {
    let who = rayon::current_thread_index().map_or(0, |index| index as u32 + 1);
    if let Some(writer) = WRITERS.get(band) {
        writer.store(who, Ordering::Relaxed);
    }
}

/// The address of what says who writes each band.
pub(crate) fn writers() -> u32 {
    // wasm32 addresses are 32 bits wide.
    WRITERS.as_ptr() as usize as u32
}

/// Changes that are passed back and forth to time one: many for the clock's steps.
const CHANGES: u32 = 2000;
/// What they may take in nanoseconds, where there is one processor for both sides.
const PATIENCE: u64 = 200_000_000;

/// How long after this thread's write one of the pool's sees it, both wide awake, in nanoseconds; none if it took too
/// long to tell.
pub(crate) fn seen() -> Option<f64> {
    let until = clock::now() + PATIENCE;
    rayon::spawn(move || {
        for change in 0..CHANGES {
            if !sees(2 * change + 1, until) {
                return;
            }
            CHANGE.store(2 * change + 2, Ordering::Release);
        }
    });
    let mut began = 0;
    for change in 0..CHANGES {
        // The first one waits for the thread to wake up.
        if change == 1 {
            began = clock::now();
        }
        CHANGE.store(2 * change + 1, Ordering::Release);
        if !sees(2 * change + 2, until) {
            return None;
        }
    }
    Some((clock::now() - began) as f64 / f64::from(2 * (CHANGES - 1)))
}

/// What is passed back and forth.
static CHANGE: AtomicU32 = AtomicU32::new(0);

/// Looks until it is so.
fn sees(value: u32, until: u64) -> bool {
    let mut looks = 0_u32;
    while CHANGE.load(Ordering::Acquire) != value {
        looks = looks.wrapping_add(1);
        if looks.is_multiple_of(1024) && clock::now() > until {
            return false;
        }
        std::hint::spin_loop();
    }
    true
}

impl Crew for PicturePool {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        let started = clock::now();
        let apply = |source: &Source<'_>, rows, out: &mut [u8]| job.kernel.apply(source, rows, out);
        WRITERS.iter().for_each(|writer| writer.store(0, Ordering::Relaxed));
        let compute = lab::pool::run(job, self.workers, out, apply, clock::now, say_who);
        let total = Nanos(clock::now() - started);
        Box::pin(ready(
            compute
                .map(|compute| RunTimes { total, compute, bytes_copied: 0 })
                .map_err(LaneError::failed),
        ))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        // The pool cannot be ended from inside: the page terminates the whole coordinator.
        Box::pin(ready(Ok(None)))
    }
}
