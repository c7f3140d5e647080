//! Fetches a page: within its time, its size and its reach.

use std::io::Read;
use std::time::{Duration, Instant};

use protocol::scrape::Ask;
use ureq::http::Response;
use ureq::http::header::{CONTENT_TYPE, HeaderName, LOCATION};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Error};
use url::Url;

use crate::charset;
use crate::guard::{Guard, Refusal};

/// Who this is, for those who look into their logs.
pub(crate) const AGENT: &str = concat!(
    "breakeven/",
    env!("CARGO_PKG_VERSION"),
    " (compares worker threads and child processes; one page at a time)"
);
/// How often one may be sent elsewhere.
pub(crate) const REDIRECTS: u32 = 5;

/// What is left at least for the next address when the time has run out meanwhile.
const SHORTEST: Duration = Duration::from_millis(1);

/// What was fetched.
pub(crate) struct Fetched {
    /// Where it was in the end.
    pub(crate) url: Url,
    /// How often one was sent elsewhere.
    pub(crate) redirects: u32,
    /// The text's encoding.
    pub(crate) charset: &'static str,
    /// Bytes, uncompressed.
    pub(crate) bytes: u64,
    /// The text.
    pub(crate) html: String,
}

/// Why there is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// One may not.
    Refused(String),
    /// The server answers with this status.
    Status(u16),
    /// One could not.
    Failed(String),
}

/// Fetches over connections that it keeps.
pub(crate) struct Fetcher(Agent);

impl Fetcher {
    /// One whose connections pass this guard.
    #[must_use]
    pub(crate) fn new(guard: Guard) -> Self {
        let config = Agent::config_builder()
            .user_agent(AGENT)
            .accept("text/html,application/xhtml+xml;q=0.9")
            // They are followed here: each address on the way is asked about first.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A proxy would go where the guard does not look.
            .proxy(None)
            .build();
        Self(Agent::with_parts(config, DefaultConnector::default(), guard))
    }

    /// Fetches a page. Its address, and each that one is sent to on the way, must pass `may` first.
    ///
    /// # Errors
    /// If it is refused, does not come, or is no HTML.
    pub(crate) fn fetch(
        &self,
        ask: &Ask,
        may: impl FnMut(&Url) -> Result<(), Missing>,
    ) -> Result<Fetched, Missing> {
        let Got { url, redirects, kind, bytes } = self.get(&ask.url, ask, may)?;
        let is_html = kind.as_deref().is_none_or(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            kind == "text/html" || kind == "application/xhtml+xml"
        });
        if !is_html {
            return Err(Missing::Failed(format!("no HTML but {}", kind.unwrap_or_default())));
        }
        let (html, charset) = charset::decode(&bytes, kind.as_deref());
        Ok(Fetched { url, redirects, charset, bytes: bytes.len() as u64, html })
    }

    /// The same, of anything.
    pub(crate) fn get(
        &self,
        url: &str,
        ask: &Ask,
        mut may: impl FnMut(&Url) -> Result<(), Missing>,
    ) -> Result<Got, Missing> {
        let until = Instant::now() + Duration::from_secs(ask.seconds.into());
        let mut url = address(Url::parse(url))?;
        for redirects in 0..=REDIRECTS {
            may(&url)?;
            // Nothing would be no limit.
            let left = until.saturating_duration_since(Instant::now()).max(SHORTEST);
            let request = self.0.get(url.as_str()).config().timeout_global(Some(left)).build();
            let response = request.call().map_err(|why| missing(why, ask))?;
            let status = response.status();
            if !status.is_redirection() {
                return read(url, redirects, response, ask);
            }
            let target = header(&response, LOCATION).ok_or(Missing::Status(status.as_u16()))?;
            url = address(url.join(&target))?;
        }
        Err(Missing::Failed(format!("it sends one elsewhere more than {REDIRECTS} times")))
    }
}

