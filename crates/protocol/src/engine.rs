//! Inside the browser: page and coordinator, coordinator and band workers, by `postMessage`.
//!
//! serde-wasm-bindgen carries the messages; JavaScript's own objects (shared memory, byte arrays)
//! pass through it as they are.

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::preview::Preview;
use crate::{Filter, LaneEvent, Nanos, Task};

/// From the page to a coordinator, which makes one visit and is then thrown away.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToEngine {
    /// Make this visit.
    Visit {
        /// What is to be done.
        task: Task,
        /// The visitor's own picture if that is what the task is about, else undefined: a `Blob` as in
        /// [`crate::codec::FromCodec::Decoded`].
        #[serde(with = "serde_wasm_bindgen::preserve")]
        own: JsValue,
    },
}

/// From a coordinator to the page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromEngine {
    /// The module is compiled and listens.
    Loaded,
    /// Something happened on the visit.
    Event(LaneEvent),
    /// The untimed run begins: whoever holds this memory can see the picture appear. Pixels that are
    /// not there yet are zero.
    Watch {
        /// The engine's shared memory.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        memory: JsValue,
        /// Where in it the picture begins.
        offset: u32,
    },
    /// The untimed run's picture.
    Preview(Preview),
}

/// From the plain coordinator to a worker of `browser.clone`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToBandWorker {
    /// Make a band of the picture.
    Band {
        /// The filter, or none to draw the built-in picture.
        filter: Option<Filter>,
        /// The whole picture's width in pixels.
        width: u32,
        /// The whole picture's height in pixels.
        height: u32,
        /// The band's first row.
        start: u32,
        /// The row after its last.
        end: u32,
        /// The row with which `pixels` begins.
        first_row: u32,
        /// The band's rows and those around it that the filter reads.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        pixels: Uint8Array,
    },
}

/// From a worker of `browser.clone`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromBandWorker {
    /// The module is compiled and listens.
    Ready,
    /// The band.
    Band {
        /// Time inside the kernel.
        compute: Nanos,
        /// The band's rows.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        pixels: Uint8Array,
    },
    /// The band could not be made.
    Failed {
        /// Why.
        error: String,
    },
}
