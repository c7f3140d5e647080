//! A study: experiments on lanes, interleaved, and the rows that come of it.
//!
//! In each block every lane has its turns at every experiment once, one per number of workers, in an
//! order of the block's own, so that whatever drifts meets all of them alike. A turn starts fresh workers
//! and has them do the experiment's operations, in random order too. After each block the rows are told,
//! so that a study that is ended early keeps what it had.

mod part;

use protocol::LaneId;
use protocol::report::{ReportRow, RowOutcome};

use crate::experiments::Experiment;
use crate::lane::Lane;
use crate::plan::Plan;
use part::{Early, Part};

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
mod tests;
