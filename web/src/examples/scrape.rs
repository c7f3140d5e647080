//! Pages, read by workers that may die of them.

use leptos::prelude::*;
use protocol::LaneId;
use protocol::scrape::{Child, MAX_PAGES, ScrapeEvent, ScrapeSummary, ScrapeWish, Scraped};
use texts::tr;

use super::{AWAY, Example, Examples};
use crate::environment;

/// What the visitor has chosen, and what came of it.
#[derive(Clone, Copy)]
pub(crate) struct ScrapeExample {
    pub(crate) lane: RwSignal<LaneId>,
    pub(crate) child: RwSignal<Child>,
    pub(crate) workers: RwSignal<u32>,
    /// Addresses, one a line; none for the built-in site.
    pub(crate) addresses: RwSignal<String>,
    pub(crate) status: RwSignal<String>,
    pub(crate) trouble: RwSignal<Option<String>>,
    /// Pages to come.
    pub(crate) pages: RwSignal<u32>,
    pub(crate) rows: RwSignal<Vec<ScrapeRow>>,
    pub(crate) summary: RwSignal<Option<ScrapeSummary>>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ScrapeRow {
    Page(Box<Scraped>),
    /// A worker died: at which page, for the how manieth time, and how.
    Died {
        url: String,
        attempt: u32,
        how: String,
    },
    /// A worker was replaced because it had grown to so many bytes.
    Outgrown(u64),
}

impl ScrapeExample {
    pub(super) fn new() -> Self {
        Self {
            lane: RwSignal::new(LaneId::PROCESS_SOCKET),
            child: RwSignal::new(Child::Rust),
            workers: RwSignal::new(environment::cores().clamp(1, 8)),
            addresses: RwSignal::new(String::new()),
            status: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
            pages: RwSignal::new(0),
            rows: RwSignal::new(Vec::new()),
            summary: RwSignal::new(None),
        }
    }

    fn wish(&self) -> Result<ScrapeWish, String> {
        let urls: Vec<String> =
            self.addresses.get_untracked().split_whitespace().map(str::to_owned).collect();
        if urls.len() > MAX_PAGES {
            return Err(tr!("{} addresses: {} are the most", urls.len(), MAX_PAGES));
        }
        if let Some(other) =
            urls.iter().find(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            return Err(tr!("{}: an address begins with http:// or https://", other));
        }
        let (lane, child, workers) =
            (self.lane.get_untracked(), self.child.get_untracked(), self.workers.get_untracked());
        Ok(ScrapeWish { lane, child, workers, urls })
    }

    fn take(&self, event: ScrapeEvent) {
        let push = |row| self.rows.update(|rows| rows.push(row));
        match event {
            // What was found before stays until there is something else.
            ScrapeEvent::Begun { pages, .. } => {
                self.rows.set(Vec::new());
                self.summary.set(None);
                self.pages.set(pages);
            }
            ScrapeEvent::Page(page) => push(ScrapeRow::Page(Box::new(page))),
            ScrapeEvent::Crashed { url, attempt, how } => {
                push(ScrapeRow::Died { url, attempt, how });
            }
            ScrapeEvent::Outgrown { bytes } => push(ScrapeRow::Outgrown(bytes)),
            ScrapeEvent::Ended(summary) => {
                self.status.set(
                    if summary.cancelled { tr!("Cancelled.") } else { tr!("The pages are read.") }
                        .into(),
                );
                self.summary.set(Some(summary));
            }
            ScrapeEvent::Failed { error, .. } => {
                self.status.set(String::new());
                self.trouble.set(Some(error));
            }
        }
    }
}

impl Examples {
    /// Scrapes the pages that were chosen.
    pub(crate) fn read_pages(self) {
        self.alone(Example::Scrape, move |cancelled| async move {
            let scrape = self.scrape;
            scrape.trouble.set(None);
            let link = self.comparison.link.get_value().ok_or_else(|| AWAY.to_owned());
            match link.and_then(|link| Ok((link, scrape.wish()?))) {
                Ok((link, wish)) => {
                    scrape.status.set(tr!("Reading pages…").into());
                    link.scrape(wish, cancelled, |event| scrape.take(event)).await;
                }
                Err(why) => scrape.trouble.set(Some(why)),
            }
        });
    }
}
