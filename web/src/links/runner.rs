//! The runner beside the browser, over its WebSocket.

mod examples;
mod pair;
mod session;

use std::cell::Cell;
use std::rc::Rc;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, LocalBoxFuture, Shared, select};
use futures::lock::Mutex;
use futures::{FutureExt, SinkExt, StreamExt};
use gloo_net::http::Request;
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use leptos::prelude::{RwSignal, Set};
pub(crate) use pair::pair;
use protocol::runner::{FromRunner, Machine, PICTURE_PATH, ToRunner, VERSION};
use protocol::study::{StudyEnd, StudyEvent, Wish};
use protocol::{
    Availability, Failure, LaneEvent, LaneId, LaneInfo, LaneKind, Picture, Stage, Task,
};
use session::Session;
use texts::{text, tr, translated};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::Cancelled;
use super::turns::{Errand, make_turns};
use crate::{environment, fragment, json};

/// Whether the runner is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RunnerState {
    /// Nobody has answered yet.
    Connecting,
    /// It said hello.
    Connected {
        machine: Machine,
        lanes: Vec<LaneInfo>,
        /// Whether it scrapes pages beyond its own site.
        scrapes: bool,
    },
    /// The user is asked at its terminal for this code, which lets this page of a host in.
    Asking(String),
    /// It is away, for this reason.
    Away(String),
}

impl RunnerState {
    pub(crate) fn is_connected(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }

    /// The runner's lanes, as unavailable ones while it is away.
    pub(crate) fn lanes(&self) -> Vec<LaneInfo> {
        let reason = match self {
            Self::Connected { lanes, .. } => return lanes.clone(),
            Self::Connecting => text!("the runner has not answered yet"),
            Self::Asking(_) => text!("the runner has not been answered at its terminal yet"),
            Self::Away(reason) => reason,
        };
        let known = [
            (LaneId::NATIVE_THREAD, LaneKind::Thread, true),
            (LaneId::NATIVE_THREAD_WIDE, LaneKind::Thread, true),
            (LaneId::PROCESS_PIPE, LaneKind::Process, true),
            (LaneId::PROCESS_SOCKET, LaneKind::Process, true),
            (LaneId::PROCESS_SHM, LaneKind::Process, true),
            (LaneId::NODE_WORKER, LaneKind::Thread, false),
            (LaneId::NODE_WORKER_SHARED, LaneKind::Thread, false),
            (LaneId::NODE_FORK_JSON, LaneKind::Process, false),
            (LaneId::NODE_FORK_ADVANCED, LaneKind::Process, false),
        ];
        let lane = |(id, kind, pictures)| LaneInfo {
            id,
            kind,
            pictures,
            availability: Availability::Unavailable { reason: reason.to_owned() },
        };
        known.map(lane).to_vec()
    }
}

const ENDED: &str =
    text!("the connection to the runner ended: start it again and open the address that it prints");
const AWAY: &str = text!(
    "the runner is away: start `breakeven serve` (or `cargo xtask serve`) and open \
                    the address that it prints"
);

/// A page on a host has no runner of its own, and asks for none.
const HOSTED: &str = text!(
    "this page is on a host: start `breakeven serve` on this machine and open the address that it prints"
);

/// What a page of a host cannot have.
const BY_SOCKET: &str = text!(
    "a page on a host exchanges no pictures with the runner: open the runner's own page for that"
);

/// The open connection.
#[derive(Clone)]
pub(crate) struct RunnerLink {
    outbox: UnboundedSender<ToRunner>,
    inbox: Rc<Mutex<UnboundedReceiver<FromRunner>>>,
    visits: Rc<Cell<u32>>,
    /// The own picture that the runner was sent last.
    sent: Rc<Cell<Option<Picture>>>,
    /// None on a page of a host: that has this connection and nothing else of the runner.
    session: Option<Session>,
    /// To whoever makes this page's turns.
    errands: UnboundedSender<Errand>,
    /// Resolves when the runner knows of the browser's lanes.
    offered: Shared<LocalBoxFuture<'static, ()>>,
}

/// A connection, and the study that it found going on, if it did.
pub(crate) struct Connected {
    pub(crate) link: RunnerLink,
    pub(crate) running: Option<Wish>,
}

/// What the runner says first.
struct Hello {
    machine: Machine,
    lanes: Vec<LaneInfo>,
    running: Option<Wish>,
    scrapes: bool,
}

