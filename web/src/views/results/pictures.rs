//! The picture's comparison: the chart, and the table with every figure.

use lab::{Turn, format};
use leptos::prelude::*;
use protocol::report::Unit;
use stats::Summary;
use texts::{text, tr};

use super::{comparison, page_width, why};
use crate::chart::{Line, chart};
use crate::comparison::Phase;
use crate::model::{Outcome, Row, Rows, Trouble};
use crate::settings::{Settings, filter_name};

#[component]
pub(super) fn Pictures() -> impl IntoView {
    let comparison = comparison();
    let width = page_width();
    let drawing = Memo::new(move |_| {
        let lines: Vec<Line> = comparison.rows.read().iter().filter_map(line_of_chart).collect();
        chart(&lines, Unit::Nanoseconds, tr!("time per run, less is better"), width.get())
    });
    view! {
        <p>{move || {
            let name = comparison.measured_name.get();
            heading(&comparison.phase.get(), name, &comparison.rows.read())
        }}</p>
        <div class="chart" inner_html=move || drawing.get().unwrap_or_default()></div>
        <div class="scroll" tabindex="0" role="region" aria-label=tr!("Table of results")>
            {move || {
                let settings = settings(&comparison.phase.get());
                settings.filter(|settings| settings.pictures).map(|settings| table(&comparison.rows.read(), &settings))
            }}
        </div>
        <details hidden=move || comparison.rows.read().slowest().is_none()>
            <summary>{tr!("Every run")}</summary>
            <ul class="runs">{move || every_run(&comparison.rows.read())}</ul>
        </details>
    }
}

/// The runs as points, the middle half as a bar and the median across it. What was measured before a row failed is
/// shown, too.
fn line_of_chart(row: &Row) -> Option<Line> {
    let samples: Vec<f64> = row.samples.iter().map(|sample| sample.total.0 as f64).collect();
    let Turn { lane, workers } = &row.turn;
    (!samples.is_empty()).then(|| Line {
        name: format!("{lane} × {workers}"),
        lane: lane.clone(),
        is_other: false,
        figure: row.total().map(|total| (total.median, [total.q1, total.q3])),
        samples,
    })
}

fn settings(phase: &Phase) -> Option<Settings> {
    match phase {
        Phase::Idle | Phase::Elsewhere(_) => None,
        Phase::Running(progress) => Some(progress.settings),
        Phase::Finished(settings) | Phase::Cancelled(settings) => Some(*settings),
    }
}

fn heading(phase: &Phase, name: Option<String>, rows: &Rows) -> String {
    let Some(settings) = settings(phase) else {
        return tr!("Nothing has been measured yet.").to_owned();
    };
    if !settings.pictures {
        return String::new();
    }
    let picture = name.unwrap_or(tr!("the built-in picture").into());
    let yardstick = rows.yardstick().map_or(String::new(), |lane| {
        tr!(" “Relative” is that time over {}’s with as many workers.", lane)
    });
    tr!(
        "{} of {}. Medians of all timed runs, in brackets the middle half; \
         every run is a point in the chart (round: threads, triangles: processes). \
         A run goes from the request to the whole answer; “beside it” is what a run takes besides \
         the kernel: sending, waking, receiving. “End” is until the last worker has ended; browsers \
         do not tell. “Copied” counts the bytes that crossed between caller and \
         workers.{} “Speed-up” is over the same lane’s time with one worker.",
        filter_name(settings.filter),
        picture,
        yardstick
    )
}

/// What the chart shows as points, in words, in the order in which the runs were made.
fn every_run(rows: &Rows) -> impl IntoView + use<> {
    let measured = rows.iter().filter(|row| !row.samples.is_empty());
    let line = |row: &Row| {
        let times: Vec<String> =
            row.samples.iter().map(|sample| format::time(sample.total.0 as f64)).collect();
        let Turn { lane, workers } = &row.turn;
        let name = format!("{lane}, {}: ", format::workers(*workers));
        view! { <li><strong>{name}</strong>{times.join(", ")}</li> }
    };
    measured.map(line).collect_view()
}

