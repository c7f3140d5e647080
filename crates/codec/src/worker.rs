//! The decoder as a worker of the page.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use protocol::codec::{FromCodec, ToCodec};
use protocol::preview::{LONGEST_PREVIEW, Preview};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;
use worker_link::inside::{listen, post};
use workloads::{Checksum, Thumbnail};

use crate::decode;

/// Says that it is ready, and answers each message with a picture or with why there is none.
#[wasm_bindgen]
pub fn listen_for_files() {
    listen(|message| {
        spawn_local(async move {
            let answer = answer(message).await;
            post(&answer.unwrap_or_else(|error| FromCodec::Failed { error }));
        });
    });
    post(&FromCodec::Ready);
}

async fn answer(message: JsValue) -> Result<FromCodec, String> {
    let ToCodec::Decode { file } =
        serde_wasm_bindgen::from_value(message).map_err(|why| why.to_string())?;
    let unreadable = |why: JsValue| format!("the file could not be read: {why:?}");
    let file: Blob = file.dyn_into().map_err(unreadable)?;
    let bytes: ArrayBuffer =
        JsFuture::from(file.array_buffer()).await.map_err(unreadable)?.unchecked_into();
    let decoded = decode(&Uint8Array::new(&bytes).to_vec()).map_err(|why| why.to_string())?;
    let (dimensions, pixels) = (decoded.dimensions, decoded.pixels);
    let parts = Array::of1(&Uint8Array::from(pixels.as_slice()));
    let blob = Blob::new_with_u8_array_sequence(&parts)
        .map_err(|why| format!("no memory for the picture: {why:?}"))?;
    let small = Thumbnail::of(dimensions, &pixels, LONGEST_PREVIEW);
    Ok(FromCodec::Decoded {
        width: dimensions.width(),
        height: dimensions.height(),
        checksum: Checksum::of_rows(dimensions, 0, &pixels),
        pixels: blob.into(),
        preview: Preview {
            width: small.width,
            height: small.height,
            pixels: Uint8Array::from(small.pixels.as_slice()),
        },
    })
}
