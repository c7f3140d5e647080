//! "Memory Buffers": shared, or copied.

use lab::format;
use protocol::LaneId;
use protocol::trial::Fact;
use texts::{text, tr};

use super::memory::no_sharing;
use crate::view::{names, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "buffers",
    table: Table::Sharing,
    feature: "Memory Buffers",
    experiments: &["share", "echo"],
    cells: [
        Cell {
            statement: text!(
                "What one side writes into a shared buffer the other sees, and no byte is copied."
            ),
            nuance: text!(
                "Instant is as fast as the other side looks: one that sleeps must be woken, which takes \
                     tens of microseconds. A transfer is no sharing: the sender loses the buffer."
            ),
            rests_on: &[],
            judge: threads,
        },
        Cell {
            statement: text!("A buffer that is sent arrives as a copy, and none can be shared."),
            nuance: text!(
                "True of Node's calls. The system shares memory between processes as well as between \
                     threads: process.shm does it."
            ),
            rests_on: &[],
            judge: processes,
        },
    ],
};

fn copied(view: &View<'_>, lane: &LaneId) -> Option<u64> {
    match view.facts(lane, "share", "buffer")?.get("bytes_copied")? {
        Fact::Count(count) => Some(*count),
        _ => None,
    }
}

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let shared = view.each(Column::Threads, ("share", "buffer"), "shared")?;
    let sharing = with(&shared, true);
    let Some(lane) = sharing.first() else {
        let first = tr!("No write was seen on {}{}.", names(with(&shared, false)), view.version());
        return Ok(Judgement::new(Verdict::Fails, [first]));
    };
    let bytes = copied(view, lane).unwrap_or_default();
    let verdict = if bytes == 0 { Verdict::Holds } else { Verdict::Nuance };
    let (_, measured) =
        view.measured_trial(lane, "share", "buffer").ok_or(tr!("no time was measured"))?;
    let first = tr!(
        "A write to 1\u{a0}MiB is seen on {} after {}, and {} bytes are copied{}.",
        lane,
        format::figures(measured).0,
        bytes,
        view.version()
    );
    let moves: Vec<&LaneId> = with(&shared, false)
        .into_iter()
        .filter(|lane| {
            view.text(lane, ("share", "buffer"), "transfer").as_deref() == Some("moves")
                || view.is(lane, ("share", "buffer"), "sender_keeps_it") == Some(false)
        })
        .collect();
    let second = if moves.is_empty() {
        String::new()
    } else {
        tr!("A transfer on {} takes the buffer from its sender.", names(moves))
    };
    Ok(Judgement::new(verdict, [first, second]))
}

fn processes(view: &View<'_>) -> Result<Judgement, String> {
    let (verdict, words) = no_sharing(view)?;
    let told = view.lanes(Column::Processes).iter().filter_map(|lane| {
        let bytes = copied(view, lane).filter(|bytes| *bytes > 0)?;
        Some(format!("{lane} {}", format::bytes(bytes)))
    });
    let told: Vec<String> = told.collect();
    let first = if told.is_empty() {
        String::new()
    } else {
        tr!("1\u{a0}MiB crosses as copies of {}{}.", told.join(", "), view.version())
    };
    Ok(Judgement::new(verdict, [first, words]))
}
