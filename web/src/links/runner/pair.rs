//! A page of a host asks a runner on this machine to let it in: whoever sits at the runner's terminal types the code
//! that the page shows.

use std::cell::RefCell;

use futures::SinkExt;
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use leptos::prelude::{RwSignal, Set};
use protocol::runner::{FromRunner, SOCKET_PATH, ToRunner};
use texts::text;

use super::{Connected, Opened, RunnerState, adopt, hear, talk};

/// Browsers do not say which of these it is.
const REFUSED: &str = text!(
    "no runner lets this page in there: either none runs at this port, or it was not started with this \
                       page’s `--allow-origin`, or this browser lets no site reach programs on this machine"
);
const DENIED: &str = text!(
    "this code was not typed at the runner’s terminal, but something else, or nothing for two minutes"
);

const ASKED_ALREADY: &str = text!(
    "another page asks at the runner’s terminal, or has just asked: try again in half a minute"
);

thread_local! {
    /// Lets the page in again after a connection ended. Memory only: it goes with the page.
    static TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Asks the runner at this port of this machine. The state says what came of it, then and later.
pub(crate) async fn pair(port: u16, state: RwSignal<RunnerState>) -> Option<Connected> {
    state.set(RunnerState::Connecting);
    if let Some(token) = TOKEN.take()
        && let Ok(opened) = enter(port, &token).await
    {
        TOKEN.set(Some(token));
        return adopt(Ok(opened), state);
    }
    adopt(knock(port, state).await, state)
}

/// With a token from before.
async fn enter(port: u16, token: &str) -> Result<Opened, String> {
    let mut socket = open(port)?;
    say(&mut socket, &ToRunner::Bearer { token: token.to_owned() }).await?;
    talk(socket, REFUSED, None).await
}

/// For the first time, or after it was turned out.
async fn knock(port: u16, state: RwSignal<RunnerState>) -> Result<Opened, String> {
    let mut socket = open(port)?;
    say(&mut socket, &ToRunner::Pair).await?;
    match hear(&mut socket).await {
        Some(FromRunner::Asked { code }) => state.set(RunnerState::Asking(code)),
        Some(FromRunner::Refused { .. }) => return Err(ASKED_ALREADY.to_owned()),
        _ => return Err(REFUSED.to_owned()),
    }
    match hear(&mut socket).await {
        Some(FromRunner::Paired { token }) => TOKEN.set(Some(token)),
        Some(FromRunner::Refused { reason, .. }) => return Err(reason),
        _ => return Err(DENIED.to_owned()),
    }
    talk(socket, REFUSED, None).await
}

fn open(port: u16) -> Result<WebSocket, String> {
    let address = format!("ws://127.0.0.1:{port}{SOCKET_PATH}");
    WebSocket::open(&address).map_err(|_| REFUSED.to_owned())
}

async fn say(socket: &mut WebSocket, message: &ToRunner) -> Result<(), String> {
    let text = serde_json::to_string(message).map_err(|why| why.to_string())?;
    socket.send(Message::Text(text)).await.map_err(|_| REFUSED.to_owned())
}
