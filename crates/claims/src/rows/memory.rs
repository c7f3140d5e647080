//! "Memory Space": one heap, or one each, and what can be shared.

use lab::format;
use protocol::LaneId;
use texts::{quoted, text, tr};

use crate::view::{SYSTEM_SHARING, names, with};
use crate::{Cell, Column, Judgement, Platform, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "memory",
    table: Table::Differences,
    feature: "Memory Space",
    experiments: &["identity", "share"],
    cells: [
        Cell {
            statement: text!(
                "What one side allocates is not in the other's heap, and a buffer can be shared."
            ),
            nuance: text!(
                "The heaps are V8's. The memory around them is one: what fills it, or writes where it \
                     must not, meets both. In Rust threads there is but one heap."
            ),
            rests_on: &[],
            judge: threads,
        },
        Cell {
            statement: text!(
                "What one side allocates is not in the other's heap, and no buffer can be shared."
            ),
            nuance: text!(
                "Node has no call for it; the system has: a memfd that both map, as process.shm does. \
                     Waking the other side takes a system call all the same."
            ),
            rests_on: &[],
            judge: processes,
        },
    ],
};

/// Whether each side has what it allocates for itself: by the heap, or, where nobody tells that, by its globals.
fn apart(view: &View<'_>, column: Column) -> Result<Vec<(&'static LaneId, bool)>, String> {
    let heap = view.each(column, ("identity", "heap"), "same");
    let all = heap.or_else(|_| view.each(column, ("identity", "globals"), "same"))?;
    Ok(all.into_iter().map(|(lane, same)| (lane, !same)).collect())
}

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let column = Column::Threads;
    let apart = apart(view, column)?;
    let shared = view.each(column, ("share", "buffer"), "shared")?;
    let sharing = with(&shared, true);
    let separate = Verdict::of(apart.iter().map(|(_, apart)| *apart));
    let can = if sharing.is_empty() { Verdict::Fails } else { Verdict::Holds };
    let heaps = match separate {
        Verdict::Holds => tr!("Worker and caller have a heap each"),
        _ => tr!("Worker and caller share one heap"),
    };
    let first = format!("{heaps}{}.", view.version());
    Ok(Judgement::new(separate.and(can), [first, sharing_in_words(view, &sharing)]))
}

fn sharing_in_words(view: &View<'_>, sharing: &[&LaneId]) -> String {
    let Some(lane) = sharing.first() else {
        return tr!("On no lane did a write to a buffer show on the other side.").to_owned();
    };
    let time = view.measured_trial(lane, "share", "buffer").map(|(_, measured)| measured.median);
    let time = time.map_or(String::new(), |time| tr!(", after {}", format::time(time)));
    tr!("On {} a write to a shared buffer is seen{}.", names(sharing.iter().copied()), time)
}

pub(super) fn processes(view: &View<'_>) -> Result<Judgement, String> {
    let column = Column::Processes;
    let apart = apart(view, column)?;
    let (verdict, evidence) = no_sharing(view)?;
    let isolated = Verdict::of(apart.iter().map(|(_, apart)| *apart));
    let words = match isolated {
        Verdict::Holds => tr!("Worker and caller have a heap each"),
        _ => tr!("A worker's heap is its caller's"),
    };
    let verdict = if isolated == Verdict::Fails { isolated } else { isolated.and(verdict) };
    Ok(Judgement::new(verdict, [format!("{words}{}.", view.version()), evidence]))
}

/// Whether processes share no buffer: not by the platform's own calls, and not by the system's.
pub(super) fn no_sharing(view: &View<'_>) -> Result<(Verdict, String), String> {
    let shared = view.each(Column::Processes, ("share", "buffer"), "shared")?;
    let sharing = with(&shared, true);
    let copying = with(&shared, false);
    let refused: Vec<String> = copying
        .iter()
        .filter_map(|lane| {
            let said = view.text(lane, ("share", "buffer"), "shared_array_buffer")?;
            Some(tr!("on {} a SharedArrayBuffer {}", lane, quoted(said.trim_end_matches('.'))))
        })
        .collect();
    if view.platform() == Platform::Rust || !sharing.is_empty() {
        let words = sharing_in_words(view, &sharing);
        let verdict = Verdict::of(shared.iter().map(|(_, shared)| !shared));
        return Ok((verdict, words));
    }
    let by_system = view.is(&SYSTEM_SHARING, ("share", "buffer"), "shared") == Some(true);
    let mut words = capital_list(&refused);
    if by_system {
        words += &format!(" {}", sharing_in_words(view, &[&SYSTEM_SHARING]));
    }
    let verdict = if by_system { Verdict::Nuance } else { Verdict::Holds };
    Ok((verdict, words.trim().to_owned()))
}

fn capital_list(all: &[String]) -> String {
    if all.is_empty() {
        return tr!("Nothing that one side writes shows on the other.").to_owned();
    }
    tr!("With Node's own calls: {}.", all.join(", "))
}
