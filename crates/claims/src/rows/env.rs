//! "Environment Variables": inherited, and then?

use crate::view::{names, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};
use texts::{text, tr};

pub(super) const ROW: Row = Row {
    id: "env",
    table: Table::Sharing,
    feature: "Environment Variables",
    experiments: &["share"],
    cells: [
        Cell {
            statement: text!(
                "A worker has what was set before it started, and later changes are seen on neither side."
            ),
            nuance: text!(
                "With SHARE_ENV both have one environment. Threads of a native program always have."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Threads),
        },
        Cell {
            statement: text!(
                "A child has what was set before it started, and later changes are seen on neither side."
            ),
            nuance: text!(
                "What a child is given can be chosen: our own child program gets nothing."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Processes),
        },
    ],
};

fn judge(view: &View<'_>, column: Column) -> Result<Judgement, String> {
    let trial = ("share", "env");
    let inherited = view.each(column, trial, "inherited")?;
    let later = view.each(column, trial, "later_change_seen")?;
    let workers = view.each(column, trial, "workers_change_seen")?;
    let verdict = Verdict::of(inherited.iter().map(|(_, is)| *is))
        .and(Verdict::of(later.iter().chain(&workers).map(|(_, seen)| !seen)));
    // A platform that can do otherwise when it is asked to.
    let sharing = view.each(column, trial, "share_env").unwrap_or_default();
    let otherwise = with(&sharing, true);
    let verdict =
        if verdict == Verdict::Holds && !otherwise.is_empty() { Verdict::Nuance } else { verdict };
    let seen = with(&later, true);
    let first = tr!(
        "{} on {}; a later change {}{}.",
        if with(&inherited, false).is_empty() { tr!("Inherited") } else { tr!("Not inherited") },
        names(inherited.iter().map(|(lane, _)| *lane)),
        if seen.is_empty() {
            tr!("is not seen").to_owned()
        } else {
            tr!("is seen on {}", names(seen))
        },
        view.version()
    );
    let second = if otherwise.is_empty() {
        String::new()
    } else {
        tr!("With SHARE_ENV changes are seen both ways on {}.", names(otherwise))
    };
    Ok(Judgement::new(verdict, [first, second]))
}
