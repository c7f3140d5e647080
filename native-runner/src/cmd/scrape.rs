//! `breakeven scrape`: pages, fetched and looked at by workers that may die of them.

use clap::Args;
use futures::executor::block_on;
use lab::{format, scraped};
use protocol::scrape::{
    Answer, Child, MAX_ADDRESS, MAX_SCRAPERS, Reach, ScrapeEvent, ScrapeResult, Scraped,
};
use protocol::{LaneId, Nanos};
use texts::outside::Outside;

use super::measure::cancel_on_signals;
use super::{End, names};
use crate::cancel::Cancel;
use crate::scrape::{LANES, Run, SECONDS};
use crate::site::Site;
use crate::terminal::{self, print, print_json_line, say};

/// Fetches pages and tells what is on them, by a pool of children: a page that its worker does not survive costs
/// that page and not the run. Without addresses, the pages of the built-in site.
///
/// A site's robots.txt is obeyed. A page may have 4 MiB of HTML and is given 10 seconds.
#[derive(Args)]
pub(super) struct Scrape {
    /// Where the pages are.
    #[arg(value_name = "URL")]
    urls: Vec<String>,
    /// Whose workers do it: process.socket, process.pipe or native.thread.
    #[arg(long, value_name = "ID")]
    lane: Option<String>,
    /// What the workers are.
    #[arg(long, value_parser = ["rust", "node", "python"], default_value = "rust")]
    child: String,
    /// How many; one per processor without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SCRAPERS)))]
    workers: Option<u32>,
    /// Fetches what a site's robots.txt does not want fetched, too.
    #[arg(long)]
    ignore_robots: bool,
    /// One JSON object a line, as things happen.
    #[arg(long)]
    json: bool,
}

impl Scrape {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let lane = match self.lane() {
            Ok(lane) => lane,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let child =
            Child::ALL.into_iter().find(|child| child.name() == self.child).unwrap_or(Child::Rust);
        if let Some(why) = self.urls.iter().find_map(|url| trouble(url)) {
            return Ok(End::BadUsage(why));
        }
        let cancel = Cancel::default();
        let runtime = cancel_on_signals(&cancel)?;
        let _inside = runtime.enter();
        let site = if self.urls.is_empty() { Some(block_on(Site::start())?) } else { None };
        let (urls, reach) = match &site {
            Some(site) => (site.urls(), Reach::Site(site.origin().to_owned())),
            None => (self.urls, Reach::Anywhere),
        };
        let workers = self.workers.unwrap_or_else(|| crate::machine::describe().cores);
        let run = Run {
            lane,
            child,
            workers: workers.clamp(1, MAX_SCRAPERS),
            urls,
            reach,
            robots: !self.ignore_robots,
            seconds: SECONDS,
        };
        let mut teller =
            Teller { json: self.json, done: 0, of: None, end: End::Failed, broken: None };
        run.make(&cancel, &mut |event| teller.hear(&event));
        match teller.broken {
            Some(why) => Err(why),
            None if cancel.is_asked() => Ok(End::Interrupted),
            None => Ok(teller.end),
        }
    }

    fn lane(&self) -> Result<LaneId, String> {
        let Some(named) = &self.lane else { return Ok(LANES[0].clone()) };
        let all = crate::lanes::all(&Cancel::default());
        names::find("lane", named, all.iter().map(|lane| (lane.id().to_string(), lane.id())))
    }
}

fn trouble(url: &str) -> Option<String> {
    let is_web = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    if !is_web {
        return Some(format!("{}: an address begins with http:// or https://", Outside(url)));
    }
    (url.len() > MAX_ADDRESS)
        .then(|| format!("an address of {} bytes: it may have {MAX_ADDRESS}", url.len()))
}

/// Prints what happens, as it happens.
struct Teller {
    json: bool,
    done: u32,
    of: Option<u32>,
    end: End,
    /// Standard output is.
    broken: Option<anyhow::Error>,
}

impl Teller {
    fn hear(&mut self, event: &ScrapeEvent) {
        match event {
            ScrapeEvent::Begun { pages, .. } => self.of = Some(*pages),
            ScrapeEvent::Page(_) => self.done += 1,
            // A run in which nothing could be read has failed, however well it went.
            ScrapeEvent::Ended(summary) if summary.pages > 0 => self.end = End::Done,
            ScrapeEvent::Ended(_) => {}
            ScrapeEvent::Failed { error, unavailable } => {
                say!("breakeven: {error}");
                self.end = if *unavailable { End::Unavailable } else { End::Failed };
            }
            ScrapeEvent::Crashed { .. } | ScrapeEvent::Outgrown { .. } => {}
        }
        let told = if self.json {
            Some(print_json_line(event))
        } else {
            told(event).map(|told| print(&format!("{told}\n")))
        };
        if let Some(Err(why)) = told {
            self.broken.get_or_insert(why);
        }
        if let (Some(of), true) = (self.of, terminal::is_error() && !self.json) {
            let over = if event.is_last() { "" } else { &format!("{} of {of} pages", self.done) };
            terminal::write_over(over);
        }
    }
}

