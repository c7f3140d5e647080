//! A study: experiments on lanes, interleaved, and the rows that come of it.
//!
//! In each block every lane has its turn at every operation once, in an order of the block's own, so that
//! whatever drifts meets all of them alike. After each block the rows are told, so that a study that is
//! ended early keeps what it had.

use std::collections::BTreeMap;

use protocol::report::{Measured, Params, ReportRow, RowOutcome, Unit};
use protocol::{Availability, LaneId, Stage};

use crate::experiments::{Experiment, Extent};
use crate::lane::{Lane, LaneError};
use crate::op::{Effort, Op, Series};

/// What is to be measured, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which experiments.
    pub experiments: Vec<&'static Experiment>,
    /// How much of each.
    pub extent: Extent,
    /// How many blocks.
    pub blocks: u32,
    /// Within a block.
    pub effort: Effort,
    /// What the orders are drawn from.
    pub seed: u64,
}

/// Who is told how a study goes.
pub trait Listener {
    /// A turn begins: this many of all are over.
    fn turn(&mut self, done: usize, all: usize, lane: &LaneId, op: Op);

    /// A block is over: these are the rows so far, in their order.
    ///
    /// # Errors
    /// If the study is to end, for example because the rows could not be kept.
    fn block(&mut self, finished: u32, findings: &Findings) -> Result<(), String>;
}

/// What a study has found so far.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// One per experiment, lane and params.
    pub rows: Vec<ReportRow>,
    /// What went wrong where something was measured all the same.
    pub warnings: Vec<String>,
}

/// How a study ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With its last block.
    Done,
    /// Somebody cancelled.
    Cancelled,
    /// The listener wanted no more, for this reason.
    Stopped(String),
}

/// Makes a study.
pub async fn study(lanes: &[&dyn Lane], plan: &Plan, listener: &mut impl Listener) -> Ended {
    let mut cells = Vec::new();
    for experiment in &plan.experiments {
        for op in experiment.operations(plan.extent) {
            cells.extend(lanes.iter().map(|lane| Cell::new(experiment.id, op, *lane)));
        }
    }
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let count = cells.len();
    for block in 0..plan.blocks {
        let mut order: Vec<usize> = (0..count).collect();
        random.shuffle(&mut order);
        for (number, at) in order.into_iter().enumerate() {
            let cell = &mut cells[at];
            if cell.trouble.is_some() {
                continue;
            }
            let (done, all) = (block as usize * count + number, plan.blocks as usize * count);
            listener.turn(done, all, &cell.lane.id(), cell.op);
            match cell.lane.perform(cell.op, &plan.effort).await {
                Ok(series) => cell.take(block, series),
                Err(LaneError::Cancelled) => return Ended::Cancelled,
                Err(LaneError::Unavailable(reason)) => {
                    cell.trouble = Some(RowOutcome::Unavailable { reason });
                }
                Err(LaneError::Failed(error)) => {
                    cell.trouble = Some(RowOutcome::Failed { stage: Stage::Run, error });
                }
            }
        }
        if let Err(why) = listener.block(block + 1, &findings(&cells, plan.seed)) {
            return Ended::Stopped(why);
        }
    }
    Ended::Done
}

/// An operation on a lane.
struct Cell<'a> {
    experiment: &'static str,
    op: Op,
    lane: &'a dyn Lane,
    /// Per row, in the order in which the lane tells them.
    found: Vec<(Params, Found)>,
    /// Why it is not tried any more.
    trouble: Option<RowOutcome>,
}

/// The samples of a row, block by block.
struct Found {
    unit: Unit,
    blocks: BTreeMap<u32, Vec<f64>>,
}

impl<'a> Cell<'a> {
    fn new(experiment: &'static str, op: Op, lane: &'a dyn Lane) -> Self {
        let trouble = match lane.availability() {
            Availability::Available => None,
            Availability::Unavailable { reason } => Some(RowOutcome::Unavailable { reason }),
        };
        Self { experiment, op, lane, found: Vec::new(), trouble }
    }

    fn take(&mut self, block: u32, series: Vec<Series>) {
        for Series { params, unit, samples } in series {
            match self.found.iter_mut().find(|(known, _)| *known == params) {
                Some((_, found)) => {
                    found.blocks.insert(block, samples);
                }
                None => {
                    let blocks = BTreeMap::from([(block, samples)]);
                    self.found.push((params, Found { unit, blocks }));
                }
            }
        }
    }

    fn row(&self, params: Params, outcome: RowOutcome) -> ReportRow {
        ReportRow { experiment: self.experiment.into(), lane: self.lane.id(), params, outcome }
    }
}

