//! The only place that reads a clock: `performance.now()` of the worker that asks.

use wasm_bindgen::JsCast;
use web_sys::WorkerGlobalScope;

/// Nanoseconds since this worker began; differences within one worker are what it is good for.
pub(crate) fn now() -> u64 {
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().map_or(0, |clock| (clock.now() * 1e6) as u64)
}
