//! The session with the runner: a secret in the tab's own storage, which other tabs of the page are given when they ask.
//!
//! Both are for this origin alone, and an origin includes the port. A cookie would go to every port of the host, by
//! itself, and every port could replace it.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_net::http::Request;
use gloo_net::websocket::futures::WebSocket;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::window;
use protocol::runner::{
    SESSION_PATH, SOCKET_PATH, SOCKET_PROTOCOL, SessionGrant, SessionRequest, session_protocol,
};
use serde::{Deserialize, Serialize};
use texts::text;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent, Storage};

use super::{AWAY, Opened, talk};
use crate::json;

/// A tab that was loaded again, or asked others.
const OVER: &str = text!(
    "the runner does not take this tab’s session any more: start it again and open the address that it prints"
);

/// In the tab's storage, and the name of the channel between tabs.
const NAME: &str = "breakeven-session";
/// How long other tabs may take to answer, in milliseconds: hidden ones are slow.
const ANSWER: u32 = 2000;

/// A session's secret.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Session(Rc<str>);

/// What tabs tell each other.
#[derive(Serialize, Deserialize)]
enum Word {
    /// A tab is new: whoever is connected says by which session.
    Which,
    This(String),
}

/// With a session of the address's token, or of this tab before it was loaded again, or of another tab.
pub(super) async fn open(token: Option<String>) -> Result<Opened, String> {
    let swapped = match token {
        Some(token) => Session::swap(token).await,
        None => None,
    };
    // A token that was used before is no harm where the tab has a session.
    let own = match swapped.or_else(Session::kept) {
        Some(session) => Some(enter(session).await),
        None => None,
    };
    match own {
        Some(Ok(opened)) => Ok(opened),
        // Another runner may have begun at this port since.
        own => match (Session::of_other_tabs().await, own) {
            (Some(session), _) => enter(session).await,
            (None, Some(failed)) => failed,
            (None, None) => Err(AWAY.to_owned()),
        },
    }
}

/// With a session, which the tab keeps if it is one.
async fn enter(session: Session) -> Result<Opened, String> {
    let protocols = [SOCKET_PROTOCOL, &session_protocol(session.secret())];
    let socket = WebSocket::open_with_protocols(SOCKET_PATH, &protocols);
    let socket = socket.map_err(|_| AWAY.to_owned())?;
    let (link, hello, connection) = talk(socket, OVER, Some(session.clone())).await?;
    session.keep();
    let handing_over = session.hand_over();
    let connection = async move {
        let end = connection.await;
        drop(handing_over);
        end
    };
    Ok((link, hello, Box::pin(connection)))
}

impl Session {
    /// Swaps the one-time token for a session, which the tab keeps.
    async fn swap(token: String) -> Option<Self> {
        let request = Request::post(SESSION_PATH).json(&SessionRequest { token }).ok()?;
        let answer = request.send().await.ok().filter(gloo_net::http::Response::ok)?;
        let SessionGrant { session } = json::read(&answer.text().await.ok()?)?;
        let session = Self(session.into());
        session.keep();
        Some(session)
    }

    /// What the tab kept: it was loaded again.
    fn kept() -> Option<Self> {
        let kept = storage()?.get_item(NAME).ok().flatten()?;
        Some(Self(kept.into()))
    }

    /// For when the tab is loaded again.
    fn keep(&self) {
        // Without a storage a reload needs the runner's address again.
        let _ = storage().map(|storage| storage.set_item(NAME, &self.0));
    }

    /// Asks the page's other tabs.
    async fn of_other_tabs() -> Option<Self> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let (sender, answer) = oneshot::channel();
        let sender = RefCell::new(Some(sender));
        let _listening = listen(&channel, move |word| {
            if let Word::This(session) = word
                && let Some(sender) = sender.take()
            {
                let _ = sender.send(session);
            }
        });
        say(&channel, &Word::Which);
        let answer = match select(answer, TimeoutFuture::new(ANSWER)).await {
            Either::Left((answer, _)) => answer.ok(),
            Either::Right(_) => None,
        };
        channel.close();
        Some(Self(answer?.into()))
    }

    /// Answers other tabs for as long as the result lives.
    fn hand_over(&self) -> Option<HandOver> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let listening = listen(&channel, {
            let (channel, session) = (channel.clone(), self.clone());
            move |word| {
                if matches!(word, Word::Which) {
                    say(&channel, &Word::This(session.0.to_string()));
                }
            }
        });
        Some(HandOver { channel, _listening: listening })
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

/// Answers other tabs.
struct HandOver {
    channel: BroadcastChannel,
    _listening: Listener,
}

impl Drop for HandOver {
    fn drop(&mut self) {
        self.channel.close();
    }
}

type Listener = Closure<dyn Fn(MessageEvent)>;

fn listen(channel: &BroadcastChannel, hear: impl Fn(Word) + 'static) -> Listener {
    let listener = Listener::new(move |event: MessageEvent| {
        let word = event.data().as_string().and_then(|text| json::read(&text));
        word.into_iter().for_each(&hear);
    });
    channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener
}

fn say(channel: &BroadcastChannel, word: &Word) {
    if let Ok(text) = serde_json::to_string(word) {
        let _ = channel.post_message(&text.into());
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
