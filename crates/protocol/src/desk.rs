//! Messages between the page and its desk: a worker that reads reports and writes them in other forms.

use serde::{Deserialize, Serialize};

use crate::LaneId;
use crate::report::{Report, ReportRow};
use crate::study::Standing;
use crate::trace::{Event, Recording};

/// No report is longer: half a million samples are a third of it.
pub const MAX_REPORT_BYTES: u64 = 128 << 20;

/// No link has more letters: a `--full` run's has a quarter of them.
pub const MAX_LINK_LETTERS: usize = 512 << 10;

/// A report, as the desk is given it. A `File` is a `Blob`, which the desk reads, so that a long one costs the page
/// nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source<File> {
    /// As a file.
    File(File),
    /// A summary in the letters of an address, as [`Form::Link`] writes it.
    Link(String),
    /// What the page itself has found.
    Here(Box<Report>),
}

/// From the page. What it asks for is answered once, in order, and part by part: see [`ToDesk::Next`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToDesk<File> {
    /// Read this, and hold its rows against each other.
    Open(Source<File>),
    /// Hold its rows against a lane's.
    Stand {
        /// All of it.
        report: Source<File>,
        /// The lane.
        against: LaneId,
    },
    /// Say what changed from one to the other.
    Compare {
        /// The first.
        first: Source<File>,
        /// The second.
        second: Source<File>,
    },
    /// Write this report.
    Write {
        /// All of it.
        report: Source<File>,
        /// How.
        form: Form,
    },
    /// The next part of the answer: the page asks for each, so that it can do something else in between.
    Next,
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

    /// The media type of such a file.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Markdown => "text/markdown",
            Self::Link => "text/plain",
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
pub enum FromDesk<File> {
    /// It listens.
    Loaded,
    /// A part of the answer.
    Part {
        /// What.
        part: Part<File>,
        /// How many there are after it.
        left: u32,
    },
    /// Why there is no answer.
    Refused(String),
}

/// A part of an answer, which takes the page a few milliseconds to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part<File> {
    /// A report of this version, checked, without its rows and recordings: they come after it.
    Report(Box<Report>),
    /// Its next rows; those of long ones come without their samples.
    Rows(Vec<ReportRow>),
    /// The next samples of a row that is there already.
    Samples {
        /// The row, by its place.
        row: u32,
        /// Samples.
        samples: Vec<f64>,
        /// The block of each.
        blocks: Vec<u32>,
    },
    /// Its next recording; a long one comes without its events.
    Recording(Box<Recording>),
    /// The next events of the last recording.
    Events(Vec<Event>),
    /// How rows stand to each other.
    Standings(Vec<Standing>),
    /// What changed.
    Changes(Vec<Change>),
    /// The letters of an address.
    Letters(String),
    /// The report in another form.
    File(File),
}

/// Values of a part: some milliseconds of the page's time.
const VALUES: usize = 4000;
/// Values that a row has besides samples and facts, about.
const OF_ROW: usize = 30;
/// Values of an event.
const OF_EVENT: usize = 8;
/// Values of a standing or a change.
const OF_STANDING: usize = 6;

/// A report in parts, in the order in which [`Gathered`] takes them.
#[must_use]
pub fn parts<File>(mut report: Report) -> Vec<Part<File>> {
    let (rows, recordings) =
        (std::mem::take(&mut report.results), std::mem::take(&mut report.trace));
    let mut all = vec![Part::Report(Box::new(report))];
    let mut long = Vec::new();
    let rows = rows.into_iter().enumerate().map(|(at, mut row)| {
        let samples = row.measured_mut().filter(|it| it.samples.len() * 2 > VALUES);
        long.extend(samples.map(|it| {
            (at as u32, std::mem::take(&mut it.samples), std::mem::take(&mut it.blocks))
        }));
        row
    });
    let weight = |row: &ReportRow| {
        let facts = |it: &crate::trial::Sighting| it.facts.len() + 1;
        row.measured().map_or(OF_ROW, |it| {
            OF_ROW + 2 * it.samples.len() + it.seen.iter().map(facts).sum::<usize>()
        })
    };
    all.extend(batches(rows, weight).into_iter().map(Part::Rows));
    for (row, samples, blocks) in long {
        let pairs = samples.chunks(VALUES / 2).zip(blocks.chunks(VALUES / 2));
        all.extend(pairs.map(|(samples, blocks)| Part::Samples {
            row,
            samples: samples.to_vec(),
            blocks: blocks.to_vec(),
        }));
    }
    for mut recording in recordings {
        let events = std::mem::take(&mut recording.events);
        all.push(Part::Recording(Box::new(recording)));
        all.extend(batches(events.into_iter(), |_| OF_EVENT).into_iter().map(Part::Events));
    }
    all
}