/// Opens a session with the token of the address, if it has one, and connects. The state says what
/// came of it, then and later.
pub(crate) async fn connect(state: RwSignal<RunnerState>) -> Option<Connected> {
    let token = fragment::take_token();
    if environment::is_hosted() {
        state.set(RunnerState::Away(HOSTED.into()));
        return None;
    }
    adopt(session::open(token).await, state)
}

/// Says what came of it, then and later.
fn adopt(opened: Result<Opened, String>, state: RwSignal<RunnerState>) -> Option<Connected> {
    match opened {
        Ok((link, hello, connection)) => {
            spawn_local(async move { state.set(RunnerState::Away(connection.await)) });
            let Hello { machine, lanes, scrapes, .. } = hello;
            state.set(RunnerState::Connected { machine, lanes, scrapes });
            Some(Connected { link, running: hello.running })
        }
        Err(why) => {
            state.set(RunnerState::Away(why));
            None
        }
    }
}

/// The connection's future ends when the connection does, with the reason.
type Connection = LocalBoxFuture<'static, String>;

type Opened = (RunnerLink, Hello, Connection);

/// What the other side says next.
async fn hear(socket: &mut WebSocket) -> Option<FromRunner> {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => json::read(&text),
        _ => None,
    }
}

/// From the runner's first word on; `away` says why there may be none.
async fn talk(
    mut socket: WebSocket,
    away: &str,
    session: Option<Session>,
) -> Result<Opened, String> {
    let first = Some(hear(&mut socket).await.ok_or_else(|| away.to_owned())?);
    let Some(FromRunner::Hello { protocol: VERSION, machine, lanes, running, scrapes }) = first
    else {
        let way = if session.is_none() {
            tr!("get a runner of the page’s version")
        } else {
            tr!("reload the page")
        };
        return Err(tr!("the runner and this page are of different versions: {}", way));
    };
    let hello = Hello { machine, lanes, running, scrapes };
    let (outbox, mut orders) = unbounded::<ToRunner>();
    let (messages, inbox) = unbounded();
    let (errands, turns) = unbounded();
    let offered = offer_lanes(outbox.clone(), turns).boxed_local().shared();
    spawn_local(offered.clone());
    let (ordered, stop) = (errands.clone(), errands.clone());
    let connection = async move {
        let (mut sink, mut stream) = socket.split();
        let send = async move {
            while let Some(order) = orders.next().await {
                let Ok(text) = serde_json::to_string(&order) else { continue };
                if sink.send(Message::Text(text)).await.is_err() {
                    break;
                }
            }
        };
        let receive = async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message
                    && let Some(message) = json::read(&text)
                {
                    match message {
                        FromRunner::Order(order) => {
                            let _ = ordered.unbounded_send(Errand::Order(order));
                        }
                        message => drop(messages.unbounded_send(message)),
                    }
                }
            }
        };
        select(Box::pin(send), Box::pin(receive)).await;
        let _ = stop.unbounded_send(Errand::Stop);
        ENDED.to_owned()
    };
    let inbox = Rc::new(Mutex::new(inbox));
    let (visits, sent) = (Rc::default(), Rc::default());
    let link = RunnerLink { outbox, inbox, visits, sent, session, errands, offered };
    Ok((link, hello, Box::pin(connection)))
}

/// Offers the browser's lanes, and has turns on them made for as long as the connection lasts.
async fn offer_lanes(outbox: UnboundedSender<ToRunner>, turns: UnboundedReceiver<Errand>) {
    let offer = environment::offer().await;
    let tick = offer.browser.clock.tick;
    let _ = outbox.unbounded_send(ToRunner::Offer(offer));
    spawn_local(make_turns(turns, tick, move |news| {
        let _ = outbox.unbounded_send(ToRunner::News(news));
    }));
}

impl RunnerLink {
    /// The header by which requests beside the connection say of which session they are.
    fn authorization(&self) -> Result<String, String> {
        let session = self.session.as_ref().ok_or_else(|| BY_SOCKET.to_owned())?;
        Ok(format!("Bearer {}", session.secret()))
    }

