//! The report: everything that one run of experiments produced, as a file that stays readable.
//!
//! Its JSON Schema is `docs/report.schema.json`. The version is a whole number: what an older version
//! wrote is upgraded when it is read, what a newer one wrote is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::trial::Sighting;
use crate::{LaneId, Stage};

/// The version that is written.
pub const REPORT_VERSION: u32 = 1;

/// Everything that one run produced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// [`REPORT_VERSION`] of whoever wrote it.
    pub version: u32,
    /// The machine that the figures come from.
    pub machine: ReportMachine,
    /// How they were taken.
    pub run: Run,
    /// One row per experiment, lane and params, never two.
    pub results: Vec<ReportRow>,
}

/// The machine that the figures come from. What could not be found out is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportMachine {
    /// The processor's own name for itself, or the architecture.
    pub cpu: String,
    /// Logical processors that the run may use.
    pub cores: u32,
    /// Operating system and kernel release.
    pub system: String,
    /// How the kernel chooses clock rates.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub governor: Option<String>,
    /// The runner's version.
    pub runner: String,
    /// The compiler that built it.
    pub rustc: String,
    /// What guarded child processes: mechanisms by name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub guards: Vec<String>,
    /// What kept together the processes that other programs started.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keeper: Option<String>,
    /// The Node whose lanes ran.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node: Option<String>,
    /// The browser whose lanes ran.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub browser: Option<Browser>,
}

/// A browser, as it shows itself to a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Browser {
    /// Its own name for itself.
    pub name: String,
    /// Processors that it admits to; some admit to fewer than there are.
    pub cores: u32,
    /// Whether its page is cross-origin isolated: shares memory, and has the finer clock.
    pub isolated: bool,
    /// The clock of its workers.
    pub clock: Clock,
    /// How its clock stands to the runner's, where a runner led.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relation: Option<Relation>,
}

/// How one clock stands to another, from exchanges of messages. In nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Relation {
    /// What is to be added to the other clock's time.
    pub offset: f64,
    /// How far off that may be: half of the quickest exchange.
    pub error: f64,
    /// How much the offset moved from the first to the last exchange of the run, beyond what the errors
    /// explain.
    pub drift: f64,
}

/// How the figures were taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Run {
    /// The command line, program name included.
    pub command: Vec<String>,
    /// The revision of the source that the runner was built from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
    /// When it began, in seconds since 1970 (UTC).
    pub started: u64,
    /// What the order of the lanes was drawn from.
    pub seed: u64,
    /// Blocks that were wanted at the most: in each, every lane has its turns at everything once.
    pub blocks: u32,
    /// Blocks that were finished: fewer, if the time of a quick run was over or the run was ended early.
    pub finished: u32,
    /// Where lanes ran: `unpinned`, or on which processors.
    pub placement: String,
    /// The clock's smallest step and what reading it costs.
    pub clock: Clock,
    /// The load average over one minute, before and after.
    pub load: [f64; 2],
    /// How often the system moved the calling thread to another processor, where it tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub migrations: Option<u64>,
    /// What whoever reads the figures should know.
    pub warnings: Vec<String>,
}

/// What the clock can do, measured before anything else. In nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Clock {
    /// The smallest step that was seen.
    pub tick: f64,
    /// What one reading takes.
    pub overhead: f64,
}

/// What an experiment gave on a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportRow {
    /// The experiment's name.
    pub experiment: String,
    /// The lane's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub lane: LaneId,
    /// What tells this row from others of the same experiment and lane.
    pub params: Params,
    /// What came of it.
    pub outcome: RowOutcome,
}

/// Parameters by name, in alphabetical order.
pub type Params = BTreeMap<String, Param>;

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Param {
    /// A size or a count.
    Number(u64),
    /// A name.
    Text(String),
}

impl From<u64> for Param {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Param {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => out.write_str(text),
        }
    }
}

