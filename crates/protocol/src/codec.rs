//! Inside the browser: the page and the worker that turns picture files into pixels, and the other way.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use workloads::Checksum;

use crate::hexadecimal;
use crate::preview::Preview;

/// The largest picture file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// From the page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToCodec {
    /// Decode this picture.
    Decode {
        /// A `Blob` with a PNG, JPEG or WebP file.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        file: JsValue,
    },
    /// Draw the built-in picture, to be shown.
    Draw {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Scale these pixels down, to be shown.
    Show(Pixels),
    /// Make a file of these pixels.
    Encode {
        /// Which.
        pixels: Pixels,
        /// The end of the file's name: `png`, `jpg` or `webp`.
        format: String,
    },
}

/// A picture.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pixels {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// A `Blob` of RGBA with premultiplied alpha.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub blob: JsValue,
}

/// To the page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromCodec {
    /// The module is compiled and listens.
    Ready,
    /// The picture, upright.
    Decoded {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// Of the pixels.
        #[serde(with = "hexadecimal")]
        checksum: Checksum,
        /// A `Blob` of RGBA with premultiplied alpha: a handle that every worker and the runner can
        /// be given, without the page ever holding the bytes.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        pixels: JsValue,
        /// The picture scaled down for showing.
        preview: Preview,
    },
    /// The picture, scaled down.
    Shown(Preview),
    /// The file.
    Encoded {
        /// A `Blob`.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        file: JsValue,
    },
    /// It could not be done.
    Failed {
        /// Why, and what to do.
        error: String,
    },
}