/// What came from a server.
pub(crate) struct Got {
    /// Where it was in the end.
    url: Url,
    /// How often one was sent elsewhere.
    redirects: u32,
    /// What the server says it is.
    kind: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

fn read(url: Url, redirects: u32, response: Response<Body>, ask: &Ask) -> Result<Got, Missing> {
    let kind = header(&response, CONTENT_TYPE);
    let body = response.into_body().into_with_config().limit(u64::MAX).reader();
    let mut bytes = Vec::new();
    body.take(ask.bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|why| missing(Error::from(why), ask))?;
    if bytes.len() as u64 > ask.bytes {
        return Err(Missing::Failed(format!(
            "it goes on after {} KiB, which are all that are read",
            ask.bytes >> 10
        )));
    }
    Ok(Got { url, redirects, kind, bytes })
}

fn header(response: &Response<Body>, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn address(parsed: Result<Url, url::ParseError>) -> Result<Url, Missing> {
    parsed.map_err(|why| Missing::Failed(format!("an address that is none: {why}")))
}

fn missing(why: Error, ask: &Ask) -> Missing {
    match why {
        Error::Other(other) if other.is::<Refusal>() => Missing::Refused(other.to_string()),
        Error::Timeout(_) => Missing::Failed(format!("it took longer than {} s", ask.seconds)),
        Error::StatusCode(status) => Missing::Status(status),
        Error::Io(why) if why.kind() == std::io::ErrorKind::TimedOut => {
            Missing::Failed(format!("it took longer than {} s", ask.seconds))
        }
        Error::Io(why) => match why.get_ref().and_then(|it| it.downcast_ref::<Error>()) {
            Some(Error::Timeout(_)) => {
                Missing::Failed(format!("it took longer than {} s", ask.seconds))
            }
            _ => Missing::Failed(why.to_string()),
        },
        other => Missing::Failed(other.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the server is the test's own")]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    use protocol::scrape::Reach;

    use super::*;

    /// A server that sends one from `/1` to `/2` and on to the page `/3`, and tells what it was asked for.
    fn server() -> (String, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (tell, asked) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                lines.find(|line| line.as_ref().is_ok_and(String::is_empty));
                let path = first.split(' ').nth(1).unwrap().to_owned();
                let answer = match path.as_str() {
                    "/1" => "302 Found\r\nLocation: /2\r\nContent-Length: 0",
                    "/2" => "307 Elsewhere\r\nLocation: 3?x\r\nContent-Length: 0",
                    "/nowhere" => "302 Found\r\nContent-Length: 0",
                    _ => "200 OK\r\nContent-Type: text/html\r\nContent-Length: 2",
                };
                let body = if answer.starts_with("200") { "ok" } else { "" };
                write!(stream, "HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n{body}").unwrap();
                if tell.send(path).is_err() {
                    return;
                }
            }
        });
        (origin, asked)
    }

    fn ask(origin: &str, path: &str) -> Ask {
        Ask {
            number: 1,
            url: format!("{origin}{path}"),
            reach: Reach::Site(origin.to_owned()),
            robots: true,
            bytes: 1 << 20,
            seconds: 60,
        }
    }

    #[test]
    fn every_address_on_the_way_is_asked_about_before_it_is_gone_to() {
        let (origin, asked) = server();
        let ask = ask(&origin, "/1");
        let fetcher = Fetcher::new(Guard::new(ask.reach.clone()));
        let mut passed = Vec::new();
        let fetched = fetcher.fetch(&ask, |url| {
            passed.push(url.path().to_owned());
            Ok(())
        });
        let fetched = fetched.unwrap_or_else(|why| panic!("{why:?}"));
        assert_eq!((fetched.redirects, fetched.html.as_str()), (2, "ok"));
        assert_eq!(fetched.url.as_str(), format!("{origin}/3?x"));
        assert_eq!(passed, ["/1", "/2", "/3"]);
        assert_eq!(asked.try_iter().collect::<Vec<_>>(), ["/1", "/2", "/3?x"]);

        let refusal = Missing::Refused("not there".to_owned());
        let refused = fetcher.fetch(&ask, |url| match url.path() {
            "/3" => Err(refusal.clone()),
            _ => Ok(()),
        });
        assert_eq!(refused.err(), Some(refusal));
        assert_eq!(asked.try_iter().collect::<Vec<_>>(), ["/1", "/2"]);
    }

    #[test]
    fn a_redirect_to_nowhere_is_a_status() {
        let (origin, _asked) = server();
        let ask = ask(&origin, "/nowhere");
        let fetcher = Fetcher::new(Guard::new(ask.reach.clone()));
        assert_eq!(fetcher.fetch(&ask, |_| Ok(())).err(), Some(Missing::Status(302)));
    }
}
