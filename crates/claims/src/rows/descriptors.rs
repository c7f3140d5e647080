//! "File Descriptors (FDs)": what can be handed over.

use protocol::LaneId;
use protocol::trial::Fact;
use texts::{text, tr};

use crate::view::{names, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "fds",
    table: Table::Sharing,
    feature: "File Descriptors (FDs)",
    experiments: &["share"],
    cells: [
        Cell {
            statement: text!("An open file can be passed to a worker, and works there."),
            nuance: text!(
                "Threads have one table of descriptors: a bare number works without being passed, and who \
                     closes it closes it for all. A FileHandle that is transferred changes its owner; a socket \
                     can be sent from Node 24 on."
            ),
            rests_on: &[],
            judge: threads,
        },
        Cell {
            statement: text!("An open file or socket can be passed to a child, and works there."),
            nuance: text!(
                "When it starts (stdio), or sockets by a message; natively any descriptor by SCM_RIGHTS, \
                     though not over a pipe."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Processes),
        },
    ],
};

const TRIAL: (&str, &str) = ("share", "fd");

fn judge(view: &View<'_>, column: Column) -> Result<Judgement, String> {
    let passed = view.each(column, TRIAL, "passed")?;
    let verdict = Verdict::of(passed.iter().map(|(_, passed)| *passed));
    let lane = passed[0].0;
    let first = tr!(
        "What was opened on one side works on the other on {}{}.",
        names(with(&passed, true)),
        view.version()
    );
    Ok(Judgement::new(verdict, [first, details(view, lane)]))
}

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let mut judged = judge(view, Column::Threads)?;
    // What is common to all need not be passed.
    let raw = view.each(Column::Threads, TRIAL, "raw_number").unwrap_or_default();
    if judged.verdict == Verdict::Holds && !with(&raw, true).is_empty() {
        judged.verdict = Verdict::Nuance;
    }
    Ok(judged)
}

/// What was tried on a lane, and what came of it.
fn details(view: &View<'_>, lane: &LaneId) -> String {
    let Some(facts) = view.facts(lane, TRIAL.0, TRIAL.1) else { return String::new() };
    let tried = facts.iter().filter(|(name, _)| *name != "passed");
    let told = tried.map(|(name, fact)| {
        let name = name.replace('_', " ");
        match fact {
            Fact::Is(true) => tr!("{}: works", name),
            Fact::Is(false) => tr!("{}: does not", name),
            other => format!("{name}: {other}"),
        }
    });
    tr!("On {} {}.", lane, told.collect::<Vec<_>>().join(", "))
}
