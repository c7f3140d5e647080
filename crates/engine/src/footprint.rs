//! What workers take of memory, as far as a browser tells.

use lab::ops::memory::Footprint;
use wasm_bindgen::{JsCast, UnwrapThrowExt};

/// With what is known of wasm's memory; the machine's is not.
pub(crate) fn of_wasm(wasm: Result<f64, String>) -> Footprint {
    let why = || Err("browsers do not tell what a worker takes of the machine's memory".to_owned());
    Footprint { rss: why(), pss: why(), uss: why(), wasm }
}

/// Bytes of this instance's wasm memory.
pub(crate) fn wasm_bytes() -> f64 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let length = js_sys::Reflect::get(&memory.buffer(), &"byteLength".into());
    length.ok().and_then(|length| length.as_f64()).expect_throw("memory has a length")
}
