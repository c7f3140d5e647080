//! What the runner's lanes time themselves with.

use std::future::ready;
use std::num::NonZeroU64;
use std::time::Instant;

use lab::ops::dispatch::{Handed, Hands, Pool};
use lab::ops::startup::Life;
use lab::{LaneError, LaneFuture};
use protocol::Nanos;
use rustix::thread::{current_timer_slack, set_current_timer_slack};
use rustix::time::{ClockId, clock_gettime};

/// The lanes' clock: the system's monotonic one.
#[derive(Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the lanes' clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub(crate) fn elapsed(self) -> Nanos {
        Nanos(self.0.elapsed().as_nanos() as u64)
    }
}

/// The same clock in nanoseconds: the same in every process, as the child reads it too.
pub(crate) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// What the runner's lanes return: they wait themselves.
pub(crate) fn at_once<'a, T: 'a>(result: Result<T, LaneError>) -> LaneFuture<'a, T> {
    Box::pin(ready(result))
}

/// Times echoes one by one; `once` returns when all bytes had arrived, on the clock of [`now`].
pub(crate) fn echoes(
    count: u32,
    mut once: impl FnMut() -> Result<u64, LaneError>,
) -> Result<[f64; 2], LaneError> {
    let mut there = 0;
    let began = now();
    for _ in 0..count {
        let sent = now();
        there += once()?.saturating_sub(sent);
    }
    Ok([(now() - began) as f64, there as f64])
}

/// How long something takes, in nanoseconds.
pub(crate) fn span(act: impl FnOnce() -> Result<(), LaneError>) -> Result<f64, LaneError> {
    let began = now();
    act()?;
    Ok((now() - began) as f64)
}

/// Lives a worker's life: `ask` starts it, `greet` waits for its first answer, `end` until it has ended.
pub(crate) fn life<W>(
    ask: impl FnOnce() -> Result<W, LaneError>,
    greet: impl FnOnce(&mut W) -> Result<(), LaneError>,
    end: impl FnOnce(W) -> Result<(), LaneError>,
) -> Result<Life, LaneError> {
    let asked = Clock::start();
    let mut worker = ask()?;
    let blocked = asked.elapsed();
    greet(&mut worker)?;
    let first_answer = asked.elapsed();
    let told = Clock::start();
    end(worker)?;
    Ok(Life { blocked, first_answer, exit: Ok(told.elapsed()) })
}

/// A pool whose caller the kernel wakes on time, and not up to 50 µs late to save power.
pub(crate) struct OnTime<H>(pub(crate) Handed<H>);

impl<H: Hands> Pool for OnTime<H> {
    fn closed(&mut self, tasks: u32) -> LaneFuture<'_, f64> {
        self.0.closed(tasks)
    }

    fn open(&mut self, tasks: u32, interval: u64) -> LaneFuture<'_, Vec<u64>> {
        Box::pin(async move {
            let _exact = ExactTimers::set();
            self.0.open(tasks, interval).await
        })
    }
}

struct ExactTimers(Option<u64>);

impl ExactTimers {
    fn set() -> Self {
        let before = current_timer_slack().ok();
        // Where it fails, latencies are a little longer.
        let _ = set_current_timer_slack(NonZeroU64::new(1));
        Self(before)
    }
}

impl Drop for ExactTimers {
    fn drop(&mut self) {
        let _ = set_current_timer_slack(self.0.and_then(NonZeroU64::new));
    }
}
