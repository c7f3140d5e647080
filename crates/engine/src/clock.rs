//! The only place that reads a clock: `performance.now()` of the worker that asks.

use protocol::engine::HOURS;
use protocol::report::Clock;
use wasm_bindgen::JsCast;
use web_sys::{Performance, WorkerGlobalScope};

/// Steps that are looked at, to find the shortest.
const STEPS: u32 = 50;
/// Nanoseconds after which there were enough, however coarse the clock is.
const LONG_ENOUGH: f64 = 2e8;
/// Readings whose cost is measured.
const READINGS: u32 = 20_000;

thread_local! {
    static PERFORMANCE: Option<Performance> =
        js_sys::global().unchecked_into::<WorkerGlobalScope>().performance();
}

/// Nanoseconds since this worker began; differences within one worker are what it is good for.
pub(crate) fn now() -> u64 {
    exact() as u64
}

/// The same as it is.
pub(crate) fn exact() -> f64 {
    PERFORMANCE.with(|clock| clock.as_ref().map_or(0.0, Performance::now)) * 1e6
}

/// When this worker's clock began, in milliseconds since 1970.
pub(crate) fn origin() -> f64 {
    PERFORMANCE.with(|clock| clock.as_ref().map_or(0.0, Performance::time_origin))
}

/// The same on a clock that all workers have, for differences between them.
pub(crate) fn shared() -> f64 {
    (origin() % HOURS) * 1e6 + exact()
}

/// The same in whole nanoseconds, for what is noted.
pub(crate) fn stamp() -> u64 {
    shared() as u64
}

/// Measures the clock, in nanoseconds.
pub(crate) fn measure() -> Clock {
    let began = exact();
    let (mut last, mut tick, mut steps) = (began, f64::INFINITY, 0);
    while steps < STEPS && last - began < LONG_ENOUGH {
        let next = exact();
        if next > last {
            (tick, steps) = (tick.min(next - last), steps + 1);
        }
        last = next;
    }
    let began = exact();
    (0..READINGS).for_each(|_| {
        exact();
    });
    let overhead = (exact() - began) / f64::from(READINGS);
    // A hundredth of a nanosecond off is the floating point's.
    Clock { tick: tick.round(), overhead }
}
