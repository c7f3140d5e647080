//! The WebSocket of a session: requests in, events out.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::channel::mpsc as news_channel;
use protocol::runner::{FromRunner, MAX_MESSAGE, SOCKET_PROTOCOL, ToRunner, VERSION};
use protocol::scrape::{MAX_ADDRESS, MAX_PAGES, Reach, ScrapeWish};
use protocol::study::{News, Offer, StudyEvent, Wish};
use protocol::{LaneEvent, LaneId, Picture, Task};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Host, State, access, knock};
use crate::guest::{Guest, Guests, is_honest};
use crate::laboratory::{Busy, Keep, RunId, Visit};
use crate::scrape::{Run, SECONDS};

/// What one tab too many is told.
const TOO_MANY: &str = "too many tabs are connected: close some\n";
/// How long a message may take to be taken by the other side.
const SEND_LIMIT: Duration = Duration::from_secs(30);
/// Whoever is silent for so long is asked whether it is there, and given up when it is silent as long again.
const QUIET: Duration = Duration::from_secs(45);
/// A page that has a turn and says nothing for so long is stuck: many times what an operation takes.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);

pub(super) async fn upgrade(
    Extract(state): Extract<Arc<State>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else { return access::refuse().await };
    let upgrade = upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    if let Some(pairing) = state.access.pairing(&headers) {
        return upgrade.on_upgrade(|socket| knock::answer(socket, pairing, state));
    }
    // Before there is a socket: whoever has no session takes nobody's place.
    if !state.access.has_session(access::socket_bearer(&headers)) {
        return access::refuse().await;
    }
    let Ok(place) = Arc::clone(&state.sockets).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, TOO_MANY).into_response();
    };
    upgrade.protocols([SOCKET_PROTOCOL]).on_upgrade(async move |socket| {
        converse(socket, state).await;
        drop(place);
    })
}

/// Sends a message; one that is not taken in time is an error.
pub(super) async fn say(socket: &mut WebSocket, message: &FromRunner) -> Result<(), ()> {
    let text = serde_json::to_string(message).map_err(|_| ())?;
    match timeout(SEND_LIMIT, socket.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}

/// Talks until either side closes. What this conversation began ends with it, but for a study: that goes on.
pub(super) async fn converse(mut socket: WebSocket, state: Arc<State>) {
    // Bounded by what one visit or study says: another one is refused until it has ended.
    let (events, mut outbox) = unbounded_channel();
    state.study.welcome(&events, |running| FromRunner::Hello {
        protocol: VERSION,
        machine: state.machine.clone(),
        lanes: state.host.lanes().to_vec(),
        running,
        scrapes: state.scrapes,
    });
    let mut talk = Conversation { state, events, own: None, offer: None, news: None, due: None };
    let mut heard = Instant::now();
    let mut asked = false;
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                (heard, asked) = (Instant::now(), false);
                match message {
                    Message::Text(text) => talk.obey(text.as_str()),
                    Message::Close(_) => break,
                    Message::Binary(_) => talk.refuse(None, "messages are text"),
                    Message::Ping(_) | Message::Pong(_) => {}
                }
            }
            Some(message) = outbox.recv() => {
                talk.before_sending(&message);
                if say(&mut socket, &message).await.is_err() {
                    break;
                }
            }
            // A connection may be gone without a word: whoever is there answers a ping by itself.
            () = sleep_until(heard + QUIET) => {
                let ping = timeout(SEND_LIMIT, socket.send(Message::Ping(Bytes::new())));
                let is_there = !asked && matches!(ping.await, Ok(Ok(())));
                if !is_there {
                    break;
                }
                (heard, asked) = (Instant::now(), true);
            }
            () = sleep_until(talk.due.unwrap_or_else(Instant::now)), if talk.due.is_some() => break,
        }
    }
}

/// What goes on over one socket. Dropping it ends what it began.
struct Conversation {
    state: Arc<State>,
    events: UnboundedSender<FromRunner>,
    /// What this conversation began last; it may have ended. Not a study.
    own: Option<RunId>,
    /// The lanes that this page has.
    offer: Option<Offer>,
    /// To whoever leads the study that this page has lanes in.
    news: Option<news_channel::UnboundedSender<News>>,
    /// The page has a turn, and must have said something until then.
    due: Option<Instant>,
}

impl Conversation {
    fn obey(&mut self, text: &str) {
        match serde_json::from_str(text) {
            Ok(ToRunner::Visit { visit, lane, task, keep }) => self.visit(visit, lane, task, keep),
            Ok(ToRunner::Offer(offer)) => self.take_offer(offer),
            Ok(ToRunner::Study(wish)) => self.study(wish),
            Ok(ToRunner::News(news)) => self.pass_on(news),
            Ok(ToRunner::Scrape(wish)) => self.scrape(wish),
            Ok(ToRunner::Examples) => self.examples(),
            Ok(ToRunner::Cancel) => self.cancel(),
            Ok(ToRunner::Pair | ToRunner::Bearer { .. }) => {
                self.refuse(None, "this page is in already");
            }
            Err(_) => self.refuse(None, "the message was not understood"),
        }
    }

    fn cancel(&self) {
        let Host::Laboratory(laboratory) = &self.state.host else { return };
        let is_ended = self.own.is_some_and(|own| laboratory.cancel(own));
        if !is_ended && let Some(study) = self.state.study.heard_by(&self.events) {
            laboratory.cancel(study);
        }
    }

