//! "Startup Cost": until the first answer.

use lab::params;
use protocol::LaneId;
use protocol::report::Params;
use texts::{text, tr};

use crate::order::{Order, order};
use crate::view::told;
use crate::{Cell, Column, Judgement, Platform, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "startup",
    table: Table::Differences,
    feature: "Startup Cost",
    experiments: &["startup", "identity"],
    cells: [
        Cell {
            statement: text!(
                "A worker answers sooner than a child process, and has no process of its own."
            ),
            nuance: text!(
                "Light beside a fork of the same runtime. A worker is a runtime, too: in Node it takes \
                     many times as long as a small native process."
            ),
            rests_on: &["process.threads"],
            judge: threads,
        },
        Cell {
            statement: text!(
                "A child process answers later than a worker thread, for it starts a whole runtime."
            ),
            nuance: text!(
                "It is the runtime that is heavy and not the process: a small program answers within a \
                     millisecond. Starting one also holds up the caller's event loop."
            ),
            rests_on: &["process.processes"],
            judge: processes,
        },
    ],
};

fn first_answer() -> Params {
    params([("metric", "first_answer".into())])
}

/// How long the caller was held up on a lane.
fn blocked(view: &View<'_>, lane: &LaneId) -> String {
    let asked = params([("metric", "blocked".into())]);
    let measured = view.figure(lane, "startup", &asked);
    measured.map_or(String::new(), |measured| {
        tr!("Of that, {} held up the caller on {}.", lab::format::figures(measured).0, lane)
    })
}

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let thread = view.best(Column::Threads, "startup", &first_answer())?;
    let process = view.best(Column::Processes, "startup", &first_answer())?;
    let alone = view.each(Column::Threads, ("identity", "process"), "same")?;
    let verdict = match order(thread.1, process.1) {
        Order::Less => Verdict::Holds,
        Order::More => Verdict::Fails,
        Order::Unclear => Verdict::Nuance,
    };
    let no_process = Verdict::of(alone.iter().map(|(_, same)| *same));
    let sentence = tr!("First answers: {}, {}{}.", told(thread), told(process), view.version());
    Ok(Judgement::new(verdict.and(no_process), [sentence, blocked(view, thread.0)]))
}

fn processes(view: &View<'_>) -> Result<Judgement, String> {
    let thread = view.best(Column::Threads, "startup", &first_answer())?;
    let process = view.best(Column::Processes, "startup", &first_answer())?;
    // A process that is no runtime, where the platform's own are.
    let bare = if view.platform() == Platform::Node {
        view.figure(&LaneId::PROCESS_SOCKET, "startup", &first_answer())
    } else {
        None
    };
    let bare_is_light = bare.filter(|bare| order(bare, thread.1) == Order::Less);
    let verdict = match order(process.1, thread.1) {
        Order::More if bare_is_light.is_some() => Verdict::Nuance,
        Order::More => Verdict::Holds,
        Order::Less => Verdict::Fails,
        Order::Unclear => Verdict::Nuance,
    };
    let sentence = tr!("First answers: {}, {}{}.", told(process), told(thread), view.version());
    let small = bare.map_or(String::new(), |bare| {
        tr!("A small native process: {}.", told((&LaneId::PROCESS_SOCKET, bare)))
    });
    Ok(Judgement::new(verdict, [sentence, small]))
}
