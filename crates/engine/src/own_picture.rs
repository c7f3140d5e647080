//! The visitor's own picture, from a `Blob` into this engine's memory.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader};
use workloads::Dimensions;

/// Reads it piece by piece, so that it never lies in memory twice.
///
/// # Errors
/// If there is no memory for it, it cannot be read, or it has not just as many bytes as the picture.
pub(crate) async fn read(blob: &Blob, dimensions: Dimensions) -> Result<Vec<u8>, String> {
    let bytes = dimensions.bytes();
    let mut pixels = Vec::new();
    let no_memory = |_| format!("no memory for a picture of {} MB", bytes / 1_000_000);
    pixels.try_reserve_exact(bytes).map_err(no_memory)?;
    read_into(blob, bytes, &mut pixels)
        .await
        .map_err(|why| format!("the picture could not be read: {why:?}"))?;
    if pixels.len() == bytes {
        Ok(pixels)
    } else {
        Err("the picture has not as many bytes as its size says: choose it again".into())
    }
}

/// Stops at whatever does not fit.
async fn read_into(blob: &Blob, limit: usize, pixels: &mut Vec<u8>) -> Result<(), JsValue> {
    let reader: ReadableStreamDefaultReader = blob.stream().get_reader().unchecked_into();
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(());
        }
        let piece: Uint8Array = Reflect::get(&piece, &"value".into())?.dyn_into()?;
        let start = pixels.len();
        let end = start + piece.length() as usize;
        if end > limit {
            return Err("it is too long".into());
        }
        pixels.resize(end, 0);
        piece.copy_to(&mut pixels[start..]);
    }
}
