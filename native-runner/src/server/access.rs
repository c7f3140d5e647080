//! Who gets in: the Host must be ours, the Origin the page's own, the session one that we opened.
//!
//! The page is served to anybody on loopback and holds nothing private; everything under `/api`
//! needs all three. Each refusal is the same answer, without a hint. A page of another origin gets no further
//! than the WebSocket, and only if the user let its origin knock ([`super::pairing`]).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State as Extract};
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use constant_time_eq::constant_time_eq;
use protocol::runner::SOCKET_PATH;

use super::State;
use super::pairing::Pairing;
use crate::timing;

/// The most sessions that one token's holder can have opened at a time; the oldest goes first.
const MAX_SESSIONS: usize = 16;
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

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

/// The one-time token and the sessions that it opened.
pub(super) struct Access {
    port: u16,
    token: Mutex<Option<Secret>>,
    address: String,
    sessions: Mutex<Vec<Session>>,
    door: Door,
}

impl Access {
    pub(super) fn new(port: u16, door: Door) -> Result<Self, getrandom::Error> {
        let token = Secret::new()?;
        let address = format!("http://127.0.0.1:{port}/#t={}", token.0);
        let (token, sessions) = (Mutex::new(Some(token)), Mutex::default());
        Ok(Self { port, token, address, sessions, door })
    }

    pub(super) fn one_time_address(&self) -> String {
        self.address.clone()
    }

    /// Swaps the token for a session, once; returns the value of the `Set-Cookie` header.
    pub(super) fn open_session(&self, given: &str) -> Option<String> {
        let secret = Secret::new().ok()?;
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        token.take_if(|token| token.is(given))?;
        let cookie =
            format!("{}={}; HttpOnly; SameSite=Strict; Path=/api", self.cookie_name(), secret.0);
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() == MAX_SESSIONS {
            sessions.remove(0);
        }
        sessions.push(Session { secret, used: timing::now() });
        Some(cookie)
    }

    /// Whether the request carries the cookie of a session that is open, which is used thereby.
    pub(super) fn has_session(&self, headers: &HeaderMap) -> bool {
        let (now, life) = (timing::now(), self.door.session_life.as_nanos() as u64);
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|session| now.saturating_sub(session.used) < life);
        let name = self.cookie_name();
        let given: Vec<&str> = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(key, value)| (key == name).then_some(value))
            .collect();
        let is_given = |session: &&mut Session| given.iter().any(|value| session.secret.is(value));
        sessions.iter_mut().find(is_given).map(|session| session.used = now).is_some()
    }

    /// The pairing that the request's origin may ask for, if it is another one than the page's own.
    pub(super) fn pairing(&self, headers: &HeaderMap) -> Option<Arc<Pairing>> {
        let origin = single(headers, &ORIGIN)?;
        self.door.pairing.as_ref().filter(|pairing| pairing.is_for(origin)).cloned()
    }

    /// Cookies do not tell ports apart, so the name does.
    fn cookie_name(&self) -> String {
        format!("breakeven-session-{}", self.port)
    }

    /// The host that the request names, if it is exactly one of ours.
    fn own_host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let host = single(headers, &HOST)?;
        let (name, port) = host.rsplit_once(':')?;
        let ours = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
        (ours && port.parse() == Ok(self.port)).then_some(host)
    }

    fn is_same_origin(&self, headers: &HeaderMap) -> bool {
        let Some(host) = self.own_host(headers) else { return false };
        let site = headers.get(SEC_FETCH_SITE);
        site.is_none_or(|site| site == "same-origin")
            && single(headers, &ORIGIN)
                .and_then(|origin| origin.strip_prefix("http://"))
                .is_some_and(|origin| origin == host)
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

    #[test]
    fn a_token_opens_one_session_and_no_more() {
        let access = Access::new(7373, Door::default()).unwrap();
        let address = access.one_time_address();
        let token = address.strip_prefix("http://127.0.0.1:7373/#t=").unwrap();
        assert_eq!(token.len(), 64);
        assert!(access.open_session("").is_none());
        assert!(access.open_session(&token[1..]).is_none());
        let cookie = access.open_session(token).unwrap();
        assert!(access.open_session(token).is_none());
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/api"));

        let headers = |value: &str| HeaderMap::from_iter([(COOKIE, value.parse().unwrap())]);
        let pair = cookie.split(';').next().unwrap();
        assert!(access.has_session(&headers(pair)));
        assert!(access.has_session(&headers(&format!("a=b; {pair}"))));
        assert!(!access.has_session(&headers(&pair.replace("7373", "7374"))));
        assert!(!access.has_session(&headers(&pair[..pair.len() - 1])));
        assert!(!access.has_session(&headers(&format!("breakeven-session-7373={token}"))));
        assert!(!access.has_session(&HeaderMap::new()));
    }

    #[test]
    fn a_session_that_nobody_uses_ends() {
        let door = Door { session_life: Duration::from_millis(300), ..Door::default() };
        let access = Access::new(7373, door).unwrap();
        let address = access.one_time_address();
        let token = address.split_once("#t=").unwrap().1;
        let cookie = access.open_session(token).unwrap();
        let pair = cookie.split(';').next().unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, pair.parse().unwrap())]);
        assert!(access.has_session(&headers));
        std::thread::sleep(Duration::from_millis(400));
        assert!(!access.has_session(&headers));
    }
}
