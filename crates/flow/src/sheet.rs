//! A sheet: two lanes side by side, on one A4 page, with what is to be read in it.

use lab::{format, scenarios};
use protocol::LaneKind;
use protocol::report::Report;
use svg::Document;
use svg::Node;
use svg::node::element::{Group, Style};
use texts::tr;

use crate::caption::caption;
use crate::film::Film;
use crate::pen::{Anchor, STYLE, arrow, group, label, line, rectangle, text, width_of, wrapped};
use crate::structure::structure;
use crate::time::{ROW, View, time};

/// Width and height of a sheet: A4, lying, at 96 pixels an inch. One with many workers is higher.
const WIDTH: f64 = 1123.0;
const HEIGHT: f64 = 794.0;
const MARGIN: f64 = 34.0;
/// Between the two lanes.
const BETWEEN: f64 = 30.0;
const LETTERS: f64 = 11.0;
const SMALL: f64 = 9.5;

/// Draws recordings side by side, on one scale of time. `of` says which machine they are from, and how they came
/// about.
#[must_use]
pub fn sheet(heading: &str, films: &[&Film], of: &str) -> String {
    let count = films.len().max(1) as f64;
    let width = (WIDTH - 2.0 * MARGIN - (count - 1.0) * BETWEEN) / count;
    let length = films.iter().map(|film| film.length()).max().unwrap_or(1);
    let mut body = group("body");
    let top = MARGIN + 44.0;
    body.append(text("title", [MARGIN, MARGIN + 12.0], Anchor::Start, heading));
    body.append(text("small", [MARGIN, MARGIN + 30.0], Anchor::Start, of));
    let structures: Vec<(Group, f64)> =
        films.iter().map(|film| structure(film, width, None)).collect();
    let tallest = structures.iter().map(|(_, height)| *height).fold(0.0, f64::max);
    let mut bottom = top;
    for (number, (film, (structure, _))) in films.iter().zip(structures).enumerate() {
        let left = MARGIN + number as f64 * (width + BETWEEN);
        let mut column = group("column").set("transform", format!("translate({left:.1} {top:.1})"));
        column.append(text("lane", [0.0, 12.0], Anchor::Start, film.recording.lane.to_string()));
        column.append(text("", [width, 12.0], Anchor::End, kind(film)));
        column.append(group("").set("transform", "translate(0 22)").add(structure));
        let y = 22.0 + tallest + 14.0;
        let rows = films.iter().map(|film| film.recording.tracks.len()).max().unwrap_or(1);
        // What is left of the page.
        let row = ((HEIGHT - top - y - 190.0) / rows as f64).clamp(ROW, 84.0);
        let (picture, height) = time(film, &View { row, ..View::whole(length, width) });
        column.append(group("").set("transform", format!("translate(0 {y:.1})")).add(picture));
        let mut y = y + height + 14.0;
        for words in wrapped(&caption(&film.recording), LETTERS, width) {
            column.append(text("", [0.0, y], Anchor::Start, words));
            y += 15.0;
        }
        bottom = bottom.max(top + y);
        body.append(column);
    }
    let (legend, below) = legend(WIDTH - 2.0 * MARGIN);
    body.append(legend.set("transform", format!("translate({MARGIN} {bottom:.1})")));
    let height = (bottom + below + 14.0).max(HEIGHT);
    Document::new()
        .set("viewBox", (0, 0, WIDTH, crate::pen::round(height)))
        .set("width", "297mm")
        .set("height", format!("{:.1}mm", height / HEIGHT * 210.0))
        .set("role", "img")
        .set("aria-label", label(heading))
        .add(Style::new(STYLE))
        .add(rectangle("sheet", [0.0, 0.0, WIDTH, height]))
        .add(body)
        .to_string()
}

fn kind(film: &Film) -> &'static str {
    match film.recording.kind {
        LaneKind::Main => tr!("the caller alone"),
        LaneKind::Thread => tr!("worker threads"),
        LaneKind::Process => tr!("child processes"),
    }
}

/// What is to be read in the pictures, in lines of at most this width; returns it and its height.
#[must_use]
pub fn legend(width: f64) -> (Group, f64) {
    let mut all = group("legend");
    all.append(line("row", [0.0, 0.0], [width, 0.0]));
    let [mut x, mut y] = [0.0, 18.0];
    let mut place = |sign: f64, words: &str| {
        let wide = sign + 5.0 + width_of(words, SMALL);
        if x > 0.0 && x + wide > width {
            [x, y] = [0.0, y + 19.0];
        }
        let at = [x, y];
        x += wide + 14.0;
        at
    };
    let words = |[x, y]: [f64; 2], sign: f64, words: &str| {
        text("small", [x + sign + 5.0, y + 3.5], Anchor::Start, words)
    };
    for (class, height, name) in [
        ("computing", 16.0, tr!("computes")),
        ("copying", 12.0, tr!("copies or sends")),
        ("blocked", 12.0, tr!("held up")),
        ("awake", 8.0, tr!("awake")),
        ("waiting", 5.0, tr!("waits")),
        ("unknown", 8.0, tr!("not known")),
    ] {
        let at = place(24.0, name);
        all.append(rectangle(class, [at[0], at[1] - height / 2.0, 24.0, height]));
        all.append(words(at, 24.0, name));
    }
    for (class, name) in [
        ("message copied", tr!("copied")),
        ("message moved", tr!("handed over for good")),
        ("message shared", tr!("in shared memory")),
        ("message copied unordered", tr!("both ends within one step of the clock")),
    ] {
        let at = place(30.0, name);
        all.append(arrow(class, at, [at[0] + 30.0, at[1]], 1.5));
        all.append(words(at, 30.0, name));
    }
    for (sign, name) in [
        ("[", tr!("asked for")),
        ("○", tr!("ready")),
        ("✕", tr!("crashed")),
        ("|", tr!("gone")),
        ("↻", tr!("an event loop")),
    ] {
        let at = place(10.0, name);
        all.append(text("small", [at[0] + 5.0, at[1] + 3.5], Anchor::Middle, sign));
        all.append(words(at, 10.0, name));
    }
    let height = y + 16.0;
    (all, height)
}

/// Of a report: which machine, and how its recordings came about.
#[must_use]
pub fn origin(report: &Report) -> String {
    let machine = &report.machine;
    let versions = [
        Some(format!("Breakeven {}", machine.runner)),
        machine.node.as_ref().map(|node| format!("Node {}", node.trim_start_matches('v'))),
        machine.browser.as_ref().map(|browser| browser.name.clone()),
    ];
    let versions: Vec<String> = versions.into_iter().flatten().collect();
    let cost = report.trace.iter().flat_map(|it| &it.tracks).map(|track| track.cost);
    let cost = cost.fold(0.0, f64::max);
    tr!(
        "{}, {} processors, {}; {}. What happened in one run, as caller and workers noted it; a note takes {} \
         at most.",
        machine.cpu,
        machine.cores,
        machine.system,
        versions.join(", "),
        format::time(cost)
    )
}

/// A scenario's heading for a sheet of these lanes.
#[must_use]
pub fn heading(scenario: &str, lanes: &[&str]) -> String {
    let title = scenarios::find(scenario).map_or(scenario, |it| tr(it.title));
    match lanes {
        [left, right] => tr!("{}: {} and {}", title, left, right),
        _ => format!("{title}: {}", lanes.join(", ")),
    }
}
