//! An experiment on a lane: its turns, and what they gave.

use std::collections::BTreeSet;

use protocol::report::{Params, ReportRow, RowOutcome};
use protocol::{Availability, Stage};

use crate::experiments::{Experiment, Sweep};
use crate::lane::{Lane, LaneError};
use crate::op::{Effort, Op};
use crate::rows::Rows;

/// An experiment on a lane.
pub(super) struct Part<'a> {
    pub(super) experiment: &'static Experiment,
    pub(super) lane: &'a dyn Lane,
    pub(super) cells: Vec<Cell>,
    /// The rows that follow from those of the cells.
    pub(super) derived: Rows,
    /// Why workers did not end as they should, the first time.
    pub(super) bad_end: Option<String>,
}

/// An operation of it.
pub(super) struct Cell {
    pub(super) op: Op,
    pub(super) found: Rows,
    /// Why it is not tried any more.
    pub(super) trouble: Option<RowOutcome>,
}

/// Why a block ends early.
#[derive(Debug, PartialEq)]
pub(super) enum Early {
    /// Somebody cancelled.
    Cancelled,
    /// It is worth nothing, for this reason.
    Void(String),
}

impl<'a> Part<'a> {
    pub(super) fn new(experiment: &'static Experiment, lane: &'a dyn Lane, sweep: Sweep) -> Self {
        let trouble = match lane.availability() {
            Availability::Available => None,
            Availability::Unavailable { reason } => Some(RowOutcome::Unavailable { reason }),
        };
        let cell = |op| Cell { op, found: Rows::default(), trouble: trouble.clone() };
        let cells = experiment.operations(sweep).into_iter().map(cell).collect();
        Self { experiment, lane, cells, derived: Rows::default(), bad_end: None }
    }

    pub(super) fn worker_counts(&self) -> BTreeSet<u32> {
        self.cells.iter().map(|cell| cell.op.workers()).collect()
    }

    /// Those that are to be tried with so many workers.
    pub(super) fn cells_of(&self, workers: u32) -> Vec<usize> {
        let is_tried = |cell: &Cell| cell.op.workers() == workers && cell.trouble.is_none();
        (0..self.cells.len()).filter(|at| is_tried(&self.cells[*at])).collect()
    }

    pub(super) async fn take_turn(
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

    pub(super) fn forget(&mut self, block: u32) {
        self.cells.iter_mut().for_each(|cell| cell.found.forget(block));
    }

    pub(super) fn derive(&mut self, block: u32) {
        let medians: Vec<(Op, f64)> = self
            .cells
            .iter()
            .filter_map(|cell| Some((cell.op, cell.found.median(block)?)))
            .collect();
        self.derived.add(block, self.experiment.derived(&medians));
    }

    pub(super) fn row(&self, params: Params, outcome: RowOutcome) -> ReportRow {
        ReportRow { experiment: self.experiment.id.into(), lane: self.lane.id(), params, outcome }
    }
}