/// How rows stand, in parts.
#[must_use]
pub fn standings<File>(all: Vec<Standing>) -> Vec<Part<File>> {
    batches(all.into_iter(), |_| OF_STANDING).into_iter().map(Part::Standings).collect()
}

/// What changed, in parts.
#[must_use]
pub fn changes<File>(all: Vec<Change>) -> Vec<Part<File>> {
    batches(all.into_iter(), |_| OF_STANDING).into_iter().map(Part::Changes).collect()
}

fn batches<T>(all: impl Iterator<Item = T>, weight: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut left = 0;
    for one in all {
        let weight = weight(&one);
        match batches.last_mut() {
            Some(batch) if weight <= left => {
                batch.push(one);
                left -= weight;
            }
            _ => {
                batches.push(vec![one]);
                left = VALUES.saturating_sub(weight);
            }
        }
    }
    batches
}

/// An answer, put together again.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered<File> {
    /// The report.
    pub report: Option<Report>,
    /// How rows stand, in the order of their places.
    pub standings: Vec<Standing>,
    /// What changed.
    pub changes: Vec<Change>,
    /// The letters of an address.
    pub letters: Option<String>,
    /// The report in another form.
    pub file: Option<File>,
}

impl<File> Default for Gathered<File> {
    fn default() -> Self {
        Self { report: None, standings: Vec::new(), changes: Vec::new(), letters: None, file: None }
    }
}

impl<File> Gathered<File> {
    /// Takes the next part. What belongs to nothing that is there counts for nothing.
    pub fn take(&mut self, part: Part<File>) {
        match (part, &mut self.report) {
            (Part::Report(report), it) => *it = Some(*report),
            (Part::Rows(rows), Some(report)) => report.results.extend(rows),
            (Part::Samples { row, samples, blocks }, Some(report)) => {
                let row = report.results.get_mut(row as usize);
                if let Some(measured) = row.and_then(ReportRow::measured_mut) {
                    measured.samples.extend(samples);
                    measured.blocks.extend(blocks);
                }
            }
            (Part::Recording(recording), Some(report)) => report.trace.push(*recording),
            (Part::Events(events), Some(report)) => {
                if let Some(recording) = report.trace.last_mut() {
                    recording.events.extend(events);
                }
            }
            (Part::Standings(standings), _) => self.standings.extend(standings),
            (Part::Changes(changes), _) => self.changes.extend(changes),
            (Part::Letters(letters), _) => self.letters = Some(letters),
            (Part::File(file), _) => self.file = Some(file),
            (_, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Measured, RowOutcome, Unit};

    fn golden() -> Report {
        Report::parse(include_str!("../../../native-runner/tests/golden/report-v1-trace.json"))
            .unwrap()
    }

    fn values(part: &Part<()>) -> usize {
        match part {
            Part::Rows(rows) => {
                let samples = rows.iter().filter_map(ReportRow::measured);
                samples.map(|it| it.samples.len() + it.blocks.len()).sum()
            }
            Part::Samples { samples, blocks, .. } => samples.len() + blocks.len(),
            Part::Events(events) => events.len() * OF_EVENT,
            _ => 0,
        }
    }

    #[test]
    fn a_report_s_parts_are_small_and_make_it_again() {
        let mut report = golden();
        let row = report.results[0].clone();
        for (at, n) in [3, 100_000, 4000, 2].into_iter().enumerate() {
            let outcome = RowOutcome::Measured(Measured {
                unit: Unit::Nanoseconds,
                median: 1.0,
                ci95: [1.0; 2],
                crossing: None,
                n,
                samples: (0..n).map(f64::from).collect(),
                blocks: (0..n).map(|it| it / 1000).collect(),
                seen: Vec::new(),
            });
            report.results.push(ReportRow {
                experiment: format!("made {at}"),
                outcome,
                ..row.clone()
            });
        }
        let events = report.trace[0].events.clone();
        report.trace[0].events = events.iter().cycle().take(50_000).cloned().collect();
        let parts = parts::<()>(report.clone());
        assert!(parts.len() > 100, "{} parts", parts.len());
        assert!(parts.iter().all(|part| values(part) <= VALUES));
        let mut gathered = Gathered::default();
        parts.into_iter().for_each(|part| gathered.take(part));
        assert!(gathered.report == Some(report));
    }

    #[test]
    fn parts_of_nothing_count_for_nothing() {
        let mut gathered = Gathered::<()>::default();
        gathered.take(Part::Rows(golden().results));
        gathered.take(Part::Samples { row: 7, samples: vec![1.0], blocks: vec![1] });
        gathered.take(Part::Events(Vec::new()));
        assert_eq!(gathered, Gathered::default());
    }
}
