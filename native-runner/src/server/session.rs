//! The swap of the one-time token for a session: by the page, and by the form of a browser that was started for
//! it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CACHE_CONTROL, LOCATION, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::runner::{SessionGrant, SessionRequest};

use super::{State, access};

/// The secret is in the answer's body: only a page of our own origin can read that.
pub(super) async fn open(
    Extract(state): Extract<Arc<State>>,
    method: Method,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let session = body
        .ok()
        .filter(|_| method == Method::POST)
        .and_then(|body| serde_json::from_slice::<SessionRequest>(&body).ok())
        .and_then(|request| state.access.open_session(&request.token));
    match session {
        Some(session) => ([NOT_KEPT], Json(SessionGrant { session })).into_response(),
        None => access::refuse().await,
    }
}

/// From a file that only the user can read, hence of no origin. The answer goes on to the page, with another token: an
/// address stays in a history, where it is worth nothing once the page has swapped it.
pub(super) async fn start(
    Extract(state): Extract<Arc<State>>,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let from_a_file = headers.get_all(ORIGIN).iter().all(|origin| origin == "null");
    let token = body
        .ok()
        .filter(|_| method == Method::POST && from_a_file)
        .and_then(|body| str::from_utf8(&body).ok()?.strip_prefix("token=").map(str::to_owned))
        .and_then(|token| state.access.hand_on(&token));
    match token {
        Some(token) => (StatusCode::SEE_OTHER, [NOT_KEPT], [(LOCATION, format!("/#t={token}"))])
            .into_response(),
        None => access::refuse().await,
    }
}

const NOT_KEPT: (axum::http::HeaderName, &str) = (CACHE_CONTROL, "no-store");
