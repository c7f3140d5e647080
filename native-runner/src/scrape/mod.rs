//! Scraping: a pool of children that fetch pages and may die of them, or threads that may, too.

mod pool;
mod programs;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;

use lab::LaneError;
use lab::ops::Trails;
use protocol::LaneId;
use protocol::scrape::{Ask, Child, MAX_SCRAPERS, Reach, ScrapeEvent, ScrapeSummary};

use crate::cancel::Cancel;
use crate::lanes::{Pipes, Transport};
use crate::runtime;
use crate::site::Site;
use pool::Pool;
use programs::{Crew, Program};

/// How long a page may take, in seconds.
pub(crate) const SECONDS: u32 = 10;
/// Bytes of HTML that a page may have.
pub(crate) const BYTES: u64 = 4 << 20;

/// Lanes whose workers scrape; the first is the usual one.
pub(crate) const LANES: [LaneId; 3] =
    [LaneId::PROCESS_SOCKET, LaneId::PROCESS_PIPE, LaneId::NATIVE_THREAD];

/// Pages that are read where a trace is taken: one that nobody survives first, and long ones, so that there is something
/// left for whoever comes after.
const TRACED: [&str; 10] = [
    "/crash",
    "/leak",
    "/long",
    "/leak",
    "/long",
    "/leak",
    "/article/1",
    "/article/2",
    "/article/3",
    "/article/4",
];

/// Has two children read some pages of the built-in site; returns what they have noted.
pub(crate) fn trace<T: Transport>(cancel: &Cancel) -> Result<Trails, LaneError> {
    let runtime = runtime::start(1).map_err(|why| LaneError::failed(format!("{why:#}")))?;
    let site = runtime.block_on(Site::start()).map_err(LaneError::failed)?;
    let run = Run {
        lane: T::LANE,
        child: Child::Rust,
        workers: 2,
        urls: TRACED.map(|path| format!("{}{path}", site.origin())).into(),
        reach: Reach::Site(site.origin().to_owned()),
        robots: false,
        seconds: SECONDS,
    };
    let crew = run.crew()?;
    let program = Program::new(run.child, crew, &run.reach, cancel)?;
    let scraped = Pool::<T>::run(&program, crew, run.asks(), cancel, &mut |_| {})?;
    Ok(scraped.trails)
}

/// A run that is to be made.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) lane: LaneId,
    pub(crate) child: Child,
    pub(crate) workers: u32,
    pub(crate) urls: Vec<String>,
    pub(crate) reach: Reach,
    /// Whether sites are asked what they want.
    pub(crate) robots: bool,
    pub(crate) seconds: u32,
}

impl Run {
    /// Makes it, on the thread that calls; how it goes is told to `tell`.
    pub(crate) fn make(self, cancel: &Cancel, tell: &mut dyn FnMut(ScrapeEvent)) {
        let last = match self.scrape(cancel, tell) {
            Ok(summary) => ScrapeEvent::Ended(summary),
            Err(LaneError::Unavailable(error)) => ScrapeEvent::Failed { error, unavailable: true },
            Err(LaneError::Failed(error) | LaneError::Void(error)) => {
                ScrapeEvent::Failed { error, unavailable: false }
            }
            Err(LaneError::Cancelled) => {
                ScrapeEvent::Failed { error: "it was cancelled".into(), unavailable: false }
            }
        };
        tell(last);
    }

    fn scrape(
        self,
        cancel: &Cancel,
        tell: &mut dyn FnMut(ScrapeEvent),
    ) -> Result<ScrapeSummary, LaneError> {
        if !(1..=MAX_SCRAPERS).contains(&self.workers) {
            let why = format!("{} workers: it takes 1 to {MAX_SCRAPERS}", self.workers);
            return Err(LaneError::Failed(why));
        }
        let crew = self.crew()?;
        let program = Program::new(self.child, crew, &self.reach, cancel)?;
        let piped = self.lane == LaneId::PROCESS_PIPE;
        let asks = self.asks();
        let scraped = if piped {
            Pool::<Pipes>::run(&program, crew, asks, cancel, tell)
        } else {
            Pool::<UnixStream>::run(&program, crew, asks, cancel, tell)
        };
        scraped.map(|scraped| scraped.summary)
    }

    /// Who works beside whom.
    fn crew(&self) -> Result<Crew, LaneError> {
        if !LANES.contains(&self.lane) {
            let known: Vec<String> = LANES.iter().map(ToString::to_string).collect();
            let why = format!("{} does not scrape: {} do", self.lane, known.join(", "));
            return Err(LaneError::Unavailable(why));
        }
        if self.lane != LaneId::NATIVE_THREAD {
            return Ok(Crew::Processes(self.workers));
        }
        if self.child == Child::Rust {
            return Ok(Crew::Threads(self.workers));
        }
        let why = format!("a thread of {} is no program in {}", self.lane, self.child.name());
        Err(LaneError::Unavailable(why))
    }

    fn asks(self) -> VecDeque<Ask> {
        let Self { urls, reach, robots, seconds, .. } = self;
        let ask = |(number, url)| Ask {
            number,
            url,
            reach: reach.clone(),
            robots,
            seconds,
            bytes: BYTES,
        };
        (0..).zip(urls).map(ask).collect()
    }
}
