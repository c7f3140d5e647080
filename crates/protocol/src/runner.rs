//! Page and runner, over the WebSocket: one JSON object a message.

use serde::{Deserialize, Serialize};

use crate::example::ExampleEvent;
use crate::scrape::{ScrapeEvent, ScrapeWish};
use crate::study::{News, Offer, Order, StudyEvent, Wish};
use crate::{LaneEvent, LaneId, LaneInfo, Task};

/// Which version of these messages both sides must speak.
pub const VERSION: u32 = 7;

/// The largest message that the runner accepts, in bytes: what an operation gave is the longest.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Where the page swaps its one-time token for a session, by POST.
pub const SESSION_PATH: &str = "/api/session";
/// Where a browser that the runner started itself swaps it, by a form: it goes on to the page, with another token for
/// the page to swap.
pub const START_PATH: &str = "/start";
/// The WebSocket of a session.
pub const SOCKET_PATH: &str = "/api/socket";
/// The WebSocket's subprotocol. A page of a session asks for this one and for that of [`session_protocol`].
pub const SOCKET_PROTOCOL: &str = "breakeven";
/// What stands before the session's secret where a page asks for subprotocols.
const SESSION_PREFIX: &str = "breakeven.session.";

/// The subprotocol that says which session a page has: the only header of a WebSocket that is the page's to set. The
/// runner never answers with it.
#[must_use]
pub fn session_protocol(session: &str) -> String {
    format!("{SESSION_PREFIX}{session}")
}

/// The session's secret, if this is the subprotocol that says it.
#[must_use]
pub fn session_of_protocol(protocol: &str) -> Option<&str> {
    protocol.strip_prefix(SESSION_PREFIX)
}

/// Where the page sends the visitor's own picture, by POST: RGBA with premultiplied alpha, at most
/// [`crate::MAX_OWN_PIXELS`]. The runner keeps one, in memory, until the next; a task names it by its
/// checksum.
pub const PICTURE_PATH: &str = "/api/picture";
/// Where the page gets what the last visit made that was to be kept, by POST, with which
/// browsers say where the page is from: RGBA with premultiplied alpha.
pub const RESULT_PATH: &str = "/api/result";

/// The body of the POST to [`SESSION_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// The token that the printed address carries in its fragment.
    pub token: String,
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionGrant {
    /// The session's secret, in hexadecimal: for the page's own origin, in [`session_protocol`] and as the bearer token
    /// of the other requests. Browsers send it nowhere by themselves.
    pub session: String,
}

/// From the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToRunner {
    /// Of a page of another origin, as its first message: asks the user to let it in.
    Pair,
    /// Of such a page, as its first message: it was let in before.
    Bearer {
        /// As in [`FromRunner::Paired`].
        token: String,
    },
    /// Visit a lane. One at a time: another one is refused until the last has ended.
    Visit {
        /// Comes back with every event of this visit.
        visit: u32,
        /// Which lane.
        lane: LaneId,
        /// What it does.
        task: Task,
        /// Whether what its untimed run makes is kept for [`RESULT_PATH`], until the next visit.
        #[serde(default)]
        keep: bool,
    },
    /// The lanes that this page has. At most once.
    Offer(Offer),
    /// Lead a study of the runner's lanes and those that were offered. One at a time, like visits.
    Study(Wish),
    /// Of a turn that the page makes.
    News(News),
    /// Scrape pages. One at a time, like visits.
    Scrape(ScrapeWish),
    /// Run the seed's examples as they are written. One at a time, like visits.
    Examples,
    /// End what this page began last, or else the study that it hears of, whoever began that, and its workers, now.
    Cancel,
}

/// From the runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromRunner {
    /// The user is asked at the terminal to type this code, which lets the page in.
    Asked {
        /// Six digits, to be shown: the terminal does not show them.
        code: String,
    },
    /// The page was let in.
    Paired {
        /// Lets it in again: for the page's memory, and nowhere else.
        token: String,
    },
    /// The first message.
    Hello {
        /// [`VERSION`] of the runner.
        protocol: u32,
        /// The machine it runs on.
        machine: Machine,
        /// What it offers.
        lanes: Vec<LaneInfo>,
        /// A study that is going on, or has ended since nobody listened: what comes of it follows.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        running: Option<Wish>,
        /// Whether it scrapes pages beyond its own site.
        #[serde(default)]
        scrapes: bool,
    },
    /// Something happened on a visit.
    Event {
        /// As in [`ToRunner::Visit`].
        visit: u32,
        /// What.
        event: LaneEvent,
    },
    /// Make a turn of a study.
    Order(Order),
    /// How the study goes that this page wished for, or found going on.
    Study(StudyEvent),
    /// How the scraping goes that this page wished for.
    Scrape(ScrapeEvent),
    /// How the examples go that this page wished for.
    Example(ExampleEvent),
    /// A message was not acted on.
    Refused {
        /// The visit it asked for, if it was one.
        visit: Option<u32>,
        /// Why.
        reason: String,
    },
}

/// The machine that the figures come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's own name for itself, or the architecture where it has none.
    pub cpu: String,
    /// How many logical processors the runner may use.
    pub cores: u32,
    /// Operating system and kernel release.
    pub system: String,
    /// The runner's version.
    pub runner: String,
    /// The version of the Node that its lanes run, if there is one and the runner was asked for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node: Option<String>,
}