    fn visit(&mut self, visit: u32, lane: LaneId, task: Task, keep: bool) {
        let state = Arc::clone(&self.state);
        let Host::Laboratory(laboratory) = &state.host else {
            return self.refuse(Some(visit), "this runner makes no visits");
        };
        let report = {
            let (events, result) = (self.events.clone(), state.result.clone());
            move |event| {
                // What the one before made makes room.
                if matches!(event, LaneEvent::Ready { .. }) {
                    result.set(None);
                }
                // Nobody listens any more once the socket is closed.
                let _ = events.send(FromRunner::Event { visit, event });
            }
        };
        let own = match task.picture {
            Picture::BuiltIn => None,
            Picture::Own(_) => state.own_picture.get(),
        };
        let result = state.result.clone();
        let keep = keep.then(|| -> Keep {
            Box::new(move |pixels| result.set(Some(Bytes::copy_from_slice(pixels))))
        });
        match laboratory.visit(Visit { lane, task, own, keep }, report) {
            Ok(run) => self.own = Some(run),
            Err(busy) => self.refuse(Some(visit), why(busy)),
        }
    }

    /// Whatever the page says: the built-in site, or public addresses if whoever started the runner said so.
    fn scrape(&mut self, wish: ScrapeWish) {
        let state = Arc::clone(&self.state);
        let (Host::Laboratory(laboratory), Some(site)) = (&state.host, state.site.get()) else {
            return self.refuse(None, "this runner scrapes nothing");
        };
        let ScrapeWish { lane, child, workers, urls } = wish;
        let within = urls.len() <= MAX_PAGES && urls.iter().all(|url| url.len() <= MAX_ADDRESS);
        if !within {
            let why = format!("{MAX_PAGES} addresses of {MAX_ADDRESS} bytes each are the most");
            return self.refuse(None, &why);
        }
        let (urls, reach) = match (urls.is_empty(), state.scrapes) {
            (true, _) => (site.urls(), Reach::Site(site.origin().to_owned())),
            (false, true) => (urls, Reach::Public),
            (false, false) => {
                let why = "this runner scrapes its own site alone: start it with --allow-scrape for others";
                return self.refuse(None, why);
            }
        };
        let run = Run { lane, child, workers, urls, reach, robots: true, seconds: SECONDS };
        let events = self.events.clone();
        let tell = move |event| drop(events.send(FromRunner::Scrape(event)));
        match laboratory.scrape(run, tell) {
            Ok(run) => self.own = Some(run),
            Err(busy) => self.refuse(None, why(busy)),
        }
    }

    fn examples(&mut self) {
        let state = Arc::clone(&self.state);
        let (Host::Laboratory(laboratory), Some(site)) = (&state.host, state.site.get()) else {
            return self.refuse(None, "this runner has no examples");
        };
        let events = self.events.clone();
        let tell = move |event| drop(events.send(FromRunner::Example(event)));
        match laboratory.examples(site.origin().to_owned(), tell) {
            Ok(run) => self.own = Some(run),
            Err(busy) => self.refuse(None, why(busy)),
        }
    }

    fn take_offer(&mut self, offer: Offer) {
        if self.offer.is_some() {
            return self.refuse(None, "there was an offer already");
        }
        if !is_honest(&offer) {
            return self.refuse(None, "a page offers the lanes of its browser, each once");
        }
        self.offer = Some(offer);
        let state = Arc::clone(&self.state);
        match &state.host {
            Host::Guests(guests) => {
                if let Some(guest) = self.guest() {
                    // Whoever waited for one may have got another one.
                    let _ = guests.send(guest);
                }
            }
            Host::Laboratory(_) => state.study.is_joined_by(|| self.guest()),
        }
    }

    /// This page, for one study.
    fn guest(&mut self) -> Option<Guest> {
        let offer = self.offer.clone()?;
        let (sender, news) = news_channel::unbounded();
        self.news = Some(sender);
        Some(Guest { offer, orders: self.events.clone(), news })
    }

    fn study(&mut self, wish: Wish) {
        let state = Arc::clone(&self.state);
        let Host::Laboratory(laboratory) = &state.host else {
            return self.refuse(None, "this runner leads a study of its own");
        };
        let telling = Arc::clone(&state);
        let tell = move |event| telling.study.tell(&event);
        let begun = state.study.begin(&wish.clone(), &self.events.clone(), |successors| {
            let before = self.news.take();
            let guests = Guests { first: self.guest(), successors };
            laboratory.study(wish, guests, tell).inspect_err(|_| self.news = before)
        });
        if let Err(busy) = begun {
            self.refuse(None, why(busy));
        }
    }

    fn pass_on(&mut self, news: News) {
        self.due = match &news {
            News::Found { .. } | News::Played { .. } => {
                self.due.map(|_| Instant::now() + SILENCE_LIMIT)
            }
            // Hidden pages are slow for a reason.
            News::Over { .. } | News::Hidden { .. } | News::Time { .. } => None,
        };
        if let Some(leader) = &self.news {
            // A study that has ended does not listen any more.
            let _ = leader.unbounded_send(news);
        }
    }

    fn before_sending(&mut self, message: &FromRunner) {
        match message {
            FromRunner::Order(_) => self.due = Some(Instant::now() + SILENCE_LIMIT),
            FromRunner::Study(StudyEvent::Ended { .. }) => self.news = None,
            _ => {}
        }
    }

    fn refuse(&self, visit: Option<u32>, reason: &str) {
        let _ = self.events.send(FromRunner::Refused { visit, reason: reason.to_owned() });
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.state.study.leave(&self.events);
        if let (Some(own), Host::Laboratory(laboratory)) = (self.own, &self.state.host) {
            laboratory.cancel(own);
        }
    }
}

fn why(busy: Busy) -> &'static str {
    match busy {
        Busy::Working => "another visit or study is going on",
        Busy::Ending => "the runner is ending",
    }
}
