//! "Communication": how messages get across.

use lab::format::time;
use lab::params;
use texts::{quoted, text, tr};

use crate::view::{names, with};
use crate::{Cell, Column, Judgement, Row, Table, Verdict, View};

pub(super) const ROW: Row = Row {
    id: "communication",
    table: Table::Differences,
    feature: "Communication",
    experiments: &["share", "echo"],
    cells: [
        Cell {
            statement: text!(
                "A message arrives as a structured clone (a Map stays a Map, a prototype is lost), and \
                        memory can be shared instead."
            ),
            nuance: text!("A buffer can also be transferred: then the sender has it no more."),
            rests_on: &[],
            judge: threads,
        },
        Cell {
            statement: text!("A message arrives as a copy that went through a serialized form."),
            nuance: text!(
                "The form is JSON, in which a Map is an empty object and bytes are digits; with \
                     serialization 'advanced' it is a structured clone: slower for small values, faster for \
                     large ones."
            ),
            rests_on: &[],
            judge: processes,
        },
    ],
};

fn threads(view: &View<'_>) -> Result<Judgement, String> {
    let trial = ("share", "variables");
    let maps = view.each(Column::Threads, trial, "map_kept").map_err(|why| {
        let measured = view.each(Column::Threads, trial, "change_seen").is_ok();
        let native = tr!("threads of a native program send values as they are, and clone nothing")
            .to_owned();
        if measured { native } else { why }
    })?;
    let prototypes = view.each(Column::Threads, trial, "prototype_kept")?;
    let shared = view.each(Column::Threads, ("share", "buffer"), "shared")?;
    let is_clone = Verdict::of(maps.iter().map(|(_, kept)| *kept))
        .and(Verdict::of(prototypes.iter().map(|(_, kept)| !kept)));
    let shares = if with(&shared, true).is_empty() { Verdict::Fails } else { Verdict::Holds };
    let lane = maps[0].0;
    let function = view.text(lane, trial, "function").unwrap_or_default();
    let function = quoted(&function);
    let first = tr!(
        "On {} a Map {}, a prototype {}, a function is {}{}.",
        names(maps.iter().map(|(lane, _)| *lane)),
        if maps[0].1 { tr!("stays one") } else { tr!("is lost") },
        if prototypes[0].1 { tr!("is kept") } else { tr!("is lost") },
        function,
        view.version()
    );
    Ok(Judgement::new(is_clone.and(shares), [first, echoes(view, Column::Threads)]))
}

fn processes(view: &View<'_>) -> Result<Judgement, String> {
    let trial = ("share", "variables");
    let seen = view.each(Column::Processes, trial, "change_seen")?;
    let verdict = Verdict::of(seen.iter().map(|(_, seen)| !seen));
    let maps = view.each(Column::Processes, trial, "map_kept").unwrap_or_default();
    let first = if maps.is_empty() {
        tr!("What arrives is a copy in bytes{}.", view.version())
    } else {
        let (kept, lost) = (with(&maps, true), with(&maps, false));
        let parts =
            [(tr!("lost"), lost), (tr!("kept"), kept)].into_iter().filter(|(_, on)| !on.is_empty());
        let parts: Vec<String> = parts.map(|(how, on)| tr!("{} on {}", how, names(on))).collect();
        tr!("A Map is {}{}.", parts.join(", "), view.version())
    };
    Ok(Judgement::new(verdict, [first, echoes(view, Column::Processes)]))
}

/// What a small and a large message take there and back.
fn echoes(view: &View<'_>, column: Column) -> String {
    let one = |lane, bytes: u64| {
        let asked = params([("bytes", bytes.into()), ("metric", "round_trip".into())]);
        view.figure(lane, "echo", &asked).map(|measured| time(measured.median))
    };
    let told = view
        .lanes(column)
        .iter()
        .filter_map(|lane| Some(tr!("{} {} and {}", lane, one(lane, 64)?, one(lane, 1 << 20)?)));
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return String::new();
    }
    tr!("64\u{a0}B and 1\u{a0}MiB there and back: {}.", told.join(", "))
}
