//! Fetches a page: within its time, its size and its reach.

use std::io::Read;
use std::time::Duration;

use protocol::scrape::Ask;
use ureq::http::header::CONTENT_TYPE;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error, ResponseExt};
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
            .max_redirects(REDIRECTS)
            .save_redirect_history(true)
            // A proxy would go where the guard does not look.
            .proxy(None)
            .build();
        Self(Agent::with_parts(config, DefaultConnector::default(), guard))
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// If it is refused, does not come, or is no HTML.
    pub(crate) fn fetch(&self, ask: &Ask) -> Result<Fetched, Missing> {
        let (url, redirects, kind, bytes) = self.get(&ask.url, ask)?;
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

    /// Where it was in the end, how often one was sent elsewhere, what kind the server says it is, and its bytes.
    pub(crate) fn get(
        &self,
        url: &str,
        ask: &Ask,
    ) -> Result<(Url, u32, Option<String>, Vec<u8>), Missing> {
        let time = Duration::from_secs(ask.seconds.into());
        let request = self.0.get(url).config().timeout_global(Some(time)).build();
        let mut response = request.call().map_err(|why| missing(why, ask))?;
        let redirects =
            response.get_redirect_history().map_or(0, |history| history.len().saturating_sub(1));
        let kind = response
            .headers()
            .get(CONTENT_TYPE)
            .map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        let end = Url::parse(&response.get_uri().to_string())
            .map_err(|why| Missing::Failed(format!("an address that is none: {why}")))?;
        let mut bytes = Vec::new();
        let mut body =
            response.body_mut().with_config().limit(u64::MAX).reader().take(ask.bytes + 1);
        body.read_to_end(&mut bytes).map_err(|why| missing(Error::from(why), ask))?;
        if bytes.len() as u64 > ask.bytes {
            return Err(Missing::Failed(format!(
                "it goes on after {} KiB, which are all that are read",
                ask.bytes >> 10
            )));
        }
        Ok((end, redirects as u32, kind, bytes))
    }
}

fn missing(why: Error, ask: &Ask) -> Missing {
    match why {
        Error::Other(other) if other.is::<Refusal>() => Missing::Refused(other.to_string()),
        Error::Timeout(_) => Missing::Failed(format!("it took longer than {} s", ask.seconds)),
        Error::TooManyRedirects => {
            Missing::Failed(format!("it sends one elsewhere more than {REDIRECTS} times"))
        }
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
