//! The built-in site: some forty generated pages on loopback, for the scraper to meet what is out there: links, odd
//! charsets, broken markup, pages that are slow, that never end, and one that its parser does not survive.
//!
//! It is on a port of its own, has nothing private, and changes nothing. Whoever finds it gets no more of the machine
//! than the scrapers take: it is served like the page's port, and gives so many bytes a second.

mod meter;
mod pages;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::server::connections::Connections;
use meter::Meter;
use pages::Content;
#[cfg(test)]
pub(crate) use pages::Finds;
pub(crate) use pages::{PAGES, SitePage};

/// The site, for as long as this lives.
pub(crate) struct Site {
    origin: String,
    server: JoinHandle<()>,
    connections: Connections,
}

impl Site {
    /// Serves it, on the runtime of whoever calls.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(answer).with_state(Arc::new(Meter::new()));
        let connections = Connections::new();
        let server = tokio::spawn({
            let connections = connections.clone();
            async move {
                // It ends with the runtime, or when this is dropped.
                let _ = connections.serve(listener, router).await;
            }
        });
        Ok(Self { origin, server, connections })
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
        self.connections.close();
    }
}

async fn answer(State(meter): State<Arc<Meter>>, request: Request) -> Response {
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
    let content = (page.content)();
    meter.take(content.bytes()).await;
    match content {
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
            ([(CONTENT_TYPE, HTML)], endless(start, again.into(), meter)).into_response()
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

/// More than anybody reads of a page, but not for ever.
const ENDLESS: usize = 4 * crate::scrape::BYTES as usize;

/// One piece, and then another one for as long as a scraper might read; its end is a broken connection, because it
/// has none.
fn endless(start: Vec<u8>, again: Bytes, meter: Arc<Meter>) -> Body {
    let pieces = ENDLESS / again.len().max(1);
    let rest = stream::unfold(0, move |piece| {
        let (again, meter) = (again.clone(), Arc::clone(&meter));
        async move {
            meter.take(again.len()).await;
            let more = match piece {
                _ if piece < pieces => Ok(again),
                _ if piece == pieces => Err(io::Error::other("it has gone on for long enough")),
                _ => return None,
            };
            Some((more, piece + 1))
        }
    });
    let start = stream::iter([Ok(Bytes::from(start))]);
    Body::from_stream(futures::StreamExt::chain(start, rest))
}

const HTML: &str = "text/html; charset=utf-8";

fn html(text: impl Into<Body>) -> impl IntoResponse {
    ([(CONTENT_TYPE, HTML)], text.into())
}
