//! Pages of another origin, one of which the user may let in with `--allow-origin`: each has to be let in at
//! the terminal once, and then has a token of its own that lives as long as the runner, or until it is revoked.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};

use super::access::Secret;

/// An origin, exactly as browsers send it: `https://HOST[:PORT]`, or `http` where the host is this machine itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin(String);

impl std::str::FromStr for AllowedOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let why = "name one origin such as https://example.com: https (or http and this machine), a host and perhaps a port";
        let uri: axum::http::Uri = text.parse().map_err(|_| why)?;
        let authority = uri.authority().ok_or(why)?;
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let is_plain = !authority.as_str().contains('@') && !authority.host().contains('*');
        let host = authority.host().to_ascii_lowercase();
        let (scheme, usual) = match uri.scheme_str() {
            Some("https") => ("https", 443),
            // Nobody in between can change what comes from here.
            Some("http") if matches!(&*host, "localhost" | "127.0.0.1" | "[::1]") => ("http", 80),
            _ => return Err(why.into()),
        };
        if !is_bare || !is_plain || text.contains('#') {
            return Err(why.into());
        }
        Ok(Self(match authority.port_u16() {
            // Browsers leave the usual one out.
            Some(port) if port != usual => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        }))
    }
}

impl AllowedOrigin {
    /// As browsers send it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page that asks to be let in, for whoever sits at the terminal.
#[derive(Debug)]
pub struct Request {
    /// Shown on the page too, so that it is this page that is let in.
    pub code: String,
    /// Whether it may come in. Dropping it says no.
    pub answer: oneshot::Sender<bool>,
}

/// Who may be let in, and who was.
pub struct Pairing {
    origin: AllowedOrigin,
    requests: mpsc::Sender<Request>,
    tokens: Mutex<Vec<Secret>>,
    /// Counts up when everybody is turned out.
    revoked: watch::Sender<u32>,
}

/// One at a time: a page that asks again and again must not fill the terminal.
const WAITING: usize = 1;
/// Pages that were let in and not turned out.
const MAX_TOKENS: usize = 8;

impl Pairing {
    /// For this origin; whoever asks comes out of the receiver.
    #[must_use]
    pub fn new(origin: AllowedOrigin) -> (Arc<Self>, mpsc::Receiver<Request>) {
        let (requests, asked) = mpsc::channel(WAITING);
        let revoked = watch::Sender::new(0);
        (Arc::new(Self { origin, requests, tokens: Mutex::default(), revoked }), asked)
    }

    /// Whether a request with this Origin may ask at all.
    pub(super) fn is_for(&self, origin: &str) -> bool {
        self.origin.as_str() == origin
    }

    /// Asks at the terminal; the code comes first, then the answer. None if somebody else is asking.
    pub(super) fn ask(&self) -> Option<(String, oneshot::Receiver<bool>)> {
        let mut digits = [0; 4];
        getrandom::fill(&mut digits).ok()?;
        let number = u32::from_le_bytes(digits) % 1_000_000;
        let code = format!("{:03} {:03}", number / 1000, number % 1000);
        let (answer, answered) = oneshot::channel();
        self.requests.try_send(Request { code: code.clone(), answer }).ok()?;
        Some((code, answered))
    }

    /// A token for a page that was let in.
    pub(super) fn let_in(&self) -> Option<String> {
        let token = Secret::new().ok()?;
        let text = token.text().to_owned();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() == MAX_TOKENS {
            tokens.remove(0);
        }
        tokens.push(token);
        Some(text)
    }

    pub(super) fn knows(&self, given: &str) -> bool {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.iter().any(|token| token.is(given))
    }

    /// Turns everybody out: tokens are worth nothing any more, and connections end.
    pub fn revoke(&self) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.revoked.send_modify(|count| *count += 1);
    }

    /// Changes when everybody is turned out.
    pub(super) fn revocation(&self) -> watch::Receiver<u32> {
        self.revoked.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_exact_origin_that_nobody_can_change_is_taken() {
        let parse = |text: &str| text.parse::<AllowedOrigin>().map(|origin| origin.0);
        assert_eq!(parse("https://Example.com"), Ok("https://example.com".into()));
        assert_eq!(parse("https://example.com/"), Ok("https://example.com".into()));
        assert_eq!(parse("https://example.com:443"), Ok("https://example.com".into()));
        assert_eq!(parse("https://example.com:8443"), Ok("https://example.com:8443".into()));
        assert_eq!(parse("http://localhost:8080"), Ok("http://localhost:8080".into()));
        assert_eq!(parse("http://127.0.0.1:80/"), Ok("http://127.0.0.1".into()));
        for wrong in [
            "",
            "null",
            "*",
            "https://*",
            "https://*.example.com",
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.2",
            "https://",
            "https://a@example.com",
            "https://example.com/page",
            "https://example.com?x",
            "https://example.com#x",
            "example.com",
            "file:///x",
            "https://a.com https://b.com",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_lasts_until_it_is_revoked() {
        let (pairing, _asked) = Pairing::new("https://example.com".parse().unwrap());
        assert!(
            pairing.is_for("https://example.com") && !pairing.is_for("https://example.com.evil")
        );
        let token = pairing.let_in().unwrap();
        assert!(pairing.knows(&token) && !pairing.knows("") && !pairing.knows(&token[1..]));
        pairing.revoke();
        assert!(!pairing.knows(&token));
    }

    #[test]
    fn one_asks_at_a_time() {
        let (pairing, mut asked) = Pairing::new("https://example.com".parse().unwrap());
        let (code, answered) = pairing.ask().unwrap();
        assert!(pairing.ask().is_none());
        let request = asked.try_recv().unwrap();
        assert_eq!(request.code, code);
        request.answer.send(true).unwrap();
        assert_eq!(answered.blocking_recv(), Ok(true));
        assert!(pairing.ask().is_some());
    }
}