/// What came of an experiment on a lane: never a default, a zero or a missing row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// It was measured.
    Measured(Measured),
    /// It cannot be measured here.
    Unavailable {
        /// One sentence: what is missing, and how to get it.
        reason: String,
    },
    /// It was tried and went wrong.
    Failed {
        /// Where.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        stage: Stage,
        /// Why.
        error: String,
    },
}

/// A figure with its spread and every sample behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Measured {
    /// Of everything below.
    pub unit: Unit,
    /// The median over blocks of the blocks' medians.
    pub median: f64,
    /// Its 95% interval, by a hierarchical bootstrap.
    pub ci95: [f64; 2],
    /// How the payload of one operation got across, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crossing: Option<Crossing>,
    /// How many samples there are.
    pub n: u32,
    /// All of them, in the order in which they were taken. None was dropped.
    pub samples: Vec<f64>,
    /// The block of each sample.
    pub blocks: Vec<u32>,
    /// Of a trial: what was seen, the most frequent first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub seen: Vec<Sighting>,
}

impl Measured {
    /// Whether its samples are as many as it says, each in a block; or all left out, as in a summary.
    fn adds_up(&self) -> bool {
        let (samples, blocks) = (self.samples.len(), self.blocks.len());
        samples == blocks && (samples == 0 || samples == self.n as usize)
    }

    /// The samples, block by block.
    #[must_use]
    pub fn by_block(&self) -> Vec<Vec<f64>> {
        let mut all: Vec<(u32, Vec<f64>)> = Vec::new();
        for (block, sample) in self.blocks.iter().zip(&self.samples) {
            match all.last_mut() {
                Some((last, samples)) if last == block => samples.push(*sample),
                _ => all.push((*block, vec![*sample])),
            }
        }
        all.into_iter().map(|(_, samples)| samples).collect()
    }
}

/// How the payload of one operation got from the caller to its workers and back, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Crossing {
    /// As copies, each counted once per crossing however often the mechanism copies it on the way.
    pub copied: u64,
    /// In memory that both sides see.
    pub shared: u64,
    /// In memory that changed its owner.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub moved: u64,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde wants it so; not every target counts it as small"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Unit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// Tasks per second.
    #[serde(rename = "tasks/s")]
    TasksPerSecond,
    /// A part of one, or several times it.
    #[serde(rename = "ratio")]
    Ratio,
}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
            Self::TasksPerSecond => "tasks/s",
            Self::Ratio => "ratio",
        })
    }
}

/// Why text is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is no JSON, or not what a report says.
    #[error("this is no report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// No program wrote it.
    #[error("this report has version 0, which never was")]
    Zero,
    /// A newer program wrote it.
    #[error(
        "this report has version {found}, and this program reads up to {REPORT_VERSION}: use a newer one"
    )]
    Newer {
        /// Its version.
        found: u32,
    },
    /// Two rows say the same.
    #[error("this report has two rows for {0}")]
    Twice(String),
    /// A row's samples are not as many as it says, or not each in a block.
    #[error("this report is damaged: the samples do not add up of {0}")]
    Samples(String),
}

impl Report {
    /// Reads a report of this or an older version.
    ///
    /// # Errors
    /// If it is none, is newer, has a row twice, or a row whose samples do not add up.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_str(text)?;
        if version == 0 {
            return Err(ReportError::Zero);
        }
        if version > REPORT_VERSION {
            return Err(ReportError::Newer { found: version });
        }
        let report: Self = serde_json::from_value(upgrade(version, serde_json::from_str(text)?))?;
        let mut seen = BTreeSet::new();
        for row in &report.results {
            if !seen.insert((&row.experiment, &row.lane, &row.params)) {
                return Err(ReportError::Twice(row.name()));
            }
            if let RowOutcome::Measured(measured) = &row.outcome
                && !measured.adds_up()
            {
                return Err(ReportError::Samples(row.name()));
            }
        }
        Ok(report)
    }

    /// The report as text, with a line per value where people may look.
    ///
    /// # Errors
    /// If a figure is not finite, which JSON cannot say.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

