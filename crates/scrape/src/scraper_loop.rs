//! The scraper's loop: frames in, frames out, until the stream ends.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use protocol::frame::{self, FrameError, Head};
use protocol::scrape::{Answer, Answered, Ask, Reach};
use scraper::Html;

use crate::digest::digest;
use crate::fetch::{Fetcher, Missing};
use crate::guard::Guard;
use crate::robots::Robots;

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
        let asked = if ask.robots { self.robots.ask(ask, fetcher) } else { Ok(()) };
        let fetched = match asked.and_then(|()| fetcher.fetch(ask)) {
            Ok(fetched) => fetched,
            Err(Missing::Refused(why)) => return Answer::Refused(why),
            Err(Missing::Status(status)) => {
                return Answer::Failed(format!("the server answers {status}"));
            }
            Err(Missing::Failed(why)) => return Answer::Failed(why),
        };
        let html = Html::parse_document(&fetched.html);
        let mut page = digest(&html, &fetched.url);
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
    say(&output, &Head::Hello { process, guards }, &[])?;
    if threads < 2 {
        let mut scraper = Scraper::default();
        while let Some(ask) = next(input)? {
            answer(&mut scraper, &ask, &output)?;
        }
        return Ok(());
    }
    let (asks, inbox) = channel::<Ask>();
    let inbox = Arc::new(Mutex::new(inbox));
    for _ in 0..threads {
        let (inbox, output) = (Arc::clone(&inbox), Arc::clone(&output));
        // An end of the input ends the process, and with it these.
        thread::spawn(move || {
            let mut scraper = Scraper::default();
            loop {
                let ask = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(ask) = ask else { return };
                if answer(&mut scraper, &ask, &output).is_err() {
                    return;
                }
            }
        });
    }
    while let Some(ask) = next(input)? {
        asks.send(ask).map_err(|_| io::Error::other("every thread has ended"))?;
    }
    Ok(())
}

fn next(input: &mut impl Read) -> Result<Option<Ask>, FrameError> {
    let Some((head, length)) = frame::read_head(input)? else { return Ok(None) };
    let invalid = |why: String| FrameError::from(io::Error::new(io::ErrorKind::InvalidData, why));
    if head != Head::Fetch {
        return Err(invalid(format!("a scraper takes addresses, not {head:?}")));
    }
    let mut body = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    input.read_exact(&mut body)?;
    serde_json::from_slice(&body).map(Some).map_err(|why| invalid(why.to_string()))
}

fn answer(scraper: &mut Scraper, ask: &Ask, output: &Mutex<impl Write>) -> Result<(), FrameError> {
    let answered = Answered { number: ask.number, answer: scraper.scrape(ask) };
    let body = serde_json::to_vec(&answered).map_err(io::Error::from)?;
    say(output, &Head::Fetched, &body)
}

fn say(output: &Mutex<impl Write>, head: &Head, body: &[u8]) -> Result<(), FrameError> {
    Ok(frame::write(&mut *output.lock().unwrap_or_else(PoisonError::into_inner), head, body)?)
}
