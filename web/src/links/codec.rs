//! Picture files: opened, shown and made by the codec in a worker.

use futures::FutureExt;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use protocol::Picture;
use protocol::codec::{FromCodec, MAX_FILE_BYTES, Pixels, ToCodec};
use protocol::preview::Preview;
use texts::{text, tr};
use wasm_bindgen::JsCast;
use web_sys::Blob;
use worker_link::{LinkError, WorkerLink};
use workloads::Dimensions;

use crate::assets;

/// A worker that gives up has met what it should have refused, or could not be loaded.
const GAVE_UP: &str = text!("choose another picture, or load the page again");

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
        return Err(tr!(
            "this file is larger than {} MiB: make the picture smaller first",
            megabytes
        ));
    }
    match ask(ToCodec::Decode { file: file.into() }).await? {
        FromCodec::Decoded { width, height, checksum, pixels, preview } => {
            let dimensions = Dimensions::new(width, height).map_err(|why| why.to_string())?;
            let pixels =
                pixels.dyn_into().map_err(|_| tr!("the decoder sent no pixels").to_owned())?;
            Ok(OwnPicture { picture: Picture::Own(checksum), dimensions, pixels, preview })
        }
        other => Err(unexpected(&other)),
    }
}

/// The built-in picture, to be shown at most so large.
///
/// # Errors
/// Says why not.
pub(crate) async fn drawn(dimensions: Dimensions) -> Result<Preview, String> {
    let (width, height) = (dimensions.width(), dimensions.height());
    preview(ask(ToCodec::Draw { width, height }).await?)
}

/// How these pixels look.
///
/// # Errors
/// Says why not.
pub(crate) async fn shown(dimensions: Dimensions, pixels: &Blob) -> Result<Preview, String> {
    preview(ask(ToCodec::Show(whole(dimensions, pixels))).await?)
}

/// A file of these pixels, of the format that ends a name so.
///
/// # Errors
/// Says why not.
pub(crate) async fn encoded(
    dimensions: Dimensions,
    pixels: &Blob,
    format: &str,
) -> Result<Blob, String> {
    let wish = ToCodec::Encode { pixels: whole(dimensions, pixels), format: format.to_owned() };
    match ask(wish).await? {
        FromCodec::Encoded { file } => file.dyn_into().map_err(|_| tr!("no file came").to_owned()),
        other => Err(unexpected(&other)),
    }
}

fn whole(dimensions: Dimensions, pixels: &Blob) -> Pixels {
    let blob = pixels.clone().into();
    Pixels { width: dimensions.width(), height: dimensions.height(), blob }
}

fn preview(message: FromCodec) -> Result<Preview, String> {
    match message {
        FromCodec::Shown(preview) => Ok(preview),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(message: &FromCodec) -> String {
    match message {
        FromCodec::Failed { error } => error.clone(),
        other => format!("the codec said something at the wrong time: {other:?}"),
    }
}

/// Asks a codec of its own, which is thrown away afterwards.
async fn ask(wish: ToCodec) -> Result<FromCodec, String> {
    let talk = talk(wish).boxed_local();
    match select(talk, TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((Ok(FromCodec::Failed { error }), _)) => Err(error),
        Either::Left((Ok(message), _)) => Ok(message),
        Either::Left((Err(why), _)) => {
            Err(tr!("the page’s codec failed ({}): {}", why, tr(GAVE_UP)))
        }
        Either::Right(_) => {
            let seconds = PATIENCE_MS / 1000;
            Err(tr!("the page’s codec took more than {} s: choose a smaller picture", seconds))
        }
    }
}

async fn talk(wish: ToCodec) -> Result<FromCodec, LinkError> {
    let mut link =
        WorkerLink::<ToCodec, FromCodec>::start(&assets::address("workers/codec/worker.js"))?;
    match link.receive().await? {
        FromCodec::Ready => {}
        early => return Ok(early),
    }
    link.send(&wish)?;
    link.receive().await
}
