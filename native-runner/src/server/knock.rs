//! The WebSocket of a page of another origin, until it is let in: it says who it is, or asks.
//!
//! Until then it takes no place of a session or of a page that was let in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use protocol::runner::{FromRunner, ToRunner};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::State;
use super::pairing::{Asked, Pairing};
use super::socket::{converse, say};

/// How long a page may take to say what it wants.
const KNOCK_LIMIT: Duration = Duration::from_secs(5);
/// How long the user may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);
/// Pages that have said nothing yet, at once.
const MAX_SILENT: usize = 8;
/// What a page is told while another one asks, or has just asked and gone.
const ASKED_ALREADY: &str =
    "another page asks at the runner’s terminal, or has just asked: try again in half a minute";
/// What one page too many is told.
const TOO_MANY: &str = "too many pages are connected: close some";

/// Pages that have said nothing yet. The oldest makes room for whoever comes next.
#[derive(Default)]
pub(super) struct Silent(Mutex<VecDeque<oneshot::Sender<()>>>);

impl Silent {
    /// One more; the result resolves when it has to make room. Dropping that leaves.
    fn enter(&self) -> oneshot::Receiver<()> {
        let (place, displaced) = oneshot::channel();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| !other.is_closed());
        if all.len() >= MAX_SILENT {
            all.pop_front();
        }
        all.push_back(place);
        displaced
    }
}

/// Lets the page in if it was let in before, or is now; then it is talked to like the own one, until everybody is
/// turned out.
pub(super) async fn answer(mut socket: WebSocket, pairing: Arc<Pairing>, state: Arc<State>) {
    let mut revocation = pairing.revocation();
    let displaced = state.silent.enter();
    let first = tokio::select! {
        first = timeout(KNOCK_LIMIT, socket.recv()) => first,
        _ = displaced => return,
    };
    let first = match first {
        Ok(Some(Ok(Message::Text(text)))) => serde_json::from_str(text.as_str()).ok(),
        _ => None,
    };
    let asks = match first {
        Some(ToRunner::Bearer { token }) if pairing.knows(&token) => false,
        Some(ToRunner::Pair) => true,
        _ => return,
    };
    if asks && !ask(&mut socket, &pairing).await {
        return;
    }
    let Ok(place) = Arc::clone(&state.paired).try_acquire_owned() else {
        return refuse(&mut socket, TOO_MANY).await;
    };
    if asks {
        let Some(token) = pairing.let_in() else { return };
        if say(&mut socket, &FromRunner::Paired { token }).await.is_err() {
            return;
        }
    }
    tokio::select! {
        () = converse(socket, state) => {}
        _ = revocation.changed() => {}
    }
    drop(place);
}

/// Whether somebody at the terminal lets the page in, while it waits.
async fn ask(socket: &mut WebSocket, pairing: &Arc<Pairing>) -> bool {
    let Some(mut asked) = pairing.ask() else {
        refuse(socket, ASKED_ALREADY).await;
        return false;
    };
    let code = asked.code().to_owned();
    if say(socket, &FromRunner::Asked { code }).await.is_err() {
        return false;
    }
    tokio::select! {
        answer = timeout(ANSWER_LIMIT, Asked::answer(&mut asked)) => answer == Ok(true),
        () = leaves(socket) => false,
    }
}

/// Resolves when the page is gone, or says something where it has nothing to say.
async fn leaves(socket: &mut WebSocket) {
    while let Some(Ok(Message::Ping(_) | Message::Pong(_))) = socket.recv().await {}
}

async fn refuse(socket: &mut WebSocket, reason: &str) {
    let _ = say(socket, &FromRunner::Refused { visit: None, reason: reason.to_owned() }).await;
}
