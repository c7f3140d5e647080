//! Who gets in: the Host must be ours, the Origin the page's own, the session one that we opened.
//!
//! The page is served to anybody on loopback and holds nothing private; everything under `/api`
//! needs all three. A session is a secret that the page keeps in its own origin's storage and says itself: never a
//! cookie, which browsers send to every port of a host, and let every port replace. Each refusal is the same answer, without a hint. A page of another origin gets no further
//! than the WebSocket, and only if the user let its origin knock ([`super::pairing`]).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State as Extract};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use constant_time_eq::constant_time_eq;
use protocol::runner::{SOCKET_PATH, session_of_protocol};

use super::State;
use super::connections::Stage;
use super::pairing::Pairing;
use crate::timing;

/// The most sessions that one token's holder can have opened at a time; the oldest goes first.
const MAX_SESSIONS: usize = 16;
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How long a browser that was started for it may take from the form to the page's own swap.
const HANDED_ON: Duration = Duration::from_secs(60);
/// The port that browsers leave out.
const USUAL_PORT: u16 = 80;

/// How long a session lasts that nobody uses.
pub const SESSION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// 256 random bits in hexadecimal.
#[derive(Clone)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub(super) fn is(&self, given: &str) -> bool {
        constant_time_eq(self.0.as_bytes(), given.as_bytes())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// A session, and when it was used last, on the clock of [`timing::now`].
struct Session {
    secret: Secret,
    used: u64,
}

/// Who gets in.
pub struct Door {
    /// How long a session lasts that nobody uses.
    pub session_life: Duration,
    /// Who else may ask to be let in.
    pub pairing: Option<Arc<Pairing>>,
    /// Whether whoever is in may have public addresses scraped, and not only the built-in site.
    pub scrapes: bool,
}

impl Default for Door {
    fn default() -> Self {
        Self { session_life: SESSION_LIFE, pairing: None, scrapes: false }
    }
}

/// What opens a session, once.
struct Token {
    secret: Secret,
    /// When it is worth nothing any more, if it ever is.
    until: Option<u64>,
}

/// The one-time token and the sessions that it opened.
pub(super) struct Access {
    port: u16,
    token: Mutex<Option<Token>>,
    address: String,
    sessions: Mutex<Vec<Session>>,
    door: Door,
}

impl Access {
    pub(super) fn new(port: u16, door: Door) -> Result<Self, getrandom::Error> {
        let secret = Secret::new()?;
        let address = format!("http://127.0.0.1:{port}/#t={}", secret.0);
        let token = Mutex::new(Some(Token { secret, until: None }));
        Ok(Self { port, token, address, sessions: Mutex::default(), door })
    }

    pub(super) fn one_time_address(&self) -> String {
        self.address.clone()
    }

    /// Swaps the token for a session, once; returns the session's secret.
    pub(super) fn open_session(&self, given: &str) -> Option<String> {
        let secret = Secret::new().ok()?;
        self.use_up(given)?;
        let text = secret.0.clone();
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() == MAX_SESSIONS {
            sessions.remove(0);
        }
        sessions.push(Session { secret, used: timing::now() });
        Some(text)
    }

    /// Swaps the token for another one, once, which has to be swapped for a session soon: where an answer can carry
    /// nothing but an address.
    pub(super) fn hand_on(&self, given: &str) -> Option<String> {
        let secret = Secret::new().ok()?;
        self.use_up(given)?;
        let text = secret.0.clone();
        let until = Some(timing::now() + HANDED_ON.as_nanos() as u64);
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        *token = Some(Token { secret, until });
        Some(text)
    }

    /// The token is worth nothing afterwards, if this is it.
    fn use_up(&self, given: &str) -> Option<()> {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let used = token.take_if(|token| token.secret.is(given))?;
        used.until.is_none_or(|until| timing::now() < until).then_some(())
    }

