//! "Process": one process, or one each?

use crate::view::{names, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};
use texts::{text, tr};

pub(super) const ROW: Row = Row {
    id: "process",
    table: Table::Differences,
    feature: "Process",
    experiments: &["identity"],
    cells: [
        Cell {
            statement: text!("Worker and caller tell the same process id."),
            nuance: text!(
                "What belongs to the process belongs to both: its working directory, its signals, its \
                     user. A worker thread can see them change, and in Node cannot change them itself."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Threads),
        },
        Cell {
            statement: text!("Worker and caller tell different process ids."),
            nuance: text!(
                "The child has a working directory, signals and a title of its own. It need not be a \
                     Node: what makes fork heavy is the runtime that it starts."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Processes),
        },
    ],
};

fn judge(view: &View<'_>, column: Column) -> Result<Judgement, String> {
    let all = view.each(column, ("identity", "process"), "same")?;
    let wanted = column == Column::Threads;
    let verdict = Verdict::of(all.iter().map(|(_, same)| *same == wanted));
    let mut parts = Vec::new();
    let (alike, apart) = (with(&all, true), with(&all, false));
    if !alike.is_empty() {
        parts.push(tr!("workers of {} have their caller's process id", names(alike)));
    }
    if !apart.is_empty() {
        parts.push(tr!("workers of {} have a process id of their own", names(apart)));
    }
    let shared = |aspect: &str| {
        let all = view.each(column, ("identity", aspect), "same").ok()?;
        Some((aspect.to_owned(), all.iter().all(|(_, same)| *same)))
    };
    let aspects: Vec<_> = ["cwd", "signals", "title"].into_iter().filter_map(shared).collect();
    let parts_of = |title: &str, wanted: bool| {
        let named = aspects.iter().filter(|(_, same)| *same == wanted);
        let named: Vec<String> = named.map(|(name, _)| name.clone()).collect();
        (!named.is_empty()).then(|| format!("{title}: {}", crate::view::list(named)))
    };
    let beside = [parts_of(tr!("in common"), true), parts_of(tr!("each for itself"), false)];
    let beside: Vec<String> = beside.into_iter().flatten().collect();
    let beside =
        if beside.is_empty() { String::new() } else { format!("{}.", capital(&beside.join("; "))) };
    Ok(Judgement::new(
        verdict,
        [format!("{}{}.", capital(&parts.join(", ")), view.version()), beside],
    ))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
