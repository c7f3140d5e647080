//! The map: the fastest lane over the work of a task and its payload, and the workload's own point on it.

use advisor::{Map, Winner, Workload};
use lab::format;
use leptos::ev::PointerEvent;
use leptos::html::Div;
use leptos::prelude::*;
use protocol::LaneId;
use texts::tr;

use super::guide;
use crate::chart::colour;

const COLUMNS: usize = 30;
const ROWS: usize = 18;
/// Of a cell, in the drawing's own units.
const CELL: usize = 20;
/// Every so manyth cell has its lane's letter.
const LETTERS: usize = 3;

#[component]
pub(super) fn MapView() -> impl IntoView {
    let guide = guide();
    let map = Memo::new(move |_| {
        let model = guide.model.get().ok()?;
        guide.advice.with(|advice| {
            let advice = advice.as_ref()?;
            guide.workload.with(|workload| {
                Some(Map::of(&model, advice, workload, COLUMNS, ROWS))
                    .filter(|it| !it.lanes.is_empty())
            })
        })
    });
    let at = Memo::new(move |_| guide.workload.with(Map::place));
    let area = NodeRef::<Div>::new();
    let dragging = RwSignal::new(false);
    let drag = move |event: &PointerEvent| {
        let Some(area) = area.get_untracked() else { return };
        let place = area.get_bounding_client_rect();
        let across = (f64::from(event.client_x()) - place.left()) / place.width();
        let down = (f64::from(event.client_y()) - place.top()) / place.height();
        guide
            .workload
            .update(|workload| *workload = rounded(Map::at(workload, [across, 1.0 - down])));
    };
    let cells = move || map.with(|map| map.as_ref().map(cells));
    let legend = move || map.with(|map| map.as_ref().map(legend));
    let words = move || map.with(|map| map.as_ref().map(|map| described(map, at.get())));
    view! {
        <figure class="map">
            <figcaption>
                {tr!("The fastest lane by the work of a task (across, from 10\u{a0}µs to 1\u{a0}s) and its payload (up, from 64\u{a0}B to 16\u{a0}MiB). \
                    Pale where another one is within a twentieth. Drag the point, or use the sliders.")}
            </figcaption>
            <div class="axes">
                <span class="up" aria-hidden="true">
                    <span>"64\u{a0}B"</span><span>{tr!("payload →")}</span><span>"16\u{a0}MiB"</span>
                </span>
                <div
                    class="area"
                    id="guide-map"
                    node_ref=area
                    role="img"
                    aria-label=words
                    on:pointerdown=move |event| {
                        dragging.set(true);
                        drag(&event);
                    }
                    on:pointermove=move |event| {
                        if dragging.get_untracked() && event.buttons() > 0 {
                            drag(&event);
                        }
                    }
                    on:pointerup=move |_| dragging.set(false)
                >
                    {cells}
                    <span
                        class="point"
                        style:left=move || format!("{:.2}%", at.get()[0] * 100.0)
                        style:bottom=move || format!("{:.2}%", at.get()[1] * 100.0)
                    ></span>
                </div>
                <span class="across" aria-hidden="true">
                    <span>"10\u{a0}µs"</span><span>{tr!("work of a task →")}</span><span>"1\u{a0}s"</span>
                </span>
            </div>
            <ul class="legend">{legend}</ul>
        </figure>
    }
}

/// Whole figures, as sliders have them.
fn rounded(workload: Workload) -> Workload {
    let digits = |value: f64| {
        let scale = 10_f64.powf(value.max(1.0).log10().floor() - 1.0);
        (value / scale).round() * scale
    };
    let (task, payload) = (digits(workload.task), digits(workload.payload as f64) as u64);
    Workload { task, payload, ..workload }
}

fn letter(lane: usize) -> char {
    char::from(b'A' + (lane % 26) as u8)
}

fn fill(lane: &LaneId) -> String {
    let colour = colour(lane);
    format!("rgb({} {} {})", colour.0, colour.1, colour.2)
}

/// One drawing: rows of neighbours that are alike are one rectangle.
fn cells(map: &Map) -> impl IntoView + use<> {
    let mut shapes = String::new();
    for (row, winners) in map.winners.chunks(COLUMNS).enumerate() {
        let y = (ROWS - 1 - row) * CELL;
        let mut from = 0;
        while from < winners.len() {
            let Winner { lane, close } = winners[from];
            let alike = |it: &&Winner| **it == winners[from];
            let count = winners[from..].iter().take_while(alike).count();
            let fill = fill(&map.lanes[lane]);
            let opacity = if close { 0.35 } else { 0.85 };
            // A little wider, so that no line shows between two.
            shapes += &format!(
                "<rect x='{}' y='{y}' width='{}' height='{}' fill='{fill}' opacity='{opacity}'/>",
                from * CELL,
                count * CELL,
                CELL
            );
            from += count;
        }
        if row % LETTERS == 1 {
            for (column, winner) in winners.iter().enumerate().skip(1).step_by(LETTERS) {
                shapes += &format!(
                    "<text x='{}' y='{}'>{}</text>",
                    column * CELL + CELL / 2,
                    y + CELL * 3 / 4,
                    letter(winner.lane)
                );
            }
        }
    }
    let size = format!("0 0 {} {}", COLUMNS * CELL, ROWS * CELL);
    view! {
        <svg viewBox=size preserveAspectRatio="none" shape-rendering="crispEdges" aria-hidden="true" focusable="false" inner_html=shapes></svg>
    }
}

fn legend(map: &Map) -> impl IntoView + use<> {
    let wins = |lane: usize| map.winners.iter().filter(|it| it.lane == lane).count();
    let item = |(at, lane): (usize, &LaneId)| {
        let part = 100 * wins(at) / map.winners.len().max(1);
        let words = tr!("{} {}: the fastest in {}\u{a0}% of the map", letter(at), lane, part);
        view! { <li><span class="swatch" style:background=fill(lane)></span>{words}</li> }
    };
    map.lanes.iter().enumerate().map(item).collect_view()
}

/// The map for whoever does not see it: the winner along the point's row and column.
fn described(map: &Map, [across, up]: [f64; 2]) -> String {
    let index = |part: f64, count: usize| ((part * count as f64) as usize).min(count - 1);
    let (column, row) = (index(across, COLUMNS), index(up, ROWS));
    let lane = |row: usize, column: usize| map.winners[row * COLUMNS + column].lane;
    let runs = |cells: Vec<usize>, edges: &[f64], say: fn(f64) -> String| {
        let mut told = Vec::new();
        let mut from = 0;
        for at in 1..=cells.len() {
            if at == cells.len() || cells[at] != cells[from] {
                told.push(tr!(
                    "{} from {} to {}",
                    map.lanes[cells[from]],
                    say(edges[from]),
                    say(edges[at])
                ));
                from = at;
            }
        }
        told.join(", ")
    };
    tr!(
        "Map of the fastest lane. At this payload, by the work of a task: {}. At this work, by the payload: {}.",
        runs((0..COLUMNS).map(|at| lane(row, at)).collect(), &map.tasks, format::time),
        runs((0..ROWS).map(|at| lane(at, column)).collect(), &map.payloads, |it| format::bytes(
            it as u64
        ))
    )
}
