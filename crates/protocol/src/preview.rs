//! Inside the browser: a picture as the page shows it.

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};

/// The longest side of a picture that is shown, in pixels.
pub const LONGEST_PREVIEW: u32 = 800;

/// A picture scaled down for showing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Preview {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// RGBA as canvases take it, alpha not premultiplied, `width * height * 4` bytes.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub pixels: Uint8Array,
}
