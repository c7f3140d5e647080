//! Pages of another origin, one of which the user may let in with `--allow-origin`: each has to be let in at
//! the terminal once, by typing the code that it shows, and then has a token of its own that lives as long as the
//! runner, or until it is revoked. The code is what makes sure that it is this page which comes in, and no other
//! that asks at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use constant_time_eq::constant_time_eq;
use tokio::sync::{mpsc, oneshot, watch};

use super::access::Secret;
use crate::timing;

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

/// What a page shows and whoever lets it in types: six digits that nobody can foresee.
struct Code(String);

impl Code {
    fn new() -> Option<Self> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(format!("{:06}", u64::from_le_bytes(bytes) % 1_000_000)))
    }

    /// As it is shown.
    fn shown(&self) -> String {
        let (first, second) = self.0.split_at(3);
        format!("{first} {second}")
    }

    /// Whether somebody typed it, with spaces or without.
    fn is(&self, typed: &str) -> bool {
        // One letter too many is enough to be wrong.
        let most = self.0.len() + 1;
        let typed: String = typed.chars().filter(|it| !it.is_whitespace()).take(most).collect();
        constant_time_eq(self.0.as_bytes(), typed.as_bytes())
    }
}

/// A page that asks to be let in, for whoever sits at the terminal. Dropping it says no. It never tells the code: who
/// types that has the page in front of them.
pub struct Request {
    code: Code,
    answer: oneshot::Sender<bool>,
}

/// What became of a request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The page is in.
    In,
    /// It was not the code of this page, which stays out.
    WrongCode,
    /// The page did not wait for it.
    Gone,
}

impl Request {
    /// Lets the page in if this is the code that it shows.
    #[must_use]
    pub fn answer(self, typed: &str) -> Answered {
        let is_right = self.code.is(typed);
        match (self.answer.send(is_right), is_right) {
            (Ok(()), true) => Answered::In,
            (_, false) => Answered::WrongCode,
            (Err(_), true) => Answered::Gone,
        }
    }

    /// Resolves when the page waits no longer.
    pub async fn gone(&mut self) {
        self.answer.closed().await;
    }
}

/// Who may be let in, and who was.
pub struct Pairing {
    origin: AllowedOrigin,
    requests: mpsc::Sender<Request>,
    asking: Mutex<Asking>,
    tokens: Mutex<Vec<Secret>>,
    /// Counts up when everybody is turned out.
    revoked: watch::Sender<u32>,
}

/// Who asks.
#[derive(Default)]
struct Asking {
    /// Somebody does.
    now: bool,
    /// When the next may, on the clock of [`timing::now`].
    next: u64,
}

/// A request that nobody answered keeps others from asking for so long: whoever asks again and again must not fill
/// the terminal, nor take its user's patience.
const COOL_DOWN: Duration = Duration::from_secs(20);
/// Pages that were let in and not turned out.
const MAX_TOKENS: usize = 8;

/// A request that was made, from the page's side. Nobody else can make one while this lives.
pub(super) struct Asked {
    pairing: Arc<Pairing>,
    code: String,
    answered: oneshot::Receiver<bool>,
}

impl Asked {
    /// For the page to show.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Whether the page may come in.
    pub(super) async fn answer(&mut self) -> bool {
        let answer = (&mut self.answered).await;
        if answer.is_ok() {
            // Somebody is there, and decides how often they are asked.
            self.pairing.asking().next = 0;
        }
        answer == Ok(true)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.pairing.asking().now = false;
    }
}

impl Pairing {
    /// For this origin; whoever asks comes out of the receiver.
    #[must_use]
    pub fn new(origin: AllowedOrigin) -> (Arc<Self>, mpsc::Receiver<Request>) {
        let (requests, asked) = mpsc::channel(1);
        let (asking, tokens, revoked) = Default::default();
        (Arc::new(Self { origin, requests, asking, tokens, revoked }), asked)
    }

    /// Whose pages may ask.
    #[must_use]
    pub fn origin(&self) -> &AllowedOrigin {
        &self.origin
    }

    /// Whether a request with this Origin may ask at all.
    pub(super) fn is_for(&self, origin: &str) -> bool {
        self.origin.as_str() == origin
    }

    /// Asks at the terminal. None while somebody else asks, and for a while when they went without an answer.
    pub(super) fn ask(self: &Arc<Self>) -> Option<Asked> {
        let mut asking = self.asking();
        let now = timing::now();
        if asking.now || now < asking.next {
            return None;
        }
        let code = Code::new()?;
        let shown = code.shown();
        let (answer, answered) = oneshot::channel();
        self.requests.try_send(Request { code, answer }).ok()?;
        *asking = Asking { now: true, next: now + COOL_DOWN.as_nanos() as u64 };
        Some(Asked { pairing: Arc::clone(self), code: shown, answered })
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
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
    use futures::executor::block_on;

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
    fn one_asks_at_a_time_and_the_next_when_somebody_answered() {
        let (pairing, mut asked) = Pairing::new("https://example.com".parse().unwrap());
        let mut first = pairing.ask().unwrap();
        assert!(pairing.ask().is_none());
        let request = asked.try_recv().unwrap();
        assert!(pairing.ask().is_none(), "it is not answered yet");
        assert_eq!(request.answer(first.code()), Answered::In);
        assert!(block_on(first.answer()));
        drop(first);

        let second = pairing.ask().unwrap();
        drop(second);
        assert!(pairing.ask().is_none(), "it went without an answer");
        let request = asked.try_recv().unwrap();
        assert_eq!(request.answer("000000000"), Answered::WrongCode);
    }

    #[test]
    fn the_code_alone_lets_a_page_in() {
        let (pairing, mut asked) = Pairing::new("https://example.com".parse().unwrap());
        let mut typed = |type_it: fn(&str) -> String| {
            let mut page = pairing.ask().unwrap();
            let request = asked.try_recv().unwrap();
            let answered = request.answer(&type_it(page.code()));
            assert_eq!(block_on(page.answer()), answered == Answered::In);
            answered
        };
        let right: [fn(&str) -> String; 3] =
            [str::to_owned, |code| code.replace(' ', ""), |code| format!(" {code}\n")];
        let wrong: [fn(&str) -> String; 6] = [
            |_| String::new(),
            |_| "y".into(),
            |_| "yes".into(),
            |code| code[..6].into(),
            |code| format!("{code}0"),
            |code| code.repeat(100),
        ];
        for one in right {
            assert_eq!(typed(one), Answered::In);
        }
        for one in wrong {
            assert_eq!(typed(one), Answered::WrongCode);
        }
    }

    #[test]
    fn codes_are_six_digits_that_differ() {
        let codes: Vec<String> = (0..100).map(|_| Code::new().unwrap().0).collect();
        let is_code = |code: &String| code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit());
        assert!(codes.iter().all(is_code));
        assert!(codes.iter().collect::<std::collections::HashSet<_>>().len() > 90);
    }
}
