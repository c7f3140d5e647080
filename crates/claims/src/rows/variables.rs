//! "Variables / Objects": whether anything is shared by itself.

use crate::view::{list, names, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};
use texts::{quoted, text, tr};

pub(super) const ROW: Row = Row {
    id: "variables",
    table: Table::Sharing,
    feature: "Variables / Objects",
    experiments: &["share", "identity"],
    cells: [
        Cell {
            statement: text!(
                "A global that is changed is not changed for the other side, nor an object that was sent."
            ),
            nuance: text!(
                "A clone drops what is no data: prototypes and functions. In Rust a static is every \
                     thread's, and the compiler sees to it that only what is safe to share is shared."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Threads),
        },
        Cell {
            statement: text!(
                "A global that is changed is not changed for the other side, nor an object that was sent."
            ),
            nuance: text!("As JSON a Map, a Date and bytes arrive as something else."),
            rests_on: &[],
            judge: |view| judge(view, Column::Processes),
        },
    ],
};

fn judge(view: &View<'_>, column: Column) -> Result<Judgement, String> {
    let trial = ("share", "variables");
    let later = view.each(column, trial, "later_change_seen")?;
    let changed = view.each(column, trial, "change_seen")?;
    let verdict = Verdict::of(later.iter().chain(&changed).map(|(_, seen)| !seen));
    let (seen, unseen) = (with(&later, true), with(&later, false));
    let first = if seen.is_empty() {
        tr!("A later change of a global is not seen on {}{}.", names(unseen), view.version())
    } else {
        tr!("A later change of a global is seen on {}{}.", names(seen), view.version())
    };
    let lane = later[0].0;
    let lost: Vec<String> = [
        ("prototype_kept", tr!("a prototype")),
        ("map_kept", tr!("a Map")),
        ("date_kept", tr!("a Date")),
    ]
    .into_iter()
    .filter(|(fact, _)| view.is(lane, trial, fact) == Some(false))
    .map(|(_, what)| what.to_owned())
    .collect();
    let function =
        view.text(lane, trial, "function").map(|it| tr!("a function is {}", quoted(&it)));
    let second = match (lost.is_empty(), function) {
        (true, _) => String::new(),
        (false, function) => tr!(
            "A message on {} loses {}{}.",
            lane,
            list(lost),
            function.map_or(String::new(), |it| format!("; {it}"))
        ),
    };
    Ok(Judgement::new(verdict, [first, second]))
}
