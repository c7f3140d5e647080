//! The server: the page, and its API over a session.

mod access;
pub mod assets;
mod headers;
mod listeners;
mod picture;
mod session;
mod socket;
mod study;

use std::sync::Arc;
use std::sync::mpsc::Sender;

use anyhow::Context;
use axum::Router;
use axum::middleware;
use axum::routing::{any, get, post};
use futures::future::try_join_all;
use protocol::LaneInfo;
use protocol::runner::{Machine, PICTURE_PATH, SESSION_PATH, SOCKET_PATH};
use tower_http::compression::CompressionLayer;

use crate::guest::Guest;
use crate::laboratory::Laboratory;
use crate::machine;
use access::Access;
pub use listeners::Listeners;
use picture::OwnPicture;
use study::Study;

/// Who does what a page asks for.
pub enum Host {
    /// The laboratory: the page leads, or has it lead.
    Laboratory(Laboratory),
    /// Somebody who only wants lanes: each page that offers some is handed over here.
    Guests(Sender<Guest>),
}

impl Host {
    /// What it offers.
    fn lanes(&self) -> &[LaneInfo] {
        match self {
            Self::Laboratory(laboratory) => laboratory.lanes(),
            Self::Guests(_) => &[],
        }
    }
}

/// A server for one port. Dropping it ends the laboratory.
pub struct Server {
    state: Arc<State>,
}

/// What all requests share.
struct State {
    access: Access,
    host: Host,
    machine: Machine,
    own_picture: OwnPicture,
    study: Study,
}

impl Server {
    /// # Errors
    /// If the system gives no randomness for the token.
    pub fn new(port: u16, host: Host) -> anyhow::Result<Self> {
        let access = Access::new(port).context("no randomness for the access token")?;
        let (machine, own_picture) = (machine::describe(), OwnPicture::none());
        let study = Study::default();
        Ok(Self { state: Arc::new(State { access, host, machine, own_picture, study }) })
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
