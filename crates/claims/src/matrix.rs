//! Who dies of which crash, on every lane: the crash experiment at a glance.

use std::collections::{BTreeMap, BTreeSet};

use lab::experiments::crash::TRIALS;
use protocol::LaneId;
use protocol::report::{Measured, Report, ReportRow, RowOutcome};
use protocol::trial::{Fact, Facts};
use texts::tr;

/// What a crash did on a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its kind.
    pub kind: &'static str,
    /// Where.
    pub lane: LaneId,
    /// Who died, most of the times.
    pub died: Died,
    /// Whether anybody was told.
    pub was_told: bool,
    /// How it was told and what was said, in the platform's words; or why there is nothing.
    pub words: String,
    /// The time to detect it, that until a replacement answered, in nanoseconds; and bytes lost.
    pub figures: [Option<f64>; 3],
}

/// Who died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Died {
    /// Nobody did.
    Nobody,
    /// The worker alone.
    Worker,
    /// Its caller, too.
    Caller,
    /// It means nothing there, or was not measured.
    Unknown,
}

impl Died {
    /// As reports have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Worker => "worker",
            Self::Caller => "caller",
            Self::Unknown => "–",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Nobody => tr!("nobody"),
            Self::Worker => tr!("worker"),
            Self::Caller => tr!("caller, too"),
            Self::Unknown => self.name(),
        }
    }

    pub(crate) fn of(facts: &Facts) -> Self {
        match facts.get("died") {
            Some(Fact::Text(died)) if died == "nobody" => Self::Nobody,
            Some(Fact::Text(died)) if died == "worker" => Self::Worker,
            Some(Fact::Text(died)) if died == "caller" => Self::Caller,
            _ => Self::Unknown,
        }
    }
}

/// The lanes of a report that were asked to crash and did, in its order.
#[must_use]
pub fn lanes(report: &Report) -> Vec<LaneId> {
    let crashed = |row: &&ReportRow| row.experiment == "crash" && measured(Some(row)).is_some();
    let mut known = BTreeSet::new();
    let rows = report.results.iter().filter(crashed);
    rows.map(|row| &row.lane).filter(|lane| known.insert(*lane)).cloned().collect()
}

/// The rows of the experiment by what they are about; of several alike, the first.
type Crashes<'a> = BTreeMap<(&'a LaneId, Option<&'a str>, Option<&'a str>), &'a ReportRow>;

/// A row per kind: its name, what is done, and a cell per lane of [`lanes`].
#[must_use]
pub fn rows(report: &Report) -> Vec<(&'static str, &'static str, Vec<Cell>)> {
    let lanes = lanes(report);
    let mut crashes = Crashes::new();
    for row in report.results.iter().filter(|row| row.experiment == "crash") {
        // What is said by a number is said of nothing.
        let text = |name| row.params.get(name).map(|it| it.as_text().unwrap_or_default());
        crashes.entry((&row.lane, text("kind"), text("metric"))).or_insert(row);
    }
    let cells = |kind| lanes.iter().map(|lane| cell(&crashes, kind, lane)).collect();
    TRIALS.iter().map(|trial| (trial.name, trial.about, cells(trial.name))).collect()
}

fn cell(crashes: &Crashes<'_>, kind: &'static str, lane: &LaneId) -> Cell {
    let row = |metric: Option<&str>| crashes.get(&(lane, Some(kind), metric)).copied();
    let median = |metric| measured(row(metric)).map(|measured| measured.median);
    let nothing = |words: &str| Cell {
        kind,
        lane: lane.clone(),
        died: Died::Unknown,
        was_told: false,
        words: words.to_owned(),
        figures: [None; 3],
    };
    match row(None).map(|row| &row.outcome) {
        None => nothing("not measured"),
        Some(RowOutcome::Unavailable { reason }) => nothing(reason),
        Some(RowOutcome::Failed { error, .. }) => nothing(&format!("failed: {error}")),
        Some(RowOutcome::Measured(found)) => {
            let Some(sighting) = found.seen.first() else { return nothing("not measured") };
            let facts = &sighting.facts;
            let said = |name: &str| facts.get(name).map(ToString::to_string);
            let otherwise = found.seen.len() > 1;
            let words = [
                said("lock").map(|it| format!("the lock is {it}")),
                said("how"),
                said("said"),
                otherwise.then(|| "not the same each time".to_owned()),
            ];
            Cell {
                kind,
                lane: lane.clone(),
                died: Died::of(facts),
                was_told: said("told_by").is_none_or(|by| by != "nobody"),
                words: words.into_iter().flatten().collect::<Vec<_>>().join("; "),
                figures: [Some(found.median), median(Some("replaced")), median(Some("bytes_lost"))],
            }
        }
    }
}

fn measured(row: Option<&ReportRow>) -> Option<&Measured> {
    match &row?.outcome {
        RowOutcome::Measured(measured) => Some(measured),
        _ => None,
    }
}
