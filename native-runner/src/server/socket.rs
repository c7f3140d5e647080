//! The WebSocket of a session: requests in, events out.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use futures::channel::mpsc as news_channel;
use protocol::Picture;
use protocol::runner::{FromRunner, MAX_MESSAGE, ToRunner, VERSION};
use protocol::study::{News, Offer, StudyEvent, Wish};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::{Host, State, access};
use crate::guest::{Guest, Guests, is_honest};
use crate::laboratory::Busy;

/// A page that has a turn and says nothing for so long is stuck: many times what an operation takes.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);

pub(super) async fn upgrade(
    Extract(state): Extract<Arc<State>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) if state.access.has_session(&headers) => upgrade
            .max_message_size(MAX_MESSAGE)
            .max_frame_size(MAX_MESSAGE)
            .on_upgrade(|socket| converse(socket, state)),
        _ => access::refuse().await,
    }
}

/// Talks until either side closes. A visit that this conversation began ends with it; a study goes on.
async fn converse(mut socket: WebSocket, state: Arc<State>) {
    // Bounded by what one visit or study says: another one is refused until it has ended.
    let (events, mut outbox) = unbounded_channel();
    state.study.welcome(&events, |running| FromRunner::Hello {
        protocol: VERSION,
        machine: state.machine.clone(),
        lanes: state.host.lanes().to_vec(),
        running,
    });
    let mut talk = Conversation { state, events, own: None, offer: None, news: None, due: None };
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                match message {
                    Message::Text(text) => talk.obey(text.as_str()),
                    Message::Close(_) => break,
                    Message::Binary(_) => talk.refuse(None, "messages are text"),
                    Message::Ping(_) | Message::Pong(_) => {}
                }
            }
            Some(message) = outbox.recv() => {
                talk.before_sending(&message);
                let Ok(text) = serde_json::to_string(&message) else { break };
                if socket.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
            () = sleep_until(talk.due.unwrap_or_else(Instant::now)), if talk.due.is_some() => break,
        }
    }
}

/// What goes on over one socket. Dropping it ends what it began.
struct Conversation {
    state: Arc<State>,
    events: UnboundedSender<FromRunner>,
    /// The visit that this conversation began.
    own: Option<u32>,
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
            Ok(ToRunner::Visit { visit, lane, task }) => {
                let Host::Laboratory(laboratory) = &self.state.host else {
                    return self.refuse(Some(visit), "this runner makes no visits");
                };
                let report = {
                    let events = self.events.clone();
                    move |event| {
                        // Nobody listens any more once the socket is closed.
                        let _ = events.send(FromRunner::Event { visit, event });
                    }
                };
                let own = match task.picture {
                    Picture::BuiltIn => None,
                    Picture::Own(_) => self.state.own_picture.get(),
                };
                match laboratory.visit(lane, task, own, report) {
                    Ok(()) => self.own = Some(visit),
                    Err(busy) => self.refuse(Some(visit), why(busy)),
                }
            }
            Ok(ToRunner::Offer(offer)) => self.take_offer(offer),
            Ok(ToRunner::Study(wish)) => self.study(wish),
            Ok(ToRunner::News(news)) => self.pass_on(news),
            Ok(ToRunner::Cancel) => {
                if let Host::Laboratory(laboratory) = &self.state.host {
                    laboratory.cancel();
                }
            }
            Err(_) => self.refuse(None, "the message was not understood"),
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
            News::Found { .. } => self.due.map(|_| Instant::now() + SILENCE_LIMIT),
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
            FromRunner::Event { visit, event } if event.is_last() && self.own == Some(*visit) => {
                self.own = None;
            }
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
        if self.own.is_some()
            && let Host::Laboratory(laboratory) = &self.state.host
        {
            laboratory.cancel();
        }
    }
}

fn why(busy: Busy) -> &'static str {
    match busy {
        Busy::Working => "another visit or study is going on",
        Busy::Ending => "the runner is ending",
    }
}
