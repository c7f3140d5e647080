//! "Ideal For": what each is good at, by the claims that measure it.

use lab::{format, params};
use protocol::LaneId;
use protocol::report::{Measured, Params};
use texts::{text, tr};

use super::{buffers, crash};
use crate::view::{names, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "ideal",
    table: Table::Differences,
    feature: "Ideal For",
    experiments: &["compute", "share", "foreign", "crash"],
    cells: [
        Cell {
            statement: text!(
                "Work that keeps a processor busy gains from a second worker, and buffers are shared."
            ),
            nuance: text!(
                "Work that waits for files or the network gains nothing from a thread. Processes scale as \
                     well where little has to be sent."
            ),
            rests_on: &["buffers.threads"],
            judge: threads,
        },
        Cell {
            statement: text!("Other programs run as workers, and no crash reaches the caller."),
            nuance: text!("That costs a serialized form for everything that is sent."),
            rests_on: &["crash.processes"],
            judge: processes,
        },
    ],
};

/// Less is not worth the word.
const GAIN: f64 = 1.2;

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let column = Column::Threads;
    let asked = params([("metric", "speed_up".into())]);
    let best =
        view.lanes(column).iter().filter_map(|lane| Some((lane, fastest(view, lane, &asked)?)));
    let best = best.max_by(|(_, one), (_, other)| one.median.total_cmp(&other.median));
    let (lane, speed_up) = best.ok_or_else(|| view.missing(column, "compute", ""))?;
    let scales = match speed_up.ci95 {
        [low, _] if low > GAIN => Verdict::Holds,
        [_, high] if high < GAIN => Verdict::Fails,
        _ => Verdict::Nuance,
    };
    let shares = view.verdict(&buffers::ROW, column);
    let first = tr!(
        "All workers together are up to {} times as fast as one on {}{}.",
        format::figures(speed_up).0,
        lane,
        view.version()
    );
    let second = tr!("Sharing buffers {}.", shares.verdict.words());
    Ok(Judgement::new(scales.and(shares.verdict), [first, second]))
}

/// The greatest of a lane's figures.
fn fastest<'a>(view: &View<'a>, lane: &LaneId, asked: &Params) -> Option<&'a Measured> {
    view.all(lane, "compute", asked)
        .into_iter()
        .max_by(|one, other| one.median.total_cmp(&other.median))
}

fn processes(view: &View<'_>) -> Result<Judgement, String> {
    let column = Column::Processes;
    let mut runs = Vec::new();
    let mut last = String::new();
    for program in ["python", "shell", "node"] {
        match view.each(column, ("foreign", program), "runs") {
            Ok(all) => runs.push((program, all)),
            Err(why) => last = why,
        }
    }
    if runs.is_empty() {
        return Err(last);
    }
    let foreign = Verdict::of(runs.iter().flat_map(|(_, all)| all.iter().map(|(_, runs)| *runs)));
    let isolation = view.verdict(&crash::ROW, column);
    let told: Vec<String> = runs
        .iter()
        .map(|(program, all)| tr!("{} on {}", program, names(with(all, true))))
        .collect();
    let first = tr!("Programs that echo frames: {}{}.", told.join("; "), view.version());
    let second = tr!("That crashes stay with the child {}.", isolation.verdict.words());
    Ok(Judgement::new(foreign.and(isolation.verdict), [first, second]))
}
