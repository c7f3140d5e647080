//! Scraping: what a child is asked, what it answers, and what whoever waits for the run is told.

use serde::{Deserialize, Serialize};

use crate::{LaneId, Nanos};

/// The most pages of one run that a page of the browser may ask for.
pub const MAX_PAGES: usize = 200;
/// The most children or threads.
pub const MAX_SCRAPERS: u32 = 16;
/// The longest address, in bytes.
pub const MAX_ADDRESS: usize = 2000;
/// The most headings, and the most links, that an answer names.
pub const MAX_NAMED: usize = 100;

/// A page that a child is to fetch and look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Comes back with the answer.
    pub number: u32,
    /// Where it is.
    pub url: String,
    /// Where the child may go for it.
    pub reach: Reach,
    /// Whether a site's robots.txt is obeyed.
    pub robots: bool,
    /// How long it may take, in seconds, redirects included.
    pub seconds: u32,
    /// How many bytes of HTML it may have, uncompressed.
    pub bytes: u64,
}

/// Where a child may go: for every address that it connects to, those of redirects included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// To this site alone: its origin, such as `http://127.0.0.1:4000`.
    Site(String),
    /// To public addresses alone, judged after names were resolved.
    Public,
    /// Anywhere.
    Anywhere,
}

/// What a child answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// As in [`Ask`].
    pub number: u32,
    /// What came of it.
    pub answer: Answer,
}

/// What came of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was fetched and looked at.
    Page(Box<Page>),
    /// It was not fetched, because somebody does not want it: robots.txt, or whoever said how far to go.
    Refused(String),
    /// It could not be fetched, or is no page.
    Failed(String),
}

/// What was found on a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Where it was in the end.
    pub url: String,
    /// How often one was sent elsewhere.
    pub redirects: u32,
    /// The encoding of its text, as the Encoding Standard calls it.
    pub charset: String,
    /// Bytes of HTML, uncompressed.
    pub html_bytes: u64,
    /// Its title.
    pub title: Option<String>,
    /// What it says of itself in a `meta` element.
    pub description: Option<String>,
    /// Its headings in their order, [`MAX_NAMED`] at most.
    pub headings: Vec<Heading>,
    /// Where its links lead, each once, [`MAX_NAMED`] at most.
    pub links: Vec<String>,
    /// How many different ones there are.
    pub link_count: u64,
    /// Of what a reader sees.
    pub text: TextStatistics,
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// What it says.
    pub text: String,
}

/// Of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextStatistics {
    /// Words, between white space.
    pub words: u64,
    /// Characters, white space not counted.
    pub characters: u64,
    /// The longest word's.
    pub longest_word: u64,
}

/// What the other side of the frames is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Child {
    /// The runner's own.
    Rust,
    /// Node, with npm's htmlparser2.
    Node,
    /// Python, with its own library alone.
    Python,
}

impl Child {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Node, Self::Python];

    /// As on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Node => "node",
            Self::Python => "python",
        }
    }
}

/// What a run is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScrapeWish {
    /// Whose workers do it: `native.thread`, `process.pipe` or `process.socket`.
    pub lane: LaneId,
    /// What they are.
    pub child: Child,
    /// How many, 1 to [`MAX_SCRAPERS`].
    pub workers: u32,
    /// Which pages; none for all of the built-in site.
    pub urls: Vec<String>,
}

/// How a run goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScrapeEvent {
    /// All workers have answered.
    Begun {
        /// Pages to come.
        pages: u32,
        /// From asking for the workers to the last one's first answer.
        startup: Nanos,
    },
    /// A page is over.
    Page(Scraped),
    /// A worker died, or was ended because it was silent; whether the page is tried once more follows from the
    /// attempt.
    Crashed {
        /// The page that it was at, or several; none if it was at none.
        url: String,
        /// Which attempt this was, from 1 on; 0 if it was at none.
        attempt: u32,
        /// How it ended, and what it said.
        how: String,
    },
    /// A worker was replaced because it had grown.
    Outgrown {
        /// Bytes of memory that it had.
        bytes: u64,
    },
    /// The last event, if nothing kept the run from being made.
    Ended(ScrapeSummary),
    /// The last event otherwise.
    Failed {
        /// Why.
        error: String,
        /// Whether it cannot be done here at all.
        unavailable: bool,
    },
}

impl ScrapeEvent {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Failed { .. })
    }
}

/// A page that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scraped {
    /// As it was asked for.
    pub url: String,
    /// What came of it.
    pub result: ScrapeResult,
    /// From its being given to a worker, for the last time, to the answer.
    pub took: Nanos,
    /// How often it was tried.
    pub attempts: u32,
}

/// What came of a page, seen from outside its worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScrapeResult {
    /// The worker's answer.
    Answered(Answer),
    /// Every worker that tried it died.
    Crashed,
    /// Whoever ran the workers died of another page.
    Lost,
}

/// A run that is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrapeSummary {
    /// Pages that were fetched and looked at.
    pub pages: u32,
    /// Pages that were refused, or could not be fetched.
    pub not_fetched: u32,
    /// Pages on which every worker died.
    pub crashed: u32,
    /// Pages that went with another page's worker.
    pub lost: u32,
    /// Workers that died.
    pub deaths: u32,
    /// From the first page to the last.
    pub took: Nanos,
    /// Bytes of memory (PSS) of all workers when they had started.
    pub memory_before: u64,
    /// The most that they had after a page.
    pub memory_most: u64,
    /// What they have in the end.
    pub memory_after: u64,
    /// Whether somebody ended the run before its end.
    pub cancelled: bool,
}
