//! What the last visit made that was to be kept: raw pixels, in memory until the next one.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::State;
use super::access::{self, InSession};

#[derive(Clone, Default)]
pub(super) struct KeptResult(Arc<Mutex<Option<Bytes>>>);

impl KeptResult {
    pub(super) fn set(&self, pixels: Option<Bytes>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = pixels;
    }

    fn get(&self) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(super) async fn give(
    Extract(state): Extract<Arc<State>>,
    _: InSession,
    method: Method,
) -> Response {
    if method != Method::POST {
        return access::refuse().await;
    }
    match state.result.get() {
        Some(pixels) => {
            let kind = "application/octet-stream";
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], pixels).into_response()
        }
        None => (StatusCode::NOT_FOUND, "no visit has left a picture\n").into_response(),
    }
}
