//! The codec as a worker of the page.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use protocol::codec::{FromCodec, Pixels, ToCodec};
use protocol::preview::{LONGEST_PREVIEW, Preview};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;
use worker_link::inside::{listen, post};
use workloads::{Checksum, Dimensions, Kernel, Source, Thumbnail};

use crate::{Format, decode, encode};

/// Says that it is ready, and answers each message with a picture, a file, or why there is none.
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
    let wanted = serde_wasm_bindgen::from_value(message).map_err(|why| why.to_string())?;
    match wanted {
        ToCodec::Decode { file } => decoded(&bytes(file).await?),
        ToCodec::Draw { width, height } => {
            let dimensions = Dimensions::new(width, height).map_err(|why| why.to_string())?;
            let mut pixels = vec![0; dimensions.bytes()];
            let nothing = Source::new(dimensions, 0, &[]).map_err(|why| why.to_string())?;
            Kernel::Scene.apply(&nothing, 0..height, &mut pixels);
            Ok(FromCodec::Shown(preview(dimensions, &pixels)))
        }
        ToCodec::Show(wanted) => {
            let (dimensions, pixels) = whole(wanted).await?;
            Ok(FromCodec::Shown(preview(dimensions, &pixels)))
        }
        ToCodec::Encode { pixels, format } => {
            let format = Format::of(&format!("x.{format}")).ok_or("no such format")?;
            let (dimensions, pixels) = whole(pixels).await?;
            let file = encode(dimensions, pixels, format)?;
            Ok(FromCodec::Encoded { file: blob(&file)?.into() })
        }
    }
}

async fn bytes(file: JsValue) -> Result<Vec<u8>, String> {
    let unreadable = |why: JsValue| format!("the file could not be read: {why:?}");
    let file: Blob = file.dyn_into().map_err(unreadable)?;
    let bytes: ArrayBuffer =
        JsFuture::from(file.array_buffer()).await.map_err(unreadable)?.unchecked_into();
    Ok(Uint8Array::new(&bytes).to_vec())
}

async fn whole(pixels: Pixels) -> Result<(Dimensions, Vec<u8>), String> {
    let dimensions = Dimensions::new(pixels.width, pixels.height).map_err(|why| why.to_string())?;
    let bytes = bytes(pixels.blob).await?;
    let fits = bytes.len() == dimensions.bytes();
    if fits { Ok((dimensions, bytes)) } else { Err("these pixels are not of that size".into()) }
}

fn blob(bytes: &[u8]) -> Result<Blob, String> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    Blob::new_with_u8_array_sequence(&parts)
        .map_err(|why| format!("no memory for the picture: {why:?}"))
}

fn preview(dimensions: Dimensions, pixels: &[u8]) -> Preview {
    let small = Thumbnail::of(dimensions, pixels, LONGEST_PREVIEW);
    let pixels = Uint8Array::from(small.pixels.as_slice());
    Preview { width: small.width, height: small.height, pixels }
}

fn decoded(file: &[u8]) -> Result<FromCodec, String> {
    let decoded = decode(file).map_err(|why| why.to_string())?;
    let (dimensions, pixels) = (decoded.dimensions, decoded.pixels);
    Ok(FromCodec::Decoded {
        width: dimensions.width(),
        height: dimensions.height(),
        checksum: Checksum::of_rows(dimensions, 0, &pixels),
        pixels: blob(&pixels)?.into(),
        preview: preview(dimensions, &pixels),
    })
}
