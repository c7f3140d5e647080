//! A study: experiments on lanes, interleaved, and the rows that come of it.
//!
//! In each block every lane has its turns at every experiment once, one per number of workers, in an
//! order of the block's own, so that whatever drifts meets all of them alike. A turn starts fresh workers
//! and has them do the experiment's operations, in random order too. After each block the rows are told,
//! so that a study that is ended early keeps what it had.

use std::collections::BTreeSet;

use protocol::report::{Params, ReportRow, RowOutcome};
use protocol::{Availability, LaneId, Stage};

use crate::experiments::{Experiment, Sweep};
use crate::lane::{Lane, LaneError};
use crate::op::{Effort, Op};
use crate::plan::Plan;
use crate::rows::Rows;

/// Who is told how a study goes.
pub trait Listener {
    /// A turn begins: this many of all are over.
    fn turn(&mut self, done: usize, all: usize, lane: &LaneId, experiment: &Experiment);

    /// A block is over: these are the rows so far, in their order. Says whether to go on.
    ///
    /// # Errors
    /// If the study is to end, for example because the rows could not be kept.
    fn block(&mut self, finished: u32, findings: &Findings) -> Result<Next, String>;
}

/// What a listener wants after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next block.
    Go,
    /// No further block: these are enough, for a reason that has nothing to do with what they say.
    Enough,
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
    /// The listener could not go on, for this reason.
    Stopped(String),
}

/// Makes a study.
pub async fn study(lanes: &[&dyn Lane], plan: &Plan, listener: &mut impl Listener) -> Ended {
    let mut parts: Vec<Part<'_>> = plan
        .experiments
        .iter()
        .flat_map(|experiment| lanes.iter().map(|lane| Part::new(experiment, *lane, plan.sweep)))
        .collect();
    let turns: Vec<(usize, u32)> = parts
        .iter()
        .enumerate()
        .flat_map(|(at, part)| part.worker_counts().into_iter().map(move |count| (at, count)))
        .collect();
    let experiments: Vec<&Experiment> = parts.iter().map(|part| part.experiment).collect();
    let turns_of = |block: u32| -> Vec<(usize, u32)> {
        let takes_part = |(at, _): &(usize, u32)| plan.takes_part(experiments[*at], block);
        turns.iter().copied().filter(takes_part).collect()
    };
    let all: usize = (0..plan.blocks).map(|block| turns_of(block).len()).sum();
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let mut voids: Vec<String> = Vec::new();
    let (mut block, mut before) = (0, 0);
    while block < plan.blocks {
        let mut order = turns_of(block);
        random.shuffle(&mut order);
        let (mut void, in_block) = (None, order.len());
        for (number, (at, workers)) in order.into_iter().enumerate() {
            let part = &mut parts[at];
            let mut cells = part.cells_of(workers);
            if cells.is_empty() {
                continue;
            }
            random.shuffle(&mut cells);
            listener.turn(before + number, all, &part.lane.id(), part.experiment);
            match part.take_turn(block, &cells, &plan.effort).await {
                Ok(()) => {}
                Err(Early::Cancelled) => return Ended::Cancelled,
                Err(Early::Void(why)) => {
                    void = Some(why);
                    break;
                }
            }
        }
        if let Some(why) = void {
            // Half a block would compare lanes that met different times: it is made again.
            parts.iter_mut().for_each(|part| part.forget(block));
            voids.push(why);
            if voids.len() == MOST_VOIDS {
                return Ended::Stopped(format!("{MOST_VOIDS} blocks were void: {}", voids[0]));
            }
            continue;
        }
        block += 1;
        before += in_block;
        parts.iter_mut().for_each(|part| part.derive(block - 1));
        let mut findings = findings(&parts, plan.seed);
        if let Some(why) = voids.first() {
            let count = voids.len();
            findings.warnings.push(format!("blocks that were void and made again: {count}; {why}"));
        }
        match listener.block(block, &findings) {
            Ok(Next::Go) => {}
            Ok(Next::Enough) => return Ended::Done,
            Err(why) => return Ended::Stopped(why),
        }
    }
    Ended::Done
}

/// A study that is disturbed more often than this is not worth its time.
const MOST_VOIDS: usize = 100;

/// An experiment on a lane.
struct Part<'a> {
    experiment: &'static Experiment,
    lane: &'a dyn Lane,
    cells: Vec<Cell>,
    /// The rows that follow from those of the cells.
    derived: Rows,
    /// Why workers did not end as they should, the first time.
    bad_end: Option<String>,
}