fn findings(cells: &[Cell<'_>], seed: u64) -> Findings {
    let mut findings = Findings::default();
    for cell in cells {
        if cell.found.is_empty() {
            // One that has had no turn has nothing to say yet.
            if let Some(trouble) = &cell.trouble {
                let rows = cell.op.rows().into_iter();
                findings.rows.extend(rows.map(|params| cell.row(params, trouble.clone())));
            }
            continue;
        }
        if let Some(RowOutcome::Failed { error, .. }) = &cell.trouble {
            let blocks = cell.found[0].1.blocks.len();
            findings.warnings.push(format!(
                "{} on {} failed after {blocks} blocks, whose samples are kept: {error}",
                cell.op,
                cell.lane.id()
            ));
        }
        for (params, found) in &cell.found {
            let outcome = found.measured(seed).map_or_else(
                || {
                    let error = "a sample is not a finite number".to_owned();
                    RowOutcome::Failed { stage: Stage::Check, error }
                },
                RowOutcome::Measured,
            );
            findings.rows.push(cell.row(params.clone(), outcome));
        }
    }
    findings
}

impl Found {
    /// None if a block is empty or a sample not finite.
    fn measured(&self, seed: u64) -> Option<Measured> {
        let blocks: Vec<Vec<f64>> = self.blocks.values().cloned().collect();
        // The same samples give the same interval.
        let estimate = stats::median(&blocks, &mut fastrand::Rng::with_seed(seed))?;
        let samples: Vec<f64> = blocks.concat();
        let numbers = self.blocks.iter();
        Some(Measured {
            unit: self.unit,
            median: estimate.value,
            ci95: [estimate.interval.low, estimate.interval.high],
            n: samples.len() as u32,
            blocks: numbers.flat_map(|(block, samples)| vec![*block; samples.len()]).collect(),
            samples,
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use protocol::Nanos;
    use protocol::report::Param;

    use super::*;
    use crate::experiments;
    use crate::mock::{Misdeed, MockLane};

    fn plan(blocks: u32) -> Plan {
        Plan {
            experiments: experiments::ALL.to_vec(),
            extent: Extent::Quick,
            blocks,
            effort: Effort { samples: 3, sample_time: Nanos(1) },
            seed: 5,
        }
    }

    #[derive(Default)]
    struct Log {
        turns: Vec<(usize, usize)>,
        findings: Findings,
        blocks: u32,
        stop_after: Option<u32>,
    }

    impl Listener for Log {
        fn turn(&mut self, done: usize, all: usize, _: &LaneId, _: Op) {
            self.turns.push((done, all));
        }

        fn block(&mut self, finished: u32, findings: &Findings) -> Result<(), String> {
            (self.blocks, self.findings) = (finished, findings.clone());
            if self.stop_after == Some(finished) { Err("full".into()) } else { Ok(()) }
        }
    }

    fn run(lane: &MockLane, plan: &Plan, log: &mut Log) -> Ended {
        block_on(study(&[lane], plan, log))
    }

    #[test]
    fn each_row_has_every_sample_of_every_block() {
        let mut log = Log::default();
        assert_eq!(run(&MockLane::new(), &plan(4), &mut log), Ended::Done);
        let wanted: usize = experiments::ALL
            .iter()
            .flat_map(|experiment| experiment.operations(Extent::Quick))
            .map(|op| op.rows().len())
            .sum();
        assert_eq!(log.findings.rows.len(), wanted);
        for row in &log.findings.rows {
            let RowOutcome::Measured(measured) = &row.outcome else { panic!("{row:?}") };
            assert_eq!((measured.n, measured.samples.len()), (12, 12));
            assert_eq!(measured.blocks, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
            assert!((measured.ci95[0]..=measured.ci95[1]).contains(&measured.median));
        }
        assert!(log.turns.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(log.turns.len(), log.turns[0].1);
    }

    #[test]
    fn a_lane_that_cannot_has_every_row_with_its_reason() {
        let mut log = Log::default();
        run(&MockLane::new().with(Misdeed::Unavailable), &plan(2), &mut log);
        assert!(log.turns.is_empty());
        assert_eq!(log.findings.rows.len(), 3 + 3 * 2);
        let reason = "the script says so".to_owned();
        for row in &log.findings.rows {
            assert_eq!(row.outcome, RowOutcome::Unavailable { reason: reason.clone() });
        }
        assert_eq!(log.findings.rows[3].params["bytes"], Param::Number(64));
    }

    #[test]
    fn what_fails_late_keeps_its_samples_and_what_fails_at_once_says_so() {
        // The mock counts its performances over all operations: four in a block.
        let mut log = Log::default();
        run(&MockLane::new().with(Misdeed::DiesInRun(6)), &plan(3), &mut log);
        let failed = |row: &&ReportRow| matches!(row.outcome, RowOutcome::Failed { .. });
        assert_eq!(log.findings.rows.iter().filter(failed).count(), 0);
        assert_eq!(log.findings.warnings.len(), 1, "{:?}", log.findings.warnings);

        let mut log = Log::default();
        run(&MockLane::new().with(Misdeed::DiesInRun(0)), &plan(1), &mut log);
        assert!(log.findings.rows.iter().any(|row| failed(&row)));
    }

    #[test]
    fn what_was_measured_before_the_end_is_told() {
        let mut log = Log { stop_after: Some(2), ..Log::default() };
        let ended = run(&MockLane::new(), &plan(9), &mut log);
        assert_eq!(ended, Ended::Stopped("full".into()));
        assert_eq!(log.blocks, 2);

        let mut log = Log::default();
        let ended = run(&MockLane::new().with(Misdeed::CancelledInRun(5)), &plan(9), &mut log);
        assert_eq!((ended, log.blocks), (Ended::Cancelled, 1));
        assert!(!log.findings.rows.is_empty());
    }
}
