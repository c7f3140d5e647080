//! The visitor's own picture, opened by the codec in a worker.

use futures::FutureExt;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use protocol::Picture;
use protocol::codec::{FromCodec, MAX_FILE_BYTES, ToCodec};
use protocol::preview::Preview;
use wasm_bindgen::JsCast;
use web_sys::Blob;
use worker_link::{LinkError, WorkerLink};
use workloads::Dimensions;

/// How long the largest picture may take on a slow machine, many times over.
const PATIENCE_MS: u32 = 120_000;

/// A picture that was opened. The page holds a handle, not the bytes.
pub(crate) struct OwnPicture {
    /// What tasks call it.
    pub(crate) picture: Picture,
    pub(crate) dimensions: Dimensions,
    /// RGBA, alpha premultiplied.
    pub(crate) pixels: Blob,
    pub(crate) preview: Preview,
}

/// Opens a PNG, JPEG or WebP file.
///
/// # Errors
/// Says to the visitor why it cannot be opened, and what to do.
pub(crate) async fn open_picture(file: Blob) -> Result<OwnPicture, String> {
    if file.size() > MAX_FILE_BYTES as f64 {
        let megabytes = MAX_FILE_BYTES >> 20;
        return Err(format!(
            "this file is larger than {megabytes} MiB: make the picture smaller first"
        ));
    }
    let talk = talk(file).boxed_local();
    match select(talk, TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((Ok(FromCodec::Decoded { width, height, checksum, pixels, preview }), _)) => {
            let dimensions = Dimensions::new(width, height).map_err(|why| why.to_string())?;
            let pixels = pixels.dyn_into().map_err(|_| "the decoder sent no pixels".to_owned())?;
            Ok(OwnPicture { picture: Picture::Own(checksum), dimensions, pixels, preview })
        }
        Either::Left((Ok(FromCodec::Failed { error }), _)) => Err(error),
        Either::Left((Ok(FromCodec::Ready), _)) => Err("the decoder only said hello".into()),
        // A decoder that gives up has met a file that it should have refused.
        Either::Left((Err(why), _)) => {
            Err(format!("this picture could not be decoded ({why}): choose another one"))
        }
        Either::Right(_) => {
            let seconds = PATIENCE_MS / 1000;
            Err(format!("this picture was not decoded within {seconds} s: choose a smaller one"))
        }
    }
}

async fn talk(file: Blob) -> Result<FromCodec, LinkError> {
    let mut link = WorkerLink::<ToCodec, FromCodec>::start("./workers/codec/worker.js")?;
    match link.receive().await? {
        FromCodec::Ready => {}
        early => return Ok(early),
    }
    link.send(&ToCodec::Decode { file: file.into() })?;
    link.receive().await
}
