//! The swap of the one-time token for a session.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use protocol::runner::SessionRequest;

use super::{State, access};

pub(super) async fn open(Extract(state): Extract<Arc<State>>, body: Bytes) -> Response {
    let cookie = serde_json::from_slice::<SessionRequest>(&body)
        .ok()
        .and_then(|request| state.access.open_session(&request.token));
    match cookie {
        Some(cookie) => (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response(),
        None => access::refuse().await,
    }
}