/// An operation of it.
struct Cell {
    op: Op,
    found: Rows,
    /// Why it is not tried any more.
    trouble: Option<RowOutcome>,
}

/// Why a block ends early.
#[derive(Debug, PartialEq)]
enum Early {
    /// Somebody cancelled.
    Cancelled,
    /// It is worth nothing, for this reason.
    Void(String),
}

impl<'a> Part<'a> {
    fn new(experiment: &'static Experiment, lane: &'a dyn Lane, sweep: Sweep) -> Self {
        let trouble = match lane.availability() {
            Availability::Available => None,
            Availability::Unavailable { reason } => Some(RowOutcome::Unavailable { reason }),
        };
        let cell = |op| Cell { op, found: Rows::default(), trouble: trouble.clone() };
        let cells = experiment.operations(sweep).into_iter().map(cell).collect();
        Self { experiment, lane, cells, derived: Rows::default(), bad_end: None }
    }

    fn worker_counts(&self) -> BTreeSet<u32> {
        self.cells.iter().map(|cell| cell.op.workers()).collect()
    }

    /// Those that are to be tried with so many workers.
    fn cells_of(&self, workers: u32) -> Vec<usize> {
        let is_tried = |cell: &Cell| cell.op.workers() == workers && cell.trouble.is_none();
        (0..self.cells.len()).filter(|at| is_tried(&self.cells[*at])).collect()
    }