fn told(event: &ScrapeEvent) -> Option<String> {
    match event {
        ScrapeEvent::Begun { startup, .. } => {
            Some(format!("the workers' start took {}", time(*startup)))
        }
        ScrapeEvent::Page(page) => Some(page_line(page)),
        ScrapeEvent::Crashed { attempt: 0, how, .. } => {
            Some(format!("died      with nothing to do: {}", Outside(how)))
        }
        ScrapeEvent::Crashed { url, attempt, how } => {
            Some(format!("died      at {}, attempt {attempt}: {}", Outside(url), Outside(how)))
        }
        ScrapeEvent::Outgrown { bytes } => {
            Some(format!("replaced  a worker that had grown to {}", format::bytes(*bytes)))
        }
        ScrapeEvent::Ended(summary) => Some(format!("\n{}", scraped::summary(summary).join("\n"))),
        ScrapeEvent::Failed { .. } => None,
    }
}

fn page_line(page: &Scraped) -> String {
    let Scraped { url, result, took, attempts } = page;
    let (word, rest) = match result {
        ScrapeResult::Answered(Answer::Page(page)) => ("ok", scraped::page(page)),
        ScrapeResult::Answered(Answer::Refused(why)) => ("refused", why.clone()),
        ScrapeResult::Answered(Answer::Failed(why)) => ("failed", why.clone()),
        ScrapeResult::Crashed => ("crashed", format!("every one of {attempts} workers died of it")),
        ScrapeResult::Lost => ("lost", "its worker died of another page".to_owned()),
    };
    // One that nobody was given took no time.
    let took = if took.0 == 0 { "–".to_owned() } else { time(*took) };
    format!("{word:<9} {took:>9}  {}  {}", Outside(url), Outside(rest))
}

fn time(nanos: Nanos) -> String {
    format::time(nanos.0 as f64)
}

#[cfg(test)]
mod tests {
    use protocol::scrape::Page;

    use super::*;

    #[test]
    fn addresses_are_of_the_web() {
        assert_eq!(trouble("https://a.test/"), None);
        assert!(trouble("file:///etc/passwd").is_some_and(|why| why.contains("http://")));
        assert!(trouble(&format!("http://a.test/{}", "x".repeat(3000))).is_some());
    }

    #[test]
    fn every_end_of_a_page_has_a_word() {
        let line = |result| {
            page_line(&Scraped {
                url: "http://a/".into(),
                result,
                took: Nanos(2_000_000),
                attempts: 2,
            })
        };
        assert!(line(ScrapeResult::Crashed).starts_with("crashed"));
        assert!(line(ScrapeResult::Lost).contains("its worker died of another page"));
        let page = Page { title: Some("T".into()), charset: "UTF-8".into(), ..Page::default() };
        let line = line(ScrapeResult::Answered(Answer::Page(Box::new(page))));
        assert!(line.contains("“T”: 0 words, 0 headings, 0 links"), "{line}");
    }

    #[test]
    fn what_a_page_or_its_end_says_is_on_its_line() {
        let hostile = || "\u{1b}]0;x\u{7}\r\nok  \u{9b}31m\u{202e}\u{2028}".to_owned();
        let page = Page { title: Some(hostile()), charset: hostile(), ..Page::default() };
        for result in [
            ScrapeResult::Answered(Answer::Page(Box::new(page))),
            ScrapeResult::Answered(Answer::Refused(hostile())),
            ScrapeResult::Answered(Answer::Failed(hostile())),
        ] {
            let line = page_line(&Scraped { url: hostile(), result, took: Nanos(1), attempts: 1 });
            assert!(!line.contains(texts::outside::is_obeyed), "{line:?}");
        }
        for event in [
            ScrapeEvent::Crashed { url: hostile(), attempt: 0, how: hostile() },
            ScrapeEvent::Crashed { url: hostile(), attempt: 1, how: hostile() },
        ] {
            let line = told(&event).unwrap();
            assert!(!line.contains(texts::outside::is_obeyed), "{line:?}");
        }
    }
}
