//! The report: everything that one run of experiments produced, as a file that stays readable.
//!
//! Its JSON Schema is `docs/report.schema.json`. The version is a whole number: what an older version
//! wrote is upgraded when it is read, what a newer one wrote is refused.

pub mod bounds;
mod figure;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use texts::outside;

use crate::trace::{Recording, RecordingError};
use crate::{LaneId, Stage};
pub use figure::{Crossing, Measured, Unit};

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
    /// What lanes did in scenarios that were recorded, each in a run of its own: none of the figures is from
    /// there.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub trace: Vec<Recording>,
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Param {
    /// A size or a count.
    Number(u64),
    /// A name.
    Text(String),
}

impl Param {
    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    /// The name, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) => None,
        }
    }
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
    /// A recording cannot be drawn.
    #[error("this report is damaged: the recording of {scenario} on {lane}: {why}")]
    Recording {
        /// The scenario's name.
        scenario: String,
        /// The lane's.
        lane: LaneId,
        /// What is wrong with it.
        why: RecordingError,
    },
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
        let report: Self = if version == REPORT_VERSION {
            serde_json::from_str(text)?
        } else {
            serde_json::from_value(upgrade(version, serde_json::from_str(text)?))?
        };
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
        for recording in &report.trace {
            recording.check().map_err(|why| ReportError::Recording {
                scenario: recording.scenario.clone(),
                lane: recording.lane.clone(),
                why,
            })?;
        }
        Ok(report)
    }

    /// Whether something was tried and went wrong.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.results.iter().any(|row| matches!(row.outcome, RowOutcome::Failed { .. }))
    }

    /// The report without its samples and recordings: a summary.
    #[must_use]
    pub fn without_samples(&self) -> Self {
        let mut summary = Self { trace: Vec::new(), ..self.clone() };
        for row in &mut summary.results {
            if let RowOutcome::Measured(measured) = &mut row.outcome {
                (measured.samples, measured.blocks) = (Vec::new(), Vec::new());
            }
        }
        summary
    }

    /// The report as text, with a line per value where people may look, and nothing in it that a terminal would obey.
    ///
    /// # Errors
    /// If a figure is not finite, which JSON cannot say.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let text = serde_json::to_string_pretty(self)?;
        Ok(outside::json(&text).into_owned() + "\n")
    }
}

impl ReportRow {
    /// Its figure, if it was measured.
    #[must_use]
    pub fn measured(&self) -> Option<&Measured> {
        match &self.outcome {
            RowOutcome::Measured(measured) => Some(measured),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn measured_mut(&mut self) -> Option<&mut Measured> {
        match &mut self.outcome {
            RowOutcome::Measured(measured) => Some(measured),
            _ => None,
        }
    }

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
mod tests;