impl ReportRow {
    /// Experiment, lane and params in words: `echo on process.socket, bytes 64, metric round_trip`.
    #[must_use]
    pub fn name(&self) -> String {
        let params = self.params.iter().map(|(name, value)| format!(", {name} {value}"));
        format!("{} on {}{}", self.experiment, self.lane, params.collect::<String>())
    }
}

/// What brings a report of each older version to the next: one step per version, or this does not compile.
const UPGRADES: [fn(Value) -> Value; REPORT_VERSION as usize - 1] = [];

fn upgrade(version: u32, report: Value) -> Value {
    UPGRADES[version as usize - 1..].iter().fold(report, |report, step| step(report))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_report() -> Report {
        let row = |metric: &str, outcome| ReportRow {
            experiment: "echo".into(),
            lane: LaneId::PROCESS_SOCKET,
            params: Params::from([
                ("bytes".into(), Param::from(65536)),
                ("metric".into(), Param::from(metric)),
            ]),
            outcome,
        };
        let measured = Measured {
            unit: Unit::Nanoseconds,
            median: 41250.0,
            ci95: [40100.0, 42800.0],
            crossing: Some(Crossing { copied: 131_072, ..Crossing::default() }),
            n: 3,
            samples: vec![40100.0, 41250.0, 42800.0],
            blocks: vec![0, 1, 2],
            seen: Vec::new(),
        };
        let reason = "node is not installed".to_owned();
        Report {
            version: REPORT_VERSION,
            machine: ReportMachine { cpu: "a processor".into(), cores: 2, ..Default::default() },
            run: Run { command: vec!["breakeven".into(), "run".into()], ..Default::default() },
            results: vec![
                row("round_trip", RowOutcome::Measured(measured)),
                row("one_way", RowOutcome::Unavailable { reason }),
                row("other", RowOutcome::Failed { stage: Stage::Spawn, error: "no fork".into() }),
            ],
        }
    }

    #[test]
    fn a_report_survives_its_file() {
        let report = a_report();
        assert_eq!(Report::parse(&report.to_json().unwrap()).unwrap(), report);
    }

    #[test]
    fn rows_have_the_published_form() {
        let rows = serde_json::to_value(a_report().results).unwrap();
        assert_eq!(
            rows[0],
            serde_json::json!({
                "experiment": "echo", "lane": "process.socket",
                "params": {"bytes": 65536, "metric": "round_trip"},
                "outcome": {"measured": {
                    "unit": "ns", "median": 41250.0, "ci95": [40100.0, 42800.0],
                    "crossing": {"copied": 131_072, "shared": 0}, "n": 3,
                    "samples": [40100.0, 41250.0, 42800.0], "blocks": [0, 1, 2],
                }},
            })
        );
        let unavailable = serde_json::json!({"unavailable": {"reason": "node is not installed"}});
        assert_eq!(rows[1]["outcome"], unavailable);
        let failed = serde_json::json!({"failed": {"stage": "spawn", "error": "no fork"}});
        assert_eq!(rows[2]["outcome"], failed);
    }

    #[test]
    fn what_is_no_report_is_refused_in_words() {
        let mut twice = a_report();
        twice.results.push(twice.results[0].clone());
        let mut uneven = a_report();
        let RowOutcome::Measured(measured) = &mut uneven.results[0].outcome else { unreachable!() };
        measured.blocks.pop();
        for (text, says) in [
            (String::new(), "this is no report: EOF"),
            ("{}".into(), "this is no report: missing field `version`"),
            (r#"{"version":0}"#.into(), "this report has version 0, which never was"),
            (r#"{"version":1}"#.into(), "this is no report: missing field `machine`"),
            (r#"{"version":2,"strange":[]}"#.into(), "this report has version 2, and this program"),
            (
                uneven.to_json().unwrap(),
                "this report is damaged: the samples do not add up of echo on process.socket",
            ),
            (
                twice.to_json().unwrap(),
                "this report has two rows for echo on process.socket, bytes 65536, metric round_trip",
            ),
        ] {
            let why = Report::parse(&text).unwrap_err().to_string();
            assert!(why.starts_with(says), "{why}");
        }
    }
}
