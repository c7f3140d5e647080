//! Pictures on a canvas: still ones, and those that workers are writing.

use js_sys::Uint8Array;
use protocol::preview::{LONGEST_PREVIEW, Preview};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};
use workloads::{CHANNELS, Dimensions, straighten};

/// A picture in the engine's shared memory.
pub(super) struct Watched {
    pub(super) memory: JsValue,
    pub(super) offset: u32,
    pub(super) dimensions: Dimensions,
}

/// Paints a picture that is whole.
pub(super) fn paint_preview(canvas: &HtmlCanvasElement, preview: &Preview) {
    let _ = paint(canvas, preview.width, preview.height, &preview.pixels.to_vec());
}

/// Every n-th pixel of every n-th row of the shared memory.
pub(super) fn sample(watched: &Watched) -> (u32, u32, Vec<u8>) {
    let Watched { memory, offset, dimensions } = watched;
    let step = dimensions.width().max(dimensions.height()).div_ceil(LONGEST_PREVIEW);
    let (width, height) = (dimensions.width().div_ceil(step), dimensions.height().div_ceil(step));
    let row_bytes = dimensions.row_bytes() as u32;
    let mut row = vec![0; dimensions.row_bytes()];
    let mut bytes = Vec::with_capacity((width * height) as usize * CHANNELS);
    for y in (0..dimensions.height()).step_by(step as usize) {
        Uint8Array::new_with_byte_offset_and_length(memory, offset + y * row_bytes, row_bytes)
            .copy_to(&mut row);
        for pixel in row.chunks_exact(CHANNELS).step_by(step as usize) {
            bytes.extend_from_slice(pixel);
        }
    }
    straighten(&mut bytes);
    (width, height, bytes)
}

pub(super) fn paint(
    canvas: &HtmlCanvasElement,
    width: u32,
    height: u32,
    bytes: &[u8],
) -> Result<(), JsValue> {
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let context = canvas
        .get_context("2d")?
        .ok_or(JsValue::NULL)?
        .unchecked_into::<CanvasRenderingContext2d>();
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(bytes), width, height)?;
    context.put_image_data(&image, 0.0, 0.0)
}