    async fn take_turn(
        &mut self,
        block: u32,
        mut cells: &[usize],
        effort: &Effort,
    ) -> Result<(), Early> {
        // After a failure the rest has a turn of its own, with fresh workers.
        while !cells.is_empty() {
            let ops: Vec<Op> = cells.iter().map(|at| self.cells[*at].op).collect();
            let mut found = Vec::new();
            let mut tell = |series| found.push(series);
            let result = self.lane.perform(&ops, effort, &mut tell).await;
            let count = found.len().min(cells.len());
            for (at, series) in cells.iter().zip(found) {
                self.cells[*at].found.add(block, series);
            }
            cells = &cells[count..];
            let trouble = match result {
                Ok(()) => return Ok(()),
                Err(LaneError::Cancelled) => return Err(Early::Cancelled),
                Err(LaneError::Void(why)) => return Err(Early::Void(why)),
                Err(LaneError::Unavailable(reason)) => RowOutcome::Unavailable { reason },
                Err(LaneError::Failed(error)) => RowOutcome::Failed { stage: Stage::Run, error },
            };
            match (cells.split_first(), trouble) {
                (Some((first, rest)), trouble) => {
                    self.cells[*first].trouble = Some(trouble);
                    cells = rest;
                }
                // Everything was told: it was the end that went wrong.
                (None, RowOutcome::Failed { error, .. }) => {
                    self.bad_end.get_or_insert(error);
                }
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn forget(&mut self, block: u32) {
        self.cells.iter_mut().for_each(|cell| cell.found.forget(block));
    }

    fn derive(&mut self, block: u32) {
        let medians: Vec<(Op, f64)> = self
            .cells
            .iter()
            .filter_map(|cell| Some((cell.op, cell.found.median(block)?)))
            .collect();
        self.derived.add(block, self.experiment.derived(&medians));
    }

    fn row(&self, params: Params, outcome: RowOutcome) -> ReportRow {
        ReportRow { experiment: self.experiment.id.into(), lane: self.lane.id(), params, outcome }
    }
}

fn findings(parts: &[Part<'_>], seed: u64) -> Findings {
    let mut findings = Findings::default();
    for part in parts {
        for cell in &part.cells {
            if cell.found.is_empty() {
                // One that has had no turn has nothing to say yet.
                if let Some(trouble) = &cell.trouble {
                    let rows = cell.op.rows().into_iter();
                    findings.rows.extend(rows.map(|(row, _)| part.row(row, trouble.clone())));
                }
                continue;
            }
            if let Some(RowOutcome::Failed { error, .. }) = &cell.trouble {
                let blocks = cell.found.blocks();
                findings.warnings.push(format!(
                    "{} on {} failed after {blocks} blocks, whose samples are kept: {error}",
                    cell.op,
                    part.lane.id()
                ));
            }
            let rows = cell.found.outcomes(seed);
            findings.rows.extend(rows.map(|(params, outcome)| part.row(params, outcome)));
        }
        if let Some(error) = &part.bad_end {
            let (experiment, lane) = (part.experiment.id, part.lane.id());
            findings
                .warnings
                .push(format!("the workers of {experiment} on {lane} did not end well: {error}"));
        }
        let derived = part.derived.outcomes(seed);
        findings.rows.extend(derived.map(|(params, outcome)| part.row(params, outcome)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use protocol::Nanos;
    use protocol::report::{Param, Unit};

    use super::*;
    use crate::experiments::{self, Extent};
    use crate::mock::{Misdeed, MockLane};
    use crate::op::Placement;
    use crate::plan::Turns;

    fn plan(blocks: u32) -> Plan {
        Plan {
            experiments: experiments::ALL.to_vec(),
            sweep: SWEEP,
            blocks,
            effort: Effort {
                samples: 3,
                sample_time: Nanos(1),
                turn_time: Nanos(9),
                placement: Placement::Unpinned,
            },
            seed: 5,
            limit: None,
            turns: Turns::Always,
            trials: blocks,
        }
    }

    #[test]
    fn where_time_is_short_some_experiments_have_fewer_blocks() {
        let sparse = Plan { turns: Turns::Sparse, ..plan(9) };
        let (lane, mut log) = (MockLane::new(), Log::default());
        assert_eq!(run(&lane, &sparse, &mut log), Ended::Done);
        let blocks = |experiment: &str| {
            let row = log.findings.rows.iter().find(|row| row.experiment == experiment).unwrap();
            let RowOutcome::Measured(measured) = &row.outcome else { panic!("{row:?}") };
            measured.blocks.iter().collect::<BTreeSet<_>>().len()
        };
        assert_eq!((blocks("echo"), blocks("memory")), (9, 3));
        let (last, all) = *log.turns.last().unwrap();
        assert_eq!(last + 1, all, "every turn was counted");
        // Alone it has all of them.
        let alone = Plan { experiments: vec![experiments::find("memory").unwrap()], ..sparse };
        assert!((0..9).all(|block| alone.takes_part(alone.experiments[0], block)));
    }

    const SWEEP: Sweep = Sweep { extent: Extent::Quick, cores: 2 };

    fn operations() -> Vec<Op> {
        experiments::ALL.iter().flat_map(|experiment| experiment.operations(SWEEP)).collect()
    }

    #[derive(Default)]
    struct Log {
        turns: Vec<(usize, usize)>,
        findings: Findings,
        blocks: u32,
        stop_after: Option<u32>,
        enough_after: Option<u32>,
    }

    impl Listener for Log {
        fn turn(&mut self, done: usize, all: usize, _: &LaneId, _: &Experiment) {
            self.turns.push((done, all));
        }

        fn block(&mut self, finished: u32, findings: &Findings) -> Result<Next, String> {
            (self.blocks, self.findings) = (finished, findings.clone());
            if self.enough_after == Some(finished) {
                Ok(Next::Enough)
            } else if self.stop_after == Some(finished) {
                Err("full".into())
            } else {
                Ok(Next::Go)
            }
        }
    }

    fn run(lane: &MockLane, plan: &Plan, log: &mut Log) -> Ended {
        block_on(study(&[lane], plan, log))
    }

    #[test]
    fn each_row_has_every_sample_of_every_block() {
        let mut log = Log::default();
        assert_eq!(run(&MockLane::new(), &plan(4), &mut log), Ended::Done);
        let wanted: usize = operations().iter().map(|op| op.rows().len()).sum();
        let is_derived = |row: &&ReportRow| {
            let RowOutcome::Measured(measured) = &row.outcome else { panic!("{row:?}") };
            measured.unit == Unit::Ratio
        };
        assert_eq!(log.findings.rows.iter().filter(|row| !is_derived(row)).count(), wanted);
        for row in &log.findings.rows {
            let RowOutcome::Measured(measured) = &row.outcome else { panic!("{row:?}") };
            assert!((measured.ci95[0]..=measured.ci95[1]).contains(&measured.median));
            if is_derived(&row) {
                assert_eq!((measured.n, &measured.blocks[..]), (4, &[0, 1, 2, 3][..]));
            } else {
                assert_eq!((measured.n, measured.samples.len()), (12, 12));
                assert_eq!(measured.blocks, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
            }
        }
        // Three workloads, each with one further number of workers.
        assert_eq!(log.findings.rows.iter().filter(is_derived).count(), 3 * 3);
        assert!(log.turns.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(log.turns.len(), log.turns[0].1);
    }

    #[test]
    fn a_lane_that_cannot_has_every_row_with_its_reason() {
        let mut log = Log::default();
        run(&MockLane::new().with(Misdeed::Unavailable), &plan(2), &mut log);
        assert!(log.turns.is_empty());
        let wanted: usize = operations().iter().map(|op| op.rows().len()).sum();
        assert_eq!(log.findings.rows.len(), wanted);
        let reason = "the script says so".to_owned();
        for row in &log.findings.rows {
            assert_eq!(row.outcome, RowOutcome::Unavailable { reason: reason.clone() });
        }
        assert_eq!(log.findings.rows[3].params["bytes"], Param::Number(64));
    }

    #[test]
    fn what_fails_late_keeps_its_samples_and_what_fails_at_once_says_so() {
        // The mock counts its operations over all turns.
        let in_a_block = operations().len() as u32;
        let failed = |row: &&ReportRow| matches!(row.outcome, RowOutcome::Failed { .. });
        let mut log = Log::default();
        run(&MockLane::new().with(Misdeed::DiesInRun(in_a_block + 2)), &plan(3), &mut log);
        assert_eq!(log.findings.rows.iter().filter(failed).count(), 0);
        assert_eq!(log.findings.warnings.len(), 1, "{:?}", log.findings.warnings);

        let mut log = Log::default();
        run(&MockLane::new().with(Misdeed::DiesInRun(0)), &plan(1), &mut log);
        // One operation failed, and the others of its turn had another.
        let count = log.findings.rows.iter().filter(failed).count();
        assert!((1..=5).contains(&count), "{count}");
    }

    #[test]
    fn workers_that_do_not_end_are_a_warning() {
        let mut log = Log::default();
        run(&MockLane::new().with(Misdeed::NoEnd), &plan(2), &mut log);
        assert_eq!(log.findings.warnings.len(), experiments::ALL.len());
        assert_eq!(
            log.findings.warnings[0],
            "the workers of startup on mock did not end well: no end"
        );
        let measured = |row: &ReportRow| matches!(row.outcome, RowOutcome::Measured(_));
        assert!(log.findings.rows.iter().all(measured));
    }

    #[test]
    fn a_void_block_is_made_again_and_leaves_no_sample() {
        let in_a_block = operations().len() as u32;
        let mut log = Log::default();
        let lane = MockLane::new().with(Misdeed::VoidInRun(in_a_block + 2));
        assert_eq!(run(&lane, &plan(3), &mut log), Ended::Done);
        assert_eq!(log.findings.warnings, ["blocks that were void and made again: 1; hidden"]);
        for row in &log.findings.rows {
            let RowOutcome::Measured(measured) = &row.outcome else { panic!("{row:?}") };
            assert_eq!(measured.by_block().len(), 3);
            // The mock's samples count its operations: the first two of the void block are not here.
            let void = [in_a_block, in_a_block + 1].map(|number| f64::from(number) + 100.0);
            assert!(
                measured.samples.iter().all(|it| !void.contains(it))
                    || measured.unit == Unit::Ratio
            );
        }

        let mut log = Log::default();
        let ended = run(&MockLane::new().with(Misdeed::AlwaysVoid), &plan(3), &mut log);
        assert_eq!(ended, Ended::Stopped("100 blocks were void: hidden".into()));
    }

    #[test]
    fn what_was_measured_before_the_end_is_told() {
        let mut log = Log { stop_after: Some(2), ..Log::default() };
        let ended = run(&MockLane::new(), &plan(9), &mut log);
        assert_eq!(ended, Ended::Stopped("full".into()));
        assert_eq!(log.blocks, 2);

        let mut log = Log { enough_after: Some(3), ..Log::default() };
        assert_eq!(run(&MockLane::new(), &plan(9), &mut log), Ended::Done);
        assert_eq!(log.blocks, 3);

        let mut log = Log::default();
        let in_the_second = Misdeed::CancelledInRun(operations().len() as u32 + 1);
        let ended = run(&MockLane::new().with(in_the_second), &plan(9), &mut log);
        assert_eq!((ended, log.blocks), (Ended::Cancelled, 1));
        assert!(!log.findings.rows.is_empty());
    }
}
