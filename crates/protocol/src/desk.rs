//! Messages between the page and its desk: a worker that reads reports and writes them in other forms.

use serde::{Deserialize, Serialize};

use crate::LaneId;
use crate::report::Report;
use crate::study::Standing;

/// No report is longer: a million samples are a tenth of it.
pub const MAX_REPORT_BYTES: u64 = 256 << 20;

/// From the page; each is answered once, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToDesk {
    /// Read this.
    Open(String),
    /// Read this summary, as [`Form::Link`] writes it.
    OpenLink(String),
    /// Hold its rows against a lane's.
    Stand {
        /// All of it.
        report: Box<Report>,
        /// The lane.
        against: LaneId,
    },
    /// Say what changed from one to the other.
    Compare {
        /// The first.
        first: Box<Report>,
        /// The second.
        second: Box<Report>,
    },
    /// Write this report.
    Write {
        /// All of it.
        report: Box<Report>,
        /// How.
        form: Form,
    },
}

/// What a report can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Itself, to be opened again.
    Json,
    /// A line per sample.
    Csv,
    /// A table.
    Markdown,
    /// A summary in the letters of an address: without samples and recordings, figures with six digits.
    Link,
}

impl Form {
    /// How such a file's name ends.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Link => "txt",
        }
    }
}

/// How many times as much a row of a second report is as the same row of the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The row, by its place in the first.
    pub row: u32,
    /// The row, by its place in the second.
    pub other: u32,
    /// The second's over the first's.
    pub ratio: f64,
    /// The ratio's 95% interval.
    pub ci95: [f64; 2],
    /// What that means.
    pub verdict: Changed,
}

/// What a change means, for all rows together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The second is less.
    Less,
    /// It is more.
    More,
    /// It is the same.
    Equivalent,
    /// The samples do not say.
    TooCloseToCall,
}

/// From the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromDesk {
    /// It listens.
    Loaded,
    /// A report of this version, checked.
    Opened {
        /// All of it.
        report: Box<Report>,
        /// How its rows stand to each other.
        standings: Vec<Standing>,
    },
    /// How the rows stand to the lane's.
    Stood(Vec<Standing>),
    /// What changed.
    Compared(Vec<Change>),
    /// The report in another form.
    Written(String),
    /// Why that was not done.
    Refused(String),
}