/// The table's columns; a narrow screen shows each row as a card, with these names before its figures.
const COLUMNS: [&str; 13] = [
    text!("Lane"),
    text!("Workers"),
    text!("Runs"),
    text!("Time per run"),
    text!("Relative"),
    text!("Speed-up"),
    text!("Throughput"),
    text!("In the kernel"),
    text!("Beside it"),
    text!("Start-up"),
    text!("End"),
    text!("Copied"),
    text!("Checksum"),
];
/// Columns of a row's figures: all but its lane, workers and runs.
const LEFT: usize = COLUMNS.len() - 3;

// The roles say again what the elements say: cards are no longer tables to some browsers.
fn table(rows: &Rows, settings: &Settings) -> impl IntoView + use<> {
    let task = settings.task(1);
    let pixels = u64::from(task.width) * u64::from(task.height);
    let several = rows.iter().filter(|row| row.outcome() == Outcome::Measured).count() > 1;
    let heads = COLUMNS.map(|name| view! { <th scope="col" role="columnheader">{tr(name)}</th> });
    let body = rows.iter().map(|row| line(rows, row, pixels, several)).collect_view();
    view! {
        <table role="table">
            <thead role="rowgroup"><tr role="row">{heads}</tr></thead>
            <tbody role="rowgroup">{body}</tbody>
        </table>
    }
}

fn line(rows: &Rows, row: &Row, pixels: u64, several: bool) -> impl IntoView + use<> {
    let figures = match (&row.trouble, row.outcome()) {
        (Some(Trouble::Unavailable(reason)), _) => why::cell(LEFT, why::unavailable(reason)),
        (Some(Trouble::Failed(failure)), _) => {
            let kept = match row.samples.len() {
                0 => "",
                _ => tr!(" The runs before that are in the chart and under “Every run”."),
            };
            let words = why::failed(failure.stage, &failure.error);
            why::cell(LEFT, view! { {words}{kept} })
        }
        (None, Outcome::Measured) => measured(rows, row, pixels, several).into_any(),
        (None, _) => why::cell(LEFT, tr!("Its turn has not come.")),
    };
    let workers = match row.trouble {
        Some(Trouble::Unavailable(_)) => "–".to_owned(),
        _ => row.turn.workers.to_string(),
    };
    let runs = row.samples.len().to_string();
    view! {
        <tr
            role="row"
            data-lane=row.turn.lane.to_string()
            data-experiment="picture"
            data-workers=row.turn.workers.to_string()
            data-outcome=row.outcome().name()
        >
            <th scope="row" role="rowheader"><code>{row.turn.lane.to_string()}</code></th>
            {cell(1, workers)}
            {cell(2, runs)}
            {figures}
        </tr>
    }
}

fn cell(column: usize, content: impl IntoView) -> impl IntoView {
    view! { <td role="cell" data-column=tr(COLUMNS[column])><span>{content}</span></td> }
}

fn measured(rows: &Rows, row: &Row, pixels: u64, several: bool) -> impl IntoView + use<> {
    let factor = |it: Option<f64>| it.map_or("–".to_owned(), format::factor);
    let time = |summary: Option<Summary>| summary.map(|it| format::time(it.median));
    let total = row.total().map(|total| {
        let half = format!(" {}", format::time_range(total.q1, total.q3));
        view! {
            <strong>{format::time(total.median)}</strong>
            <span class="spread">{half}</span>
        }
    });
    let throughput = row.total().map(|total| format::throughput(pixels, total.median));
    let bytes = row.samples.iter().map(|sample| sample.bytes_copied).max().map(format::bytes);
    let end = row.end().map_or(tr!("not told").to_owned(), |end| format::time(end.median));
    let checksum = row.samples.first().map(|sample| sample.checksum.to_string());
    let short = checksum.as_ref().map(|sum| sum[..8].to_owned());
    view! {
        {cell(3, total)}
        {cell(4, factor(rows.relative(row)))}
        {cell(5, factor(rows.speed_up(row)))}
        {cell(6, throughput)}
        {cell(7, time(row.compute()))}
        {cell(8, time(row.transfer()))}
        {cell(9, time(row.startup()))}
        {cell(10, end)}
        {cell(11, bytes)}
        <td role="cell" data-column=tr(COLUMNS[12]) data-checksum=checksum>
            <span><code>{short}</code>{several.then_some(tr!(" agrees"))}</span>
        </td>
    }
}
