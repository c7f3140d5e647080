//! Messages between the page and its desk: a worker that reads reports and writes them in other forms.

use serde::{Deserialize, Serialize};

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
}

impl Form {
    /// How such a file's name ends.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "md",
        }
    }
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
    /// The report in another form.
    Written(String),
    /// Why that was not done.
    Refused(String),
}
