//! The visitor's own picture: raw pixels, kept in memory for the lanes until another one comes.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::State as Extract;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::MAX_OWN_PIXELS;
use tokio::sync::Semaphore;
use workloads::CHANNELS;

use super::State;
use super::access::{self, InSession};

const MAX_BYTES: usize = MAX_OWN_PIXELS as usize * CHANNELS;

/// The one that is kept, and the right to send another.
pub(super) struct OwnPicture {
    pixels: Mutex<Option<Arc<[u8]>>>,
    /// One upload at a time: each may take as much memory as a picture.
    uploads: Semaphore,
}

impl OwnPicture {
    pub(super) fn none() -> Self {
        Self { pixels: Mutex::new(None), uploads: Semaphore::new(1) }
    }

    pub(super) fn get(&self) -> Option<Arc<[u8]>> {
        self.pixels.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, pixels: Option<Arc<[u8]>>) {
        *self.pixels.lock().unwrap_or_else(PoisonError::into_inner) = pixels;
    }
}

pub(super) async fn take(
    Extract(state): Extract<Arc<State>>,
    _: InSession,
    method: Method,
    body: Body,
) -> Response {
    if method != Method::POST {
        return access::refuse().await;
    }
    let Ok(_upload) = state.own_picture.uploads.try_acquire() else {
        return (StatusCode::CONFLICT, "another picture is being sent\n").into_response();
    };
    // A length that says too much is not even read.
    if body.size_hint().lower() > MAX_BYTES as u64 {
        return too_large();
    }
    // The one before makes room first.
    state.own_picture.set(None);
    match to_bytes(body, MAX_BYTES).await {
        Ok(bytes) => {
            state.own_picture.set(Some(Arc::from(bytes.as_ref())));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(_) => too_large(),
    }
}

fn too_large() -> Response {
    let megapixels = MAX_OWN_PIXELS / 1_000_000;
    let why = format!("no picture of at most {megapixels} megapixels\n");
    (StatusCode::PAYLOAD_TOO_LARGE, why).into_response()
}
