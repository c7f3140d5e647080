//! "Database Connections": handed over, or one each.

use crate::view::{list, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};
use texts::{quoted, text, tr};

pub(super) const ROW: Row = Row {
    id: "database",
    table: Table::Sharing,
    feature: "Database Connections",
    experiments: &["share"],
    cells: [
        Cell {
            statement: text!(
                "An open connection cannot be used on the other side, and one opened on each side can."
            ),
            nuance: text!(
                "In Rust the compiler lets threads share a connection behind a lock: then one waits for the \
                     other."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Threads),
        },
        Cell {
            statement: text!(
                "An open connection cannot be used on the other side, and one opened on each side can."
            ),
            nuance: text!(
                "The socket of a connection can be passed to another process. That shares no connection, it \
                     damages one: two then speak on one protocol stream."
            ),
            rests_on: &[],
            judge: |view| judge(view, Column::Processes),
        },
    ],
};

const ENGINES: [&str; 2] = ["database", "database-server"];

fn judge(view: &View<'_>, column: Column) -> Result<Judgement, String> {
    let mut verdicts = Vec::new();
    let mut sentences = Vec::new();
    let mut missing = Vec::new();
    for engine in ENGINES {
        let trial = ("share", engine);
        let passed = match view.each(column, trial, "connection_passed") {
            Ok(passed) => passed,
            Err(why) => {
                if !missing.contains(&why) {
                    missing.push(why);
                }
                continue;
            }
        };
        let own = view.each(column, trial, "own_connections_work")?;
        let locked = view.each(column, trial, "behind_a_lock").unwrap_or_default();
        let damaged = view.each(column, trial, "stream_damaged").unwrap_or_default();
        let each = Verdict::of(passed.iter().map(|(_, passed)| !passed))
            .and(Verdict::of(own.iter().map(|(_, works)| *works)));
        // What can be shared behind a lock is shareable after all.
        let shareable = locked.iter().any(|(_, works)| *works);
        verdicts.push(if shareable && each == Verdict::Holds { Verdict::Nuance } else { each });
        let lane = passed[0].0;
        let name = view.text(lane, trial, "engine").unwrap_or_else(|| engine.to_owned());
        let said = view.text(lane, trial, "said").unwrap_or_default();
        let said = quoted(said.trim_end_matches('.'));
        let mut sentence = tr!("{} on {}: {}", quoted(&name), lane, said);
        if shareable {
            sentence += tr!("; behind a lock it works");
        }
        if let Some(lane) = with(&damaged, true).first() {
            sentence += &tr!("; passed as a socket on {} its stream is damaged", lane);
        }
        sentences.push(sentence + ".");
    }
    let Some(verdict) = verdicts.into_iter().reduce(Verdict::and) else {
        return Err(list(missing));
    };
    let version = view.version();
    let last = tr!("One connection each works, with a transaction on each side{}.", version);
    let own = view.each(column, ("share", ENGINES[0]), "own_connections_work");
    let works = own.is_ok_and(|all| all.iter().all(|(_, works)| *works));
    let mut evidence = sentences;
    evidence.extend(works.then_some(last));
    Ok(Judgement { verdict, evidence })
}
