//! The cost model: what a lane's tasks cost, fitted to the rows of a report.
//!
//! A lane with so many workers has an overhead per task, which grows with its payload and its reply (a [`Curve`] each),
//! and a time per task that grows with its work. They were measured with enough workers and with one, and
//! [`crate::predict`] puts them together.
//!
//! The model is fitted many times: once to all blocks' medians, and then to figures of single blocks, drawn for each
//! row. So it carries along how much one run differs from the next, to the end.

use std::collections::BTreeMap;

use claims::{Column, Platform};
use protocol::load::Load;
use protocol::report::{Report, RowOutcome};
use protocol::{LaneId, LaneKind};
use stats::Summary;

use crate::curve::Curve;
use crate::needs::Verdicts;
use crate::rows::Rows;
use crate::workload::{For, Workload, column_of, platform_of};

/// Fits beside the one to all blocks.
pub(crate) const DRAWS: usize = 80;

/// What a report's lanes cost.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) lanes: Vec<LaneModel>,
    /// What the report says of the claims by which needs rule lanes out.
    pub(crate) verdicts: Verdicts,
    /// What one round takes on a platform, in nanoseconds.
    rounds: BTreeMap<&'static str, f64>,
}

/// What one lane costs.
#[derive(Clone, Debug)]
pub(crate) struct LaneModel {
    pub(crate) lane: LaneId,
    /// First the fit to all blocks, then the draws.
    pub(crate) fits: Vec<Costs>,
}

/// One fit.
#[derive(Clone, Debug)]
pub(crate) struct Costs {
    /// By numbers of workers, ascending; the first is one.
    pub(crate) at: Vec<Costed>,
    /// What a worker takes, in bytes.
    pub(crate) memory: Option<f64>,
    /// From a crash until another worker answers.
    pub(crate) recovery: Option<f64>,
}

/// With so many workers. Nanoseconds by bytes, or by nanoseconds of work.
#[derive(Clone, Debug)]
pub(crate) struct Costed {
    pub(crate) workers: u32,
    /// How many times as fast as one they are where nothing but work counts. That is the processors' doing and not the
    /// lane's: it is the median over a platform's lanes.
    pub(crate) parallel: f64,
    /// The time per task of the smallest tasks, by their payload and by their reply.
    pub(crate) payload: Curve,
    pub(crate) reply: Curve,
    /// The time per task of small tasks, by their work.
    pub(crate) work: Curve,
    pub(crate) fresh: Option<Fresh>,
    /// Tasks that came one by one.
    pub(crate) apart: Option<Apart>,
}

/// Tasks that came one by one, at even intervals: how long they took from when they were due.
#[derive(Clone, Debug)]
pub(crate) struct Apart {
    /// Of each, in nanoseconds.
    pub(crate) work: f64,
    pub(crate) median: f64,
    /// How much longer one in a hundred took.
    pub(crate) tail: f64,
}

/// What starting costs.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    /// As many as there are.
    pub(crate) start: f64,
    /// Their ends.
    pub(crate) end: f64,
    /// Whether it can be done for each task.
    pub(crate) again: bool,
    /// How much longer the first tasks take than later ones, by their work.
    pub(crate) cold: Curve,
    /// And by each byte that they carry: memory that nobody has touched before.
    pub(crate) touch: f64,
}

/// Why there is no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The report does not say what tasks cost on these lanes.
    Rows(For),
    /// It says why that could not be measured.
    Unavailable(For, String),
}

impl Missing {
    fn of(report: &Report, of: For) -> Self {
        let mut rows = report.results.iter();
        let reason = rows.find_map(|row| match &row.outcome {
            RowOutcome::Unavailable { reason }
                if row.experiment == "tasks" && of.has(&row.lane) =>
            {
                Some(reason.clone())
            }
            _ => None,
        });
        reason.map_or(Self::Rows(of), |reason| Self::Unavailable(of, reason))
    }
}

impl Model {
    /// Fits what a report says of a platform's tasks.
    ///
    /// # Errors
    /// If it says nothing of them.
    pub fn fit(report: &Report, of: For) -> Result<Self, Missing> {
        let rows = Rows::of(report);
        let mut rounds = BTreeMap::new();
        for platform in Platform::ALL {
            let slopes = rows.lanes.iter().filter(|lane| platform_of(lane) == Some(platform));
            let slopes: Vec<f64> = slopes.filter_map(|lane| rows.nanos_per_round(lane)).collect();
            if let Some(summary) = Summary::of(&slopes) {
                rounds.insert(platform.name(), summary.median);
            }
        }
        let mut lanes = Vec::new();
        for (number, lane) in rows.lanes.iter().map(|lane| (*lane).clone()).enumerate() {
            let unit = platform_of(&lane).and_then(|it| rounds.get(it.name()).copied());
            let Some(unit) = unit else { continue };
            let Some(fit) = rows.costs(&lane, unit, None) else { continue };
            // A report is drawn alike each time, its lanes apart from each other.
            let mut random = fastrand::Rng::with_seed(number as u64);
            let draws = (0..DRAWS).filter_map(|_| rows.costs(&lane, unit, Some(&mut random)));
            lanes.push(LaneModel { fits: std::iter::once(fit).chain(draws).collect(), lane });
        }
        share_processors(&mut lanes);
        if !lanes.iter().any(|lane| of.has(&lane.lane)) {
            return Err(Missing::of(report, of));
        }
        Ok(Self { lanes, verdicts: Verdicts::of(report), rounds })
    }

    /// The load that a workload puts on a lane, to be measured.
    #[must_use]
    pub fn load(&self, lane: &LaneId, workload: &Workload) -> Option<Load> {
        Some(workload.load(*self.rounds.get(platform_of(lane)?.name())?))
    }

    /// What isolates a lane's workers.
    #[must_use]
    pub fn kind(lane: &LaneId) -> LaneKind {
        match column_of(lane) {
            Some(Column::Processes) => LaneKind::Process,
            Some(Column::Threads) => LaneKind::Thread,
            None => LaneKind::Main,
        }
    }
}

/// Gives each platform's lanes the same [`Costed::parallel`].
fn share_processors(lanes: &mut [LaneModel]) {
    let mut found: BTreeMap<(&str, u32), Vec<f64>> = BTreeMap::new();
    for LaneModel { lane, fits } in &*lanes {
        let (Some(platform), Some(fit)) = (platform_of(lane), fits.first()) else { continue };
        for costed in &fit.at {
            let parallel = fit.at[0].work.last_slope() / costed.work.last_slope();
            let parallel = parallel.clamp(1.0, f64::from(costed.workers));
            found.entry((platform.name(), costed.workers)).or_default().push(parallel);
        }
    }
    for LaneModel { lane, fits } in lanes {
        let Some(platform) = platform_of(lane) else { continue };
        for costed in fits.iter_mut().flat_map(|fit| &mut fit.at) {
            let all = found.get(&(platform.name(), costed.workers));
            costed.parallel = all.and_then(|all| Summary::of(all)).map_or(1.0, |it| it.median);
        }
    }
}
