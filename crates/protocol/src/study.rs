//! A study across a connection: whoever leads it orders turns, whoever has the lanes makes them and tells
//! what they gave.
//!
//! The runner leads where there is one; else the page has a worker of its own lead. Either way the page
//! has the browser's lanes.

use serde::{Deserialize, Serialize};

use crate::load::Load;
use crate::report::{Browser, Crossing, Params, Report, Unit};
use crate::trace::{Played, Recording};
use crate::trial::Facts;
use crate::{LaneId, LaneInfo, Nanos};

/// An operation on the wire: `lab::Op` with its workload by name. Bounds are checked on arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "lab::Op says what they are")]
pub enum WireOp {
    Startup,
    Echo { bytes: u64 },
    Compute { workload: String, pages: u32, workers: u32 },
    Memory,
    Dispatch { workers: u32 },
    Load(Load),
    Trial { experiment: String, name: String },
}

/// How much a lane takes pains over one operation in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Samples per block, at most.
    pub samples: u32,
    /// A sample is a batch at least this long, so that the clock's step does not show.
    pub sample_time: Nanos,
    /// No further sample is begun once an operation has taken so long; there is always one.
    pub turn_time: Nanos,
    /// Where it takes place.
    pub placement: Placement,
}

/// On which processors caller and workers run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Where the system puts them, as for everybody.
    #[default]
    Unpinned,
    /// The caller on one processor, all workers on another.
    Apart {
        /// The caller's.
        caller: u32,
        /// The workers'.
        workers: u32,
    },
}

impl std::fmt::Display for Placement {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unpinned => out.write_str("unpinned"),
            Self::Apart { caller, workers } => {
                write!(out, "caller on processor {caller}, workers on processor {workers}")
            }
        }
    }
}

/// Samples of one kind from one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Which row of the report they belong to.
    pub params: Params,
    /// What they count.
    pub unit: Unit,
    /// How the payload of one operation gets across, where there is one.
    pub crossing: Option<Crossing>,
    /// In the order in which they were taken, or one sentence that says why this cannot be measured here.
    pub samples: Result<Vec<f64>, String>,
    /// Of a trial: what was seen.
    pub seen: Option<Facts>,
}

/// What the page offers for a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// The browser's lanes.
    pub lanes: Vec<LaneInfo>,
    /// What the figures will come from.
    pub browser: Browser,
}

/// What a study is to be about: the default comparison, unless experiments are named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Names of experiments; none means the default comparison.
    pub experiments: Vec<String>,
    /// A workload to be run instead, as the decision guide proves itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// What is to be recorded once everything is measured; with neither experiments nor a proof that is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceWish>,
}

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceWish {
    /// Names of scenarios.
    pub scenarios: Vec<String>,
    /// On which lanes; none means all.
    pub lanes: Vec<LaneId>,
}

/// A workload, and who is to show what it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// What is done.
    pub load: Load,
    /// By these lanes.
    pub lanes: Vec<LaneId>,
}

/// To whoever has the lanes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Measure these operations, which take as many workers, with the same fresh ones. One turn at a time.
    Perform {
        /// Comes back with what it gives.
        turn: u32,
        /// On which lane.
        lane: LaneId,
        /// What, in this order.
        ops: Vec<WireOp>,
        /// How.
        effort: Effort,
    },
    /// Play a scenario with fresh workers, and record it. A turn like the others.
    Record {
        /// Comes back with the recording.
        turn: u32,
        /// On which lane.
        lane: LaneId,
        /// Its name.
        scenario: String,
    },
    /// Say what time it is, at once.
    Time {
        /// Comes back with the time.
        exchange: u32,
    },
}

/// From whoever has the lanes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// What the turn's next operation gave.
    Found {
        /// As in [`Order::Perform`].
        turn: u32,
        /// Its rows.
        series: Vec<Series>,
    },
    /// A scenario was played.
    Played {
        /// As in [`Order::Record`].
        turn: u32,
        /// What was noted, in nanoseconds since the page began.
        played: Box<Played>,
    },
    /// The turn is over, its workers are gone.
    Over {
        /// As in [`Order::Perform`].
        turn: u32,
        /// How it ended.
        end: TurnEnd,
    },
    /// Nobody sees the page: the turn waits until somebody does, as browsers slow down what is hidden.
    Hidden {
        /// As in [`Order::Perform`].
        turn: u32,
    },
    /// The time.
    Time {
        /// As in [`Order::Time`].
        exchange: u32,
        /// On the page's clock, in nanoseconds since the page began.
        now: f64,
    },
}

/// How a turn ended. What is neither done nor cancelled is about the first operation that nothing was told
/// of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnEnd {
    /// Everything was measured.
    Done,
    /// Somebody cancelled.
    Cancelled,
    /// It cannot be measured here, for this reason.
    Unavailable(String),
    /// It failed, for this reason.
    Failed(String),
    /// Something from outside disturbed it: the block is worth nothing, for this reason.
    Void(String),
}

/// How a study goes, from whoever leads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudyEvent {
    /// A turn begins.
    Turn {
        /// Turns that are over.
        done: u32,
        /// Turns in all, at most.
        all: u32,
        /// Seconds that are left, at most.
        seconds_left: Option<f64>,
        /// Whose turn it is.
        lane: LaneId,
        /// With which experiment.
        experiment: String,
    },
    /// Something was recorded.
    Recorded(Box<Recording>),
    /// A block is over: everything so far. Samples and recordings are left out until the last.
    Block(Box<Report>),
    /// It is over: everything that was measured.
    Ended {
        /// With every sample; none if it could not begin.
        report: Option<Box<Report>>,
        /// How its rows stand to each other.
        standings: Vec<Standing>,
        /// How.
        end: StudyEnd,
    },
}

/// How a row of a report stands to another one that answers the same question: to the best one, or to that of a lane
/// which somebody chose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The row, by its place in the report.
    pub row: u32,
    /// How many times as much it is as the other one: for a rate, how many times as little.
    pub ratio: f64,
    /// The ratio's 95% interval.
    pub ci95: [f64; 2],
    /// What that means.
    pub verdict: Placing,
}

/// What a row's ratio to the other one means, for all rows of a report together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placing {
    /// It is the best one.
    Best,
    /// It is the chosen lane's.
    Baseline,
    /// It is better.
    Ahead,
    /// It is as good.
    Equivalent,
    /// It is worse.
    Behind,
    /// The samples do not say.
    TooCloseToCall,
}

/// How a study ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudyEnd {
    /// With its last block.
    Done,
    /// Somebody cancelled.
    Cancelled,
    /// It could not go on, for this reason.
    Stopped(String),
}

/// From the page to its worker that leads a study where there is no runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToLeader {
    /// Begin.
    Begin {
        /// What it is about.
        wish: Box<Wish>,
        /// With which lanes.
        offer: Offer,
    },
    /// Of a turn.
    News(News),
}

/// From that worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromLeader {
    /// It listens.
    Loaded,
    /// Make a turn.
    Order(Order),
    /// How it goes.
    Study(StudyEvent),
}
