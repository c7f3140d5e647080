//! The swap of the one-time token for a session: by the page, and by the form of a browser that was started for
//! it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::runner::SessionRequest;

use super::{State, access};

pub(super) async fn open(
    Extract(state): Extract<Arc<State>>,
    method: Method,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let cookie = body
        .ok()
        .filter(|_| method == Method::POST)
        .and_then(|body| serde_json::from_slice::<SessionRequest>(&body).ok())
        .and_then(|request| state.access.open_session(&request.token));
    match cookie {
        Some(cookie) => (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response(),
        None => access::refuse().await,
    }
}

/// From a file that only the user can read, hence of no origin; the answer goes on to the page.
pub(super) async fn start(
    Extract(state): Extract<Arc<State>>,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let from_a_file = headers.get_all(ORIGIN).iter().all(|origin| origin == "null");
    let cookie = body
        .ok()
        .filter(|_| method == Method::POST && from_a_file)
        .and_then(|body| str::from_utf8(&body).ok()?.strip_prefix("token=").map(str::to_owned))
        .and_then(|token| state.access.open_session(&token));
    match cookie {
        Some(cookie) => (StatusCode::SEE_OTHER, [(SET_COOKIE, cookie), (LOCATION, "/".to_owned())])
            .into_response(),
        None => access::refuse().await,
    }
}