    /// Whether this is the secret of a session that is open, which is used thereby.
    pub(super) fn has_session(&self, given: Option<&str>) -> bool {
        let (now, life) = (timing::now(), self.door.session_life.as_nanos() as u64);
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| now.saturating_sub(session.used) < life);
        let Some(given) = given else { return false };
        let is_given = |session: &&mut Session| session.secret.is(given);
        sessions.iter_mut().find(is_given).map(|session| session.used = now).is_some()
    }

    /// The pairing that the request's origin may ask for, if it is another one than the page's own.
    pub(super) fn pairing(&self, headers: &HeaderMap) -> Option<Arc<Pairing>> {
        let origin = single(headers, &ORIGIN)?;
        self.door.pairing.as_ref().filter(|pairing| pairing.is_for(origin)).cloned()
    }

    /// The name in an authority such as `localhost:7373`, if it is exactly one of ours.
    fn own_name<'a>(&self, authority: &'a str) -> Option<&'a str> {
        let name = match authority.strip_suffix(&format!(":{}", self.port)) {
            Some(name) => name,
            None if self.port == USUAL_PORT => authority,
            None => return None,
        };
        matches!(name, "127.0.0.1" | "localhost" | "[::1]").then_some(name)
    }

    /// The host that the request names, if it is exactly one of ours.
    fn own_host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.own_name(single(headers, &HOST)?)
    }

    fn is_same_origin(&self, headers: &HeaderMap) -> bool {
        let Some(host) = self.own_host(headers) else { return false };
        let site = headers.get(SEC_FETCH_SITE);
        site.is_none_or(|site| site == "same-origin")
            && single(headers, &ORIGIN)
                .and_then(|origin| self.own_name(origin.strip_prefix("http://")?))
                .is_some_and(|origin| origin == host)
    }
}

/// The session that a request names: the page puts it there, and no browser does by itself.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    single(headers, &AUTHORIZATION)?.strip_prefix("Bearer ")
}

/// The session that a page names when it opens a WebSocket, for which it can set no other header.
pub(super) fn socket_bearer(headers: &HeaderMap) -> Option<&str> {
    let protocols = single(headers, &SEC_WEBSOCKET_PROTOCOL)?;
    let mut named = protocols.split(',').filter_map(|one| session_of_protocol(one.trim()));
    let session = named.next()?;
    named.next().is_none().then_some(session)
}

/// A request of a session; any other is refused before its handler sees it.
pub(super) struct InSession;

impl FromRequestParts<Arc<State>> for InSession {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<State>,
    ) -> Result<Self, Self::Rejection> {
        if !state.access.has_session(bearer(&parts.headers)) {
            return Err(refuse().await);
        }
        if let Some(stage) = parts.extensions.get::<Stage>() {
            stage.has_session();
        }
        Ok(Self)
    }
}

/// A header that stands there exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// For every request: the name must be ours, else a page that rebinds its own name to loopback could
/// read us. A target with a host of its own (absolute form) is not for a server like this.
pub(super) async fn own_host(
    Extract(state): Extract<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let plain_target = request.uri().host().is_none();
    if plain_target && state.access.own_host(request.headers()).is_some() {
        next.run(request).await
    } else {
        refuse().await
    }
}

/// For every request under `/api`: it must come from the page itself, or knock where that is allowed.
pub(super) async fn same_origin(
    Extract(state): Extract<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let knocks = request.uri().path() == SOCKET_PATH && state.access.pairing(headers).is_some();
    if state.access.is_same_origin(headers) || knocks {
        next.run(request).await
    } else {
        refuse().await
    }
}

