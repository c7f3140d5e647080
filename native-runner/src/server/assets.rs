//! The page and its parts, from inside the binary.

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::Embed;

/// What `trunk build` made; nothing where the page has not been built.
#[derive(Embed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Page;

/// Shown at the page's address by a runner that was built without one.
const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Breakeven</title>\
    <h1>This runner was built without the page</h1>\
    <p>Build it with <code>cargo xtask build</code>, which puts the page inside \
    <code>target/release/breakeven</code>, or build and start both with \
    <code>cargo xtask serve</code>.</p>";

/// Whether the page is inside.
#[must_use]
pub fn page_is_there() -> bool {
    Page::get("index.html").is_some()
}

/// A file of the page, for other uses than serving it.
pub(crate) fn file(path: &str) -> Option<Vec<u8>> {
    Page::get(path).map(|file| file.data.into_owned())
}

pub(super) async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let Some(file) = Page::get(path) else {
        return if path == "index.html" {
            Html(NOT_BUILT).into_response()
        } else {
            (StatusCode::NOT_FOUND, "not found\n").into_response()
        };
    };
    let hash = file.metadata.sha256_hash();
    let tag: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("W/\"{tag}\"");
    if request.headers().get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    let kind = file.metadata.mimetype().to_owned();
    ([(CONTENT_TYPE, kind), (ETAG, tag)], file.data).into_response()
}
