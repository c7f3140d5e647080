//! The scraper's loop: frames in, frames out, until the stream ends.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use protocol::frame::{self, FrameError, Head};
use protocol::scrape::{Answer, Answered, Ask, Reach};
use protocol::trace::{self, Crosses, What};
use rustix::time::{ClockId, clock_gettime};
use scraper::Html;

use crate::digest::digest;
use crate::fetch::{Fetcher, Missing};
use crate::guard::Guard;
use crate::robots::Robots;

/// The system's monotonic clock, the same in every process, in nanoseconds.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// One worker of the scraper: a process has one, or some on threads.
#[derive(Default)]
pub(crate) struct Scraper {
    /// With the reach that it has; the first page says it.
    fetcher: Option<(Reach, Fetcher)>,
    robots: Robots,
    /// What was read before, so that it need not be read twice. Nothing ever leaves it: see the crate's first lines.
    read: HashMap<String, Html>,
}

impl Scraper {
    /// Fetches a page and looks at it.
    pub(crate) fn scrape(&mut self, ask: &Ask) -> Answer {
        let fetcher = match &mut self.fetcher {
            Some((reach, fetcher)) if *reach == ask.reach => &*fetcher,
            other => {
                &other.insert((ask.reach.clone(), Fetcher::new(Guard::new(ask.reach.clone())))).1
            }
        };
        let robots = &mut self.robots;
        tracer::note(What::Wait);
        let fetched = fetcher.fetch(ask, |url| match ask.robots {
            true => robots.ask(url, ask, fetcher),
            false => Ok(()),
        });
        tracer::note(What::Wake);
        let fetched = match fetched {
            Ok(fetched) => fetched,
            Err(Missing::Refused(why)) => return Answer::Refused(why),
            Err(Missing::Status(status)) => {
                return Answer::Failed(format!("the server answers {status}"));
            }
            Err(Missing::Failed(why)) => return Answer::Failed(why),
        };
        let (html, mut page) = tracer::computing(|| {
            let html = Html::parse_document(&fetched.html);
            let page = digest(&html, &fetched.url);
            (html, page)
        });
        page.redirects = fetched.redirects;
        page.charset = fetched.charset.to_owned();
        page.html_bytes = fetched.bytes;
        self.read.insert(ask.url.clone(), html);
        Answer::Page(Box::new(page))
    }
}

/// Says hello, then answers each request, on so many threads, until the input ends between two frames.
///
/// # Errors
/// If the input is no frame or ends inside one, or the output fails.
pub fn run(
    process: u32,
    guards: u32,
    threads: u32,
    input: &mut impl Read,
    output: impl Write + Send + 'static,
) -> Result<(), FrameError> {
    let output = Arc::new(Mutex::new(output));
    tracer::note(What::Ready);
    say(&output, &Head::Hello { process, guards }, &[])?;
    if threads < 2 {
        let mut scraper = Scraper::default();
        loop {
            match next(input)? {
                Request::Page(ask) => answer(&mut scraper, &ask, &output)?,
                Request::Notes => {
                    let tracer::Noted { notes, dropped } = tracer::take();
                    let cost = (tracer::cost(now) * 1e3) as u64;
                    say(&output, &Head::Traced { cost, dropped }, &trace::encode(&notes))?;
                }
                Request::None => return Ok(()),
            }
        }
    }
    let (asks, inbox) = channel::<Ask>();
    let inbox = Arc::new(Mutex::new(inbox));
    for _ in 0..threads {
        let (inbox, output) = (Arc::clone(&inbox), Arc::clone(&output));
        // An end of the input ends the process, and with it these.
        let started = thread::Builder::new().spawn(move || {
            let mut scraper = Scraper::default();
            loop {
                let ask = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(ask) = ask else { return };
                if answer(&mut scraper, &ask, &output).is_err() {
                    return;
                }
            }
        });
        started.map(drop)?;
    }
    while let Request::Page(ask) = next(input)? {
        asks.send(ask).map_err(|_| io::Error::other("every thread has ended"))?;
    }
    Ok(())
}

/// What is wanted.
enum Request {
    Page(Ask),
    /// What was noted: of one thread.
    Notes,
    /// Nothing more.
    None,
}

fn next(input: &mut impl Read) -> Result<Request, FrameError> {
    tracer::note(What::Wait);
    let Some((head, length)) = frame::read_head(input)? else { return Ok(Request::None) };
    tracer::note(What::Wake);
    let invalid = |why: String| FrameError::from(io::Error::new(io::ErrorKind::InvalidData, why));
    match head {
        Head::Fetch => {
            let mut body = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
            input.read_exact(&mut body)?;
            tracer::note(What::Receive { peer: 0, bytes: length });
            let ask = serde_json::from_slice(&body).map_err(|why| invalid(why.to_string()))?;
            Ok(Request::Page(ask))
        }
        Head::Trace => Ok(Request::Notes),
        other => Err(invalid(format!("a scraper takes addresses, not {other:?}"))),
    }
}

fn answer(scraper: &mut Scraper, ask: &Ask, output: &Mutex<impl Write>) -> Result<(), FrameError> {
    let answered = Answered { number: ask.number, answer: scraper.scrape(ask) };
    let body = serde_json::to_vec(&answered).map_err(io::Error::from)?;
    let (began, bytes) = (tracer::time(), body.len() as u64);
    tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Copied });
    say(output, &Head::Fetched, &body)?;
    tracer::note_since(began, |took| What::Copy { bytes, took });
    Ok(())
}

fn say(output: &Mutex<impl Write>, head: &Head, body: &[u8]) -> Result<(), FrameError> {
    Ok(frame::write(&mut *output.lock().unwrap_or_else(PoisonError::into_inner), head, body)?)
}
