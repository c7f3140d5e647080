//! The server: the page, and its API over a session.

mod access;
pub mod assets;
pub(crate) mod connections;
mod headers;
mod knock;
mod listeners;
mod pairing;
mod picture;
mod result;
mod session;
mod socket;
mod study;

use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::any;
use futures::future::try_join_all;
use protocol::LaneInfo;
use protocol::runner::{Machine, PICTURE_PATH, RESULT_PATH, SESSION_PATH, SOCKET_PATH, START_PATH};
use tokio::sync::Semaphore;
use tower_http::compression::CompressionLayer;

use crate::guest::Guest;
use crate::laboratory::Laboratory;
use crate::machine;
use crate::site::Site;
use access::Access;
pub use access::{Door, SESSION_LIFE};
use connections::Connections;
pub use connections::MAX_CONNECTIONS;
use knock::Silent;
pub use listeners::Listeners;
pub use pairing::{AllowedOrigin, Answered, Pairing, Request as PairingRequest};
use picture::OwnPicture;
use result::KeptResult;
use study::Study;

/// Tabs with a session, at once.
pub const MAX_SOCKETS: usize = 16;
/// Pages of another origin that were let in, at once.
const MAX_PAIRED: usize = 8;
/// Of requests that say themselves how much they may hold, such as pictures, this is not the limit.
const MAX_BODY: usize = 4 << 10;

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

    /// The version of the Node that these lanes run.
    fn node(&self) -> Option<String> {
        match self {
            Self::Laboratory(_) => crate::lanes::node_version(),
            Self::Guests(_) => None,
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
    result: KeptResult,
    /// The built-in site, once it is served.
    site: OnceLock<Site>,
    /// Whether pages beyond it may be scraped.
    scrapes: bool,
    study: Study,
    /// Sockets that may be open yet, of sessions.
    sockets: Arc<Semaphore>,
    /// The same of pages of another origin that were let in.
    paired: Arc<Semaphore>,
    /// Pages of another origin that have said nothing yet.
    silent: Silent,
}

impl Server {
    /// # Errors
    /// If the system gives no randomness for the token.
    pub fn new(port: u16, host: Host, door: Door) -> anyhow::Result<Self> {
        let machine = Machine { node: host.node(), ..machine::describe() };
        let own_picture = OwnPicture::none();
        let study = Study::default();
        let [sockets, paired] =
            [MAX_SOCKETS, MAX_PAIRED].map(|most| Arc::new(Semaphore::new(most)));
        let silent = Silent::default();
        let scrapes = door.scrapes;
        let access = Access::new(port, door).context("no randomness for the access token")?;
        let (result, site) = (KeptResult::default(), OnceLock::new());
        let state = State {
            access,
            host,
            machine,
            own_picture,
            result,
            site,
            scrapes,
            study,
            sockets,
            paired,
            silent,
        };
        Ok(Self { state: Arc::new(state) })
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
        let site = Site::start().await.context("no port for the built-in site")?;
        self.state.site.get_or_init(|| site);
        let (router, connections) = (self.router(), Connections::new());
        let servers =
            listeners.into_iter().map(|listener| connections.serve(listener, router.clone()));
        try_join_all(servers).await.context("the server failed")?;
        Ok(())
    }

    fn router(&self) -> Router {
        let state = || Arc::clone(&self.state);
        // Everything under `/api`, known or not, goes through the API's checks.
        let api = Router::new()
            // Any method: the router would answer a wrong one by naming the right ones.
            .route(SESSION_PATH, any(session::open))
            .route(SOCKET_PATH, any(socket::upgrade))
            .route(PICTURE_PATH, any(picture::take))
            .route(RESULT_PATH, any(result::give))
            .route("/api", any(access::refuse))
            .route("/api/{*rest}", any(access::refuse))
            .layer(middleware::from_fn_with_state(state(), access::same_origin));
        let start = Router::new().route(START_PATH, any(session::start));
        let page = Router::new().fallback(assets::serve).layer(CompressionLayer::new());
        Router::new()
            .merge(api)
            .merge(start)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .fallback_service(page)
            .layer(middleware::from_fn_with_state(state(), access::own_host))
            .layer(middleware::from_fn(headers::add))
            .with_state(state())
    }
}
