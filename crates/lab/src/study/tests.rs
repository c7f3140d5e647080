//! Studies of the lane by script.

use std::collections::BTreeSet;

use futures::executor::block_on;
use protocol::Nanos;
use protocol::report::{Param, Unit};

use super::*;
use crate::experiments::{self, Extent, Sweep};
use crate::mock::{Misdeed, MockLane};
use crate::op::{Effort, Op, Placement};
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

const SWEEP: Sweep = Sweep { extent: Extent::Quick, cores: 2, load: None };

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
    assert_eq!(log.findings.warnings[0], "the workers of startup on mock did not end well: no end");
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
            measured.samples.iter().all(|it| !void.contains(it)) || measured.unit == Unit::Ratio
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
