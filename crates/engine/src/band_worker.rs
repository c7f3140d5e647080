//! A worker of `browser.clone`: bands in, bands out, each a structured clone.

use js_sys::Uint8Array;
use protocol::Nanos;
use protocol::engine::{FromBandWorker, ToBandWorker};
use wasm_bindgen::JsValue;
use worker_link::inside::{listen, post};
use workloads::{Dimensions, Kernel, Source};

use crate::clock;

/// Says that it is ready, and answers each message with a band.
pub(crate) fn work() {
    listen(|message| {
        post(&band(message).unwrap_or_else(|error| FromBandWorker::Failed { error }));
    });
    post(&FromBandWorker::Ready);
}

fn band(message: JsValue) -> Result<FromBandWorker, String> {
    let message = serde_wasm_bindgen::from_value(message).map_err(|why| why.to_string())?;
    let ToBandWorker::Band { filter, width, height, start, end, first_row, pixels } = message;
    let kernel = match filter {
        None => Kernel::Scene,
        Some(filter) => Kernel::try_from(filter).map_err(|why| why.to_string())?,
    };
    let dimensions = Dimensions::new(width, height).map_err(|why| why.to_string())?;
    let pixels = pixels.to_vec();
    let source = Source::new(dimensions, first_row, &pixels).map_err(|why| why.to_string())?;
    let rows = start..end;
    let mut out = vec![0; kernel.makes(dimensions).byte_range(&rows).len()];
    let started = clock::now();
    kernel.apply(&source, rows, &mut out);
    let compute = Nanos(clock::now() - started);
    Ok(FromBandWorker::Band { compute, pixels: Uint8Array::from(out.as_slice()) })
}
