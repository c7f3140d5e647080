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
use fastrand::Rng;
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
        let mut fitting = Fitting::of(report, of);
        while fitting.step() {}
        fitting.model()
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

/// A model in the making, fit by fit: for whoever does something else in between.
pub struct Fitting<'a> {
    report: &'a Report,
    of: For,
    rows: Rows<'a>,
    rounds: BTreeMap<&'static str, f64>,
    /// Lanes whose turn has been or is, by their place among the rows' lanes.
    begun: usize,
    /// Where the draws of the lane come from whose turn it is, and how many are left.
    draws: Option<(Rng, usize)>,
    lanes: Vec<LaneModel>,
}

impl<'a> Fitting<'a> {
    /// Of what a report says of a platform's tasks.
    #[must_use]
    pub fn of(report: &'a Report, of: For) -> Self {
        let rows = Rows::of(report);
        let mut rounds = BTreeMap::new();
        for platform in Platform::ALL {
            let slopes = rows.lanes.iter().filter(|lane| platform_of(lane) == Some(platform));
            let slopes: Vec<f64> = slopes.filter_map(|lane| rows.nanos_per_round(lane)).collect();
            if let Some(summary) = Summary::of(&slopes) {
                rounds.insert(platform.name(), summary.median);
            }
        }
        Self { report, of, rows, rounds, begun: 0, draws: None, lanes: Vec::new() }
    }

    /// Makes another fit; says whether there is more to do.
    pub fn step(&mut self) -> bool {
        match (&mut self.draws, self.lanes.last_mut()) {
            (Some((random, left)), Some(model)) if *left > 0 => {
                *left -= 1;
                let unit = platform_of(&model.lane).and_then(|it| self.rounds.get(it.name()));
                let fit = self.rows.costs(&model.lane, unit.copied().unwrap_or(0.0), Some(random));
                model.fits.extend(fit);
                true
            }
            _ => self.begin(),
        }
    }

    /// Fits the next lane to all blocks.
    fn begin(&mut self) -> bool {
        self.draws = None;
        let Some(lane) = self.rows.lanes.get(self.begun).map(|lane| (*lane).clone()) else {
            return false;
        };
        // A report is drawn alike each time, its lanes apart from each other.
        let random = Rng::with_seed(self.begun as u64);
        self.begun += 1;
        let unit = platform_of(&lane).and_then(|it| self.rounds.get(it.name()).copied());
        if let Some(fit) = unit.and_then(|unit| self.rows.costs(&lane, unit, None)) {
            self.draws = Some((random, DRAWS));
            self.lanes.push(LaneModel { fits: vec![fit], lane });
        }
        true
    }

    /// The model, once there is nothing more to do.
    ///
    /// # Errors
    /// If the report says nothing of these tasks.
    pub fn model(mut self) -> Result<Model, Missing> {
        share_processors(&mut self.lanes);
        if !self.lanes.iter().any(|lane| self.of.has(&lane.lane)) {
            return Err(Missing::of(self.report, self.of));
        }
        let verdicts = Verdicts::of(self.report);
        Ok(Model { lanes: self.lanes, verdicts, rounds: self.rounds })
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
    let middle = |all: Vec<f64>| Summary::of(&all).map_or(1.0, |it| it.median);
    let found: BTreeMap<_, f64> = found.into_iter().map(|(of, all)| (of, middle(all))).collect();
    for LaneModel { lane, fits } in lanes {
        let Some(platform) = platform_of(lane) else { continue };
        for costed in fits.iter_mut().flat_map(|fit| &mut fit.at) {
            costed.parallel = found.get(&(platform.name(), costed.workers)).copied().unwrap_or(1.0);
        }
    }
}
