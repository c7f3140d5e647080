//! The built-in site: some forty generated pages on loopback, for the scraper to meet what is out there: links, odd
//! charsets, broken markup, pages that are slow, that never end, and one that its parser does not survive.
//!
//! It is on a port of its own, has nothing private, and changes nothing.

mod pages;

use std::io;
use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use pages::Content;
#[cfg(test)]
pub(crate) use pages::Finds;
pub(crate) use pages::{PAGES, SitePage};

/// The site, for as long as this lives.
pub(crate) struct Site {
    origin: String,
    server: JoinHandle<()>,
}

impl Site {
    /// Serves it, on the runtime of whoever calls.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(answer);
        let server = tokio::spawn(async move {
            // It ends with the runtime, or when this is dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { origin, server })
    }

    /// Where it is, such as `http://127.0.0.1:4000`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The addresses of all its pages.
    pub(crate) fn urls(&self) -> Vec<String> {
        PAGES.iter().map(|page| self.url(page)).collect()
    }

    /// The address of a page.
    pub(crate) fn url(&self, page: &SitePage) -> String {
        format!("{}{}", self.origin, page.path)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path();
    if path == "/robots.txt" {
        return pages::ROBOTS.into_response();
    }
    let Some(page) = PAGES.iter().find(|page| page.path == path) else {
        return (StatusCode::NOT_FOUND, html("<title>Not here</title><p>No such page."))
            .into_response();
    };
    match (page.content)() {
        Content::Html(text) => html(text).into_response(),
        Content::Bytes { kind, bytes } => ([(CONTENT_TYPE, kind)], bytes).into_response(),
        Content::Encoded { encoding, bytes } => {
            ([(CONTENT_TYPE, HTML), (CONTENT_ENCODING, encoding)], bytes).into_response()
        }
        Content::Slow { text, after } => {
            sleep(after).await;
            html(text).into_response()
        }
        Content::Endless { start, again } => {
            let start = stream::iter([Ok::<_, io::Error>(start)]);
            let rest = stream::repeat_with(move || Ok(again.clone()));
            let body = Body::from_stream(futures::StreamExt::chain(start, rest));
            ([(CONTENT_TYPE, HTML)], body).into_response()
        }
        Content::Elsewhere(path) => {
            (StatusCode::FOUND, [(LOCATION, HeaderValue::from_static(path))]).into_response()
        }
        Content::Status(status) => {
            (status, html("<title>In trouble</title><p>This page answers with an error."))
                .into_response()
        }
    }
}

const HTML: &str = "text/html; charset=utf-8";

fn html(text: impl Into<Body>) -> impl IntoResponse {
    ([(CONTENT_TYPE, HTML)], text.into())
}
