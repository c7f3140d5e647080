//! The swap of the one-time token for a session.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::http::header::SET_COOKIE;
use axum::http::{Method, StatusCode};
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
