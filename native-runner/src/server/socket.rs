//! The WebSocket of a session: requests in, events out.

use std::sync::Arc;

use axum::extract::State as Extract;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::Picture;
use protocol::runner::{FromRunner, MAX_MESSAGE, ToRunner, VERSION};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{State, access};
use crate::laboratory::Busy;

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

/// Talks until either side closes. A visit that this conversation began ends with it.
async fn converse(mut socket: WebSocket, state: Arc<State>) {
    // Bounded by what one visit says: another one is refused until it has ended.
    let (events, mut outbox) = unbounded_channel();
    let hello = FromRunner::Hello {
        protocol: VERSION,
        machine: state.machine.clone(),
        lanes: state.laboratory.lanes().to_vec(),
    };
    let _ = events.send(hello);
    let mut own_visit = None;
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                match message {
                    Message::Text(text) => {
                        if let Some(visit) = obey(text.as_str(), &state, &events) {
                            own_visit = Some(visit);
                        }
                    }
                    Message::Close(_) => break,
                    Message::Binary(_) => {
                        let reason = "messages are text".into();
                        let _ = events.send(FromRunner::Refused { visit: None, reason });
                    }
                    Message::Ping(_) | Message::Pong(_) => {}
                }
            }
            Some(message) = outbox.recv() => {
                if let FromRunner::Event { visit, event } = &message
                    && event.is_last()
                    && own_visit == Some(*visit)
                {
                    own_visit = None;
                }
                let Ok(text) = serde_json::to_string(&message) else { break };
                if socket.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
        }
    }
    if own_visit.is_some() {
        state.laboratory.cancel();
    }
}

/// Acts on a message; returns the visit that it began.
fn obey(text: &str, state: &State, events: &UnboundedSender<FromRunner>) -> Option<u32> {
    let refuse = |visit, reason: &str| {
        let _ = events.send(FromRunner::Refused { visit, reason: reason.to_owned() });
        None
    };
    match serde_json::from_str(text) {
        Ok(ToRunner::Visit { visit, lane, task }) => {
            let report = {
                let events = events.clone();
                move |event| {
                    // Nobody listens any more once the socket is closed.
                    let _ = events.send(FromRunner::Event { visit, event });
                }
            };
            let own = match task.picture {
                Picture::BuiltIn => None,
                Picture::Own(_) => state.own_picture.get(),
            };
            match state.laboratory.visit(lane, task, own, report) {
                Ok(()) => Some(visit),
                Err(Busy::Visiting) => refuse(Some(visit), "another visit is going on"),
                Err(Busy::Ending) => refuse(Some(visit), "the runner is ending"),
            }
        }
        Ok(ToRunner::Cancel) => {
            state.laboratory.cancel();
            None
        }
        Err(_) => refuse(None, "the message was not understood"),
    }
}
