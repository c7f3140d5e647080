//! "Limitations": what is missing, by the claims that measure it.

use lab::params;
use texts::{text, tr};

use super::{crash, memory, variables};
use crate::order::{Order, order};
use crate::view::told;
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "limits",
    table: Table::Differences,
    feature: "Limitations",
    experiments: &["crash", "share", "echo"],
    cells: [
        Cell {
            statement: text!(
                "A crash of a worker can end its caller, and no variable is shared by itself."
            ),
            nuance: text!("What a language can catch is caught: see the crash matrix."),
            rests_on: &["crash.threads", "variables.threads"],
            judge: threads,
        },
        Cell {
            statement: text!("No memory is shared, and messages take longer than between threads."),
            nuance: text!(
                "Slower is Node's serialization. A bare socket pair carries a megabyte faster than a \
                     worker's postMessage, and memory can be shared by the system's means."
            ),
            rests_on: &["memory.processes", "communication.processes"],
            judge: processes,
        },
    ],
};

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let column = Column::Threads;
    let crash = view.verdict(&crash::ROW, column);
    let variables = view.verdict(&variables::ROW, column);
    let verdict = crash.verdict.and(variables.verdict);
    if verdict == Verdict::NotMeasured {
        return Err(missing(&[crash, variables]));
    }
    let words = |what: &str, judged: &Judgement| {
        format!("{what} {}: {}", judged.verdict.words(), judged.evidence[0])
    };
    let first = words(tr!("That a crash affects the whole process"), &crash);
    Ok(Judgement::new(verdict, [first, words(tr!("That variables must be passed"), &variables)]))
}

fn missing(all: &[Judgement]) -> String {
    let missing = all.iter().find(|judged| judged.verdict == Verdict::NotMeasured);
    missing.and_then(|judged| judged.evidence.first().cloned()).unwrap_or_default()
}

fn processes(view: &View<'_>) -> Result<Judgement, String> {
    let asked = params([("bytes", (1_u64 << 20).into()), ("metric", "round_trip".into())]);
    let process = view.best(Column::Processes, "echo", &asked)?;
    let thread = view.best(Column::Threads, "echo", &asked)?;
    let (sharing, words) = memory::no_sharing(view)?;
    let slower = match order(process.1, thread.1) {
        Order::More => Verdict::Holds,
        Order::Less => Verdict::Fails,
        Order::Unclear => Verdict::Nuance,
    };
    let first =
        tr!("1\u{a0}MiB there and back: {}, {}{}.", told(process), told(thread), view.version());
    Ok(Judgement::new(slower.and(sharing), [first, words]))
}