/// The one answer to everything that is not let in.
pub(super) async fn refuse() -> Response {
    (StatusCode::FORBIDDEN, "refused\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token in an address.
    fn token(access: &Access) -> String {
        access.one_time_address().split_once("#t=").unwrap().1.to_owned()
    }

    fn headers<const N: usize>(all: [(HeaderName, &str); N]) -> HeaderMap {
        HeaderMap::from_iter(all.map(|(name, value)| (name, value.parse().unwrap())))
    }

    #[test]
    fn a_token_opens_one_session_and_no_more() {
        let access = Access::new(7373, Door::default()).unwrap();
        let address = access.one_time_address();
        let token = address.strip_prefix("http://127.0.0.1:7373/#t=").unwrap();
        assert_eq!(token.len(), 64);
        assert!(access.open_session("").is_none());
        assert!(access.open_session(&token[1..]).is_none());
        let session = access.open_session(token).unwrap();
        assert!(access.open_session(token).is_none());

        assert!(access.has_session(Some(&session)));
        for wrong in ["", &session[1..], &format!("{session}0"), token, &session.to_uppercase()] {
            assert!(!access.has_session(Some(wrong)), "{wrong}");
        }
        assert!(!access.has_session(None));
        let other = Access::new(7374, Door::default()).unwrap();
        assert!(!other.has_session(Some(&session)), "another runner's");
    }

    #[test]
    fn a_token_that_is_handed_on_is_another_one() {
        let access = Access::new(7373, Door::default()).unwrap();
        let first = token(&access);
        assert!(access.hand_on("").is_none());
        let second = access.hand_on(&first).unwrap();
        assert_ne!(first, second);
        assert!(access.hand_on(&first).is_none() && access.open_session(&first).is_none());
        let session = access.open_session(&second).unwrap();
        assert!(access.has_session(Some(&session)) && access.open_session(&second).is_none());

        // And soon.
        let secret = Secret::new().unwrap();
        let late = secret.0.clone();
        *access.token.lock().unwrap() = Some(Token { secret, until: Some(0) });
        assert!(access.open_session(&late).is_none());
    }

    #[test]
    fn a_session_is_named_by_the_page_in_one_header() {
        let right = headers([(AUTHORIZATION, "Bearer abc")]);
        assert_eq!(bearer(&right), Some("abc"));
        for wrong in ["abc", "Basic abc", "bearer abc", "Bearer", ""] {
            assert_eq!(bearer(&headers([(AUTHORIZATION, wrong)])), None, "{wrong}");
        }
        let mut twice = right;
        twice.append(AUTHORIZATION, "Bearer abc".parse().unwrap());
        assert_eq!(bearer(&twice), None);

        let of = |value| headers([(SEC_WEBSOCKET_PROTOCOL, value)]);
        let right = of("breakeven, breakeven.session.abc");
        assert_eq!(socket_bearer(&right), Some("abc"));
        for wrong in
            ["breakeven", "abc", "", "breakeven.session.a,breakeven.session.b", "session.abc"]
        {
            assert_eq!(socket_bearer(&of(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn browsers_leave_the_usual_port_out() {
        let is_ours = |port, host: &str, origin: &str| {
            let access = Access::new(port, Door::default()).unwrap();
            access.is_same_origin(&headers([(HOST, host), (ORIGIN, origin)]))
        };
        for name in ["127.0.0.1", "localhost", "[::1]"] {
            assert!(is_ours(80, name, &format!("http://{name}")), "{name}");
            assert!(is_ours(7373, &format!("{name}:7373"), &format!("http://{name}:7373")));
            assert!(!is_ours(7373, name, &format!("http://{name}")), "{name}");
        }
        for (host, origin) in [
            ("127.0.0.1", "http://localhost"),
            ("127.0.0.1", "https://127.0.0.1"),
            ("127.0.0.1", "http://127.0.0.1:8080"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("127.0.0.1:", "http://127.0.0.1:"),
            ("127.0.0.1:+80", "http://127.0.0.1:+80"),
            ("127.0.0.1:080", "http://127.0.0.1:080"),
            ("rebound.example", "http://rebound.example"),
            ("", "http://"),
        ] {
            assert!(!is_ours(80, host, origin), "{host} {origin}");
        }
    }

    #[test]
    fn a_session_that_nobody_uses_ends() {
        let door = Door { session_life: Duration::from_millis(300), ..Door::default() };
        let access = Access::new(7373, door).unwrap();
        let session = access.open_session(&token(&access)).unwrap();
        assert!(access.has_session(Some(&session)));
        std::thread::sleep(Duration::from_millis(400));
        assert!(!access.has_session(Some(&session)));
    }
}
