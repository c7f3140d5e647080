//! The server: the page, and its API over a session.

mod access;
pub mod assets;
mod headers;
mod listeners;
mod picture;
mod session;
mod socket;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::middleware;
use axum::routing::{any, get, post};
use futures::future::try_join_all;
use protocol::runner::{Machine, PICTURE_PATH, SESSION_PATH, SOCKET_PATH};
use tower_http::compression::CompressionLayer;

use crate::laboratory::Laboratory;
use crate::machine;
use access::Access;
pub use listeners::Listeners;
use picture::OwnPicture;

/// A server for one port. Dropping it ends the laboratory.
pub struct Server {
    state: Arc<State>,
}

/// What all requests share.
struct State {
    access: Access,
    laboratory: Laboratory,
    machine: Machine,
    own_picture: OwnPicture,
}

impl Server {
    /// # Errors
    /// If the system gives no randomness for the token.
    pub fn new(port: u16, laboratory: Laboratory) -> anyhow::Result<Self> {
        let access = Access::new(port).context("no randomness for the access token")?;
        let (machine, own_picture) = (machine::describe(), OwnPicture::none());
        Ok(Self { state: Arc::new(State { access, laboratory, machine, own_picture }) })
    }

    /// The address that opens the page once, token included.
    #[must_use]
    pub fn one_time_address(&self) -> String {
        self.state.access.one_time_address()
    }

    /// Answers requests until a listener fails.
    ///
    /// # Errors
    /// If one does.
    pub async fn run(&self, listeners: Listeners) -> anyhow::Result<()> {
        let router = self.router();
        let servers = listeners.into_iter().map(|listener| {
            let router = router.clone();
            async move { axum::serve(listener, router).await }
        });
        try_join_all(servers).await.context("the server failed")?;
        Ok(())
    }

    fn router(&self) -> Router {
        let state = || Arc::clone(&self.state);
        // Everything under `/api`, known or not, goes through the API's checks.
        let api = Router::new()
            .route(SESSION_PATH, post(session::open))
            .route(SOCKET_PATH, get(socket::upgrade))
            .route(PICTURE_PATH, post(picture::take))
            .route("/api", any(access::refuse))
            .route("/api/{*rest}", any(access::refuse))
            .method_not_allowed_fallback(access::refuse)
            .layer(middleware::from_fn_with_state(state(), access::same_origin));
        let page = Router::new().fallback(assets::serve).layer(CompressionLayer::new());
        Router::new()
            .merge(api)
            .fallback_service(page)
            .layer(middleware::from_fn_with_state(state(), access::own_host))
            .layer(middleware::from_fn(headers::add))
            .with_state(state())
    }
}