    /// Sends the visitor's own picture, unless the runner has it.
    ///
    /// # Errors
    /// Says why it could not be sent.
    pub(crate) async fn send_picture(&self, picture: Picture, pixels: &Blob) -> Result<(), String> {
        let authorization = self.authorization()?;
        if self.sent.get() == Some(picture) {
            return Ok(());
        }
        self.sent.set(None);
        let answer = Request::post(PICTURE_PATH)
            .header("authorization", &authorization)
            .body(pixels.clone())
            .map_err(|why| why.to_string())?
            .send()
            .await
            .map_err(|_| tr!("the runner could not be reached").to_owned())?;
        if answer.ok() {
            self.sent.set(Some(picture));
            Ok(())
        } else {
            let why = answer.text().await.unwrap_or_default();
            Err(tr!("the runner did not take the picture: {} {}", answer.status(), why.trim()))
        }
    }

    /// Makes a visit; the last event is one that is the last. One visit at a time.
    pub(crate) async fn visit(
        &self,
        lane: LaneId,
        task: Task,
        keep: bool,
        cancelled: Cancelled,
        mut tell: impl FnMut(LaneEvent),
    ) {
        let visit = self.visits.get() + 1;
        self.visits.set(visit);
        let failed =
            |error: &str| LaneEvent::Failed(Failure { stage: Stage::Run, error: error.to_owned() });
        if self.outbox.unbounded_send(ToRunner::Visit { visit, lane, task, keep }).is_err() {
            return tell(failed(ENDED));
        }
        let mut inbox = self.inbox.lock().await;
        let mut cancelled = Some(cancelled);
        loop {
            match next(&mut inbox, &mut cancelled).await {
                Heard::Cancel => drop(self.outbox.unbounded_send(ToRunner::Cancel)),
                Heard::Gone => return tell(failed(ENDED)),
                Heard::Message(FromRunner::Event { visit: number, event }) if number == visit => {
                    let last = event.is_last();
                    tell(event);
                    if last {
                        return;
                    }
                }
                Heard::Message(FromRunner::Refused { visit: Some(number), reason })
                    if number == visit =>
                {
                    return tell(failed(&reason));
                }
                Heard::Message(_) => {}
            }
        }
    }

    /// Has the runner lead a study; the last event is its end.
    pub(crate) async fn study(
        &self,
        wish: Wish,
        cancelled: Cancelled,
        mut tell: impl FnMut(StudyEvent),
    ) {
        self.offered.clone().await;
        if self.outbox.unbounded_send(ToRunner::Study(wish)).is_err() {
            return tell(stopped(ENDED.into()));
        }
        self.follow(cancelled, tell).await;
    }

    /// Hears how a study goes on that was found going on; the last event is its end.
    pub(crate) async fn follow(&self, cancelled: Cancelled, mut tell: impl FnMut(StudyEvent)) {
        let mut inbox = self.inbox.lock().await;
        let mut cancelled = Some(cancelled);
        loop {
            match next(&mut inbox, &mut cancelled).await {
                Heard::Cancel => {
                    let _ = self.outbox.unbounded_send(ToRunner::Cancel);
                    let _ = self.errands.unbounded_send(Errand::Stop);
                }
                Heard::Gone => return tell(stopped(ENDED.into())),
                Heard::Message(FromRunner::Study(event)) => {
                    let is_last = matches!(event, StudyEvent::Ended { .. });
                    if is_last {
                        // Somebody else may have ended it.
                        let _ = self.errands.unbounded_send(Errand::Stop);
                    }
                    tell(event);
                    if is_last {
                        return;
                    }
                }
                Heard::Message(FromRunner::Refused { visit: None, reason }) => {
                    return tell(stopped(tr!("the runner refused: {}", translated(&reason))));
                }
                Heard::Message(_) => {}
            }
        }
    }
}

/// The last event of a study that could not go on, for this reason.
fn stopped(why: String) -> StudyEvent {
    StudyEvent::Ended { report: None, standings: Vec::new(), end: StudyEnd::Stopped(why) }
}

#[allow(
    clippy::large_enum_variant,
    reason = "it is looked at once, and never kept; in wasm it is small"
)]
enum Heard {
    Message(FromRunner),
    /// The visitor cancelled: once. The runner still says when everything has ended.
    Cancel,
    /// The connection ended.
    Gone,
}

async fn next(
    inbox: &mut UnboundedReceiver<FromRunner>,
    cancelled: &mut Option<Cancelled>,
) -> Heard {
    let message = match cancelled.take() {
        None => inbox.next().await,
        Some(waiting) => match select(inbox.next(), waiting).await {
            Either::Left((message, waiting)) => {
                *cancelled = Some(waiting);
                message
            }
            Either::Right(_) => return Heard::Cancel,
        },
    };
    message.map_or(Heard::Gone, Heard::Message)
}
