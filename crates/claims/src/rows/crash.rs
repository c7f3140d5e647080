//! "Crash Isolation": who dies of which crash.

use lab::experiments::crash::TRIALS;
use protocol::LaneId;
use texts::{text, tr};

use crate::matrix::Died;
use crate::view::list;
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "crash",
    table: Table::Differences,
    feature: "Crash Isolation",
    experiments: &["crash"],
    cells: [
        Cell {
            statement: text!("Whatever ends a worker thread ends its caller, too."),
            nuance: text!(
                "It depends on the crash. What the language can catch (an error, a full stack, exit, small \
                     allocations past the limit) ends the worker alone, if somebody listens for its errors. \
                     What the system does (SIGSEGV, an allocation that the heap cannot hold) ends everything. \
                     A trap in shared wasm memory leaves locks as they were."
            ),
            rests_on: &[],
            judge: threads,
        },
        Cell {
            statement: text!("Whatever ends a child process, its caller and its siblings go on."),
            nuance: text!(
                "What it had sent and nobody had read may be lost with it, and memory that was shared with \
                     it stays as it was, its locks included."
            ),
            rests_on: &[],
            judge: processes,
        },
    ],
};

/// Who died of each kind on a column's lanes, and whether a sibling was lost.
fn all(
    view: &View<'_>,
    column: Column,
) -> Result<Vec<(&'static str, &'static LaneId, Died, bool)>, String> {
    let lanes = view.lanes(column);
    if lanes.is_empty() {
        return Err(tr!("a page starts no processes").to_owned());
    }
    let mut all = Vec::new();
    for trial in &TRIALS {
        for lane in lanes {
            // What happened once can happen.
            for facts in view.sightings(lane, ("crash", trial.name)) {
                let lost = facts.get("siblings_lost").is_some_and(|it| it.to_string() != "0");
                all.push((trial.name, lane, Died::of(facts), lost));
            }
        }
    }
    if all.is_empty() { Err(view.missing(column, "crash", "")) } else { Ok(all) }
}

/// Kinds, each once.
fn kinds<'a>(
    of: impl Iterator<Item = &'a (&'static str, &'static LaneId, Died, bool)>,
) -> Vec<String> {
    let mut kinds: Vec<String> = of.map(|(kind, ..)| (*kind).to_owned()).collect();
    kinds.dedup();
    kinds
}

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let all = all(view, Column::Threads)?;
    let verdict = Verdict::of(all.iter().map(|(_, _, died, _)| *died == Died::Caller));
    let with = kinds(all.iter().filter(|(_, _, died, _)| *died == Died::Caller));
    let mut without = kinds(all.iter().filter(|(_, _, died, _)| *died != Died::Caller));
    without.retain(|kind| !with.contains(kind));
    let count = with.len() + without.len();
    let first = match with.len() {
        0 => tr!("In none of {} kinds did the caller die{}.", count, view.version()),
        few => tr!(
            "In {} of {} kinds the caller died, too: {}{}.",
            few,
            count,
            list(with),
            view.version()
        ),
    };
    let second = match without.len() {
        0 => String::new(),
        _ => tr!("It lived through {}.", list(without)),
    };
    Ok(Judgement::new(verdict, [first, second]))
}

pub(super) fn processes(view: &View<'_>) -> Result<Judgement, String> {
    let all = all(view, Column::Processes)?;
    let verdict = Verdict::of(all.iter().map(|(_, _, died, lost)| *died != Died::Caller && !lost));
    let harmed = kinds(all.iter().filter(|(_, _, died, lost)| *died == Died::Caller || *lost));
    let count = kinds(all.iter()).len();
    let first = match harmed.len() {
        0 => {
            tr!("In {} kinds of crash neither caller nor siblings died{}.", count, view.version())
        }
        _ => tr!("Others died, too, by {}{}.", list(harmed), view.version()),
    };
    Ok(Judgement::new(verdict, [first]))
}
