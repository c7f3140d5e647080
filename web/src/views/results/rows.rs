//! The table behind a chart: every figure with its interval, how it stands, and its samples.

use std::sync::Arc;

use lab::changes::word;
use lab::format;
use leptos::prelude::*;
use protocol::desk::Change;
use protocol::report::{Measured, Report, ReportRow, RowOutcome, Unit};
use protocol::study::{Placing, Standing};
use texts::{text, tr, translated};
use wasm_bindgen::JsCast;
use web_sys::HtmlDetailsElement;

use super::{shortened, why};
use crate::assets;
use crate::look::{Beside, Look};

/// A row of a report, and what it is held against.
#[derive(Clone, Debug)]
pub(super) struct Row {
    report: Arc<Report>,
    at: usize,
    standing: Option<Standing>,
    /// Of which other report it is, if it is.
    other: Option<Other>,
}

#[derive(Clone, Debug)]
struct Other {
    /// Among those that lie beside.
    place: usize,
    name: String,
    change: Option<Change>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        let change = |row: &Self| row.other.as_ref().map(|it| (it.place, it.change.clone()));
        Arc::ptr_eq(&self.report, &other.report)
            && self.at == other.at
            && self.standing == other.standing
            && change(self) == change(other)
    }
}

impl Row {
    /// Of the report that is looked at.
    pub(super) fn own(report: &Arc<Report>, at: usize, standings: &[Standing]) -> Self {
        let standing = standings.binary_search_by_key(&at, |standing| standing.row as usize);
        let standing = standing.ok().map(|place| standings[place].clone());
        Self { report: report.clone(), at, standing, other: None }
    }

    /// Of one that lies beside it.
    pub(super) fn beside(beside: &Beside, place: usize, at: usize) -> Self {
        let change = beside.changes.binary_search_by_key(&at, |change| change.other as usize);
        let change = change.ok().map(|place| beside.changes[place].clone());
        let other = Some(Other { place, name: beside.held.name(), change });
        Self { report: beside.held.report.clone(), at, standing: None, other }
    }

    pub(super) fn row(&self) -> &ReportRow {
        &self.report.results[self.at]
    }

    pub(super) fn is_other(&self) -> bool {
        self.other.is_some()
    }

    /// The lane, and whose it is.
    pub(super) fn name(&self) -> String {
        match &self.other {
            Some(other) => format!("{} ({})", name(self.row()), other.name),
            None => name(self.row()),
        }
    }

    /// Where it stands among rows of other reports.
    pub(super) fn order(&self) -> (usize, usize) {
        (self.other.as_ref().map_or(0, |other| other.place + 1), self.at)
    }

    /// In the page.
    pub(super) fn id(&self) -> String {
        let (place, at) = self.order();
        format!("row-{place}-{at}")
    }

    fn against(&self) -> String {
        match (&self.standing, &self.other) {
            (Some(standing), _) => against(standing),
            (None, Some(Other { change: Some(change), .. })) => {
                changed(change, measured(self.row()).map_or(Unit::Ratio, |it| it.unit))
            }
            _ => "–".to_owned(),
        }
    }
}

pub(super) fn measured(row: &ReportRow) -> Option<&Measured> {
    match &row.outcome {
        RowOutcome::Measured(measured) => Some(measured),
        _ => None,
    }
}

/// Less is better; what has no figure is worst.
pub(super) fn badness(row: &ReportRow) -> f64 {
    measured(row).map_or(f64::INFINITY, |measured| match measured.unit {
        Unit::Nanoseconds | Unit::Bytes => measured.median,
        Unit::TasksPerSecond | Unit::Ratio => -measured.median,
    })
}

/// The lane, and what only some lanes have.
pub(super) fn name(row: &ReportRow) -> String {
    let variants: Vec<String> = ["touch", "wait"]
        .into_iter()
        .filter_map(|variant| row.params.get(variant))
        .map(|value| translated(&value.to_string().replace('_', " ")).into_owned())
        .collect();
    match variants.join(", ") {
        none if none.is_empty() => row.lane.to_string(),
        variants => format!("{} ({variants})", row.lane),
    }
}

/// All that a row says, in a sentence. `yardstick` is what the report's rows are held against.
pub(super) fn told(row: &Row, measured: &Measured, yardstick: &str) -> String {
    let (median, interval) = format::figures(measured);
    let against = match (&row.standing, &row.other) {
        (Some(Standing { verdict: Placing::Best | Placing::Baseline, .. }), _) => {
            format!(", {}", row.against())
        }
        (Some(_), _) => tr!(", against {}: {}", yardstick, row.against()),
        (None, Some(Other { change: Some(_), .. })) => {
            tr!(", against the same row here: {}", row.against())
        }
        _ => String::new(),
    };
    tr!("{}: {}, 95% interval {}{}", row.name(), median, interval, against)
}

const COLUMNS: [&str; 6] = [
    text!("Lane"),
    text!("Median"),
    text!("95% interval"),
    text!("Against"),
    text!("Crosses, or was seen"),
    text!("Samples"),
];

// The roles say again what the elements say: cards are no longer tables to some browsers.
#[component]
pub(super) fn Table(rows: Vec<Row>, look: Look) -> impl IntoView {
    let heads = COLUMNS.into_iter().enumerate().map(move |(column, name)| {
        let words = move || match (column, look.baseline.get()) {
            (3, None) => tr!("Against the best").to_owned(),
            (3, Some(lane)) => tr!("Against {}", lane),
            _ => tr(name).to_owned(),
        };
        view! { <th scope="col" role="columnheader">{words}</th> }
    });
    view! {
        <table role="table">
            <thead role="rowgroup"><tr role="row">{heads.collect_view()}</tr></thead>
            {body(rows.into(), 0)}
        </table>
    }
}

/// Rows of a table that are shown at first, and with each further button: there is one for each way on each lane.
pub(super) const ROWS: usize = 50;

/// The rows from there on.
fn body(rows: Arc<[Row]>, from: usize) -> AnyView {
    let to = rows.len().min(from + ROWS);
    let lines = rows[from..to].iter().cloned().map(line).collect_view();
    let more = rows.len() - to;
    let next = (more > 0).then(|| {
        let is_open = RwSignal::new(false);
        move || {
            if is_open.get() {
                return body(rows.clone(), to);
            }
            view! {
                <tbody role="rowgroup">
                    <tr role="row">
                        <td role="cell" colspan=COLUMNS.len().to_string()>
                            <button type="button" class="more" on:click=move |_| is_open.set(true)>
                                {tr!("{} more of {}", more.min(ROWS), more)}
                            </button>
                        </td>
                    </tr>
                </tbody>
            }
            .into_any()
        }
    });
    view! { <tbody role="rowgroup">{lines}</tbody>{next} }.into_any()
}

fn line(row: Row) -> impl IntoView {
    let it = row.row();
    let (outcome, figures) = match &it.outcome {
        RowOutcome::Measured(measured) => {
            let (median, interval) = format::figures(measured);
            let last = match seen(measured) {
                Some(facts) => view! {
                    <td role="cell" data-column=tr(COLUMNS[4]) class="seen"><span lang="en">{facts}</span></td>
                }
                .into_any(),
                None => {
                    let crossing = format::crossing(measured.crossing).unwrap_or("–".into());
                    cell(4, crossing.into_any()).into_any()
                }
            };
            let figures = view! {
                {cell(1, view! { <strong>{median}</strong> }.into_any())}
                {cell(2, interval.into_any())}
                {cell(3, row.against().into_any())}
                {last}
                {cell(5, samples(row.report.clone(), row.at, measured.n))}
            };
            ("measured", figures.into_any())
        }
        RowOutcome::Unavailable { reason } => {
            ("unavailable", why::cell(COLUMNS.len() - 1, why::unavailable(reason)))
        }
        RowOutcome::Failed { stage, error } => {
            ("failed", why::cell(COLUMNS.len() - 1, why::failed(*stage, error)))
        }
    };
    view! {
        <tr
            role="row"
            id=row.id()
            data-lane=it.lane.to_string()
            data-experiment=it.experiment.clone()
            data-outcome=outcome
            data-report=row.other.as_ref().map(|other| other.name.clone())
        >
            <th scope="row" role="rowheader"><code>{row.name()}</code></th>
            {figures}
        </tr>
    }
}

/// Samples of a row that are written down.
const SAMPLES: usize = 5000;

/// How many there are and, for whoever wants them, each. A long report has a hundred thousand: they are written down
/// when somebody asks.
fn samples(report: Arc<Report>, at: usize, count: u32) -> AnyView {
    let open = RwSignal::new(false);
    let method = assets::method(&report.results[at].experiment);
    let toggled = move |event: leptos::ev::Event| {
        let details: Option<HtmlDetailsElement> = event.target().and_then(|it| it.dyn_into().ok());
        if let Some(details) = details {
            open.set(details.open());
        }
    };
    let blocks = move || {
        let measured = measured(&report.results[at]).filter(|_| open.get())?;
        if measured.samples.is_empty() {
            return Some(
                view! { <p>{tr!("This report is a summary, without its samples.")}</p> }.into_any(),
            );
        }
        let mut left = SAMPLES;
        let mut blocks = measured.by_block();
        for block in &mut blocks {
            block.truncate(left);
            left -= block.len();
        }
        let block = |samples: Vec<f64>| {
            let one = |sample| format::figure(sample, measured.unit);
            let samples: Vec<String> = samples.into_iter().map(one).collect();
            view! { <li>{samples.join(", ")}</li> }
        };
        let blocks = blocks.into_iter().filter(|block| !block.is_empty());
        let more = measured.samples.len().saturating_sub(SAMPLES);
        let more = (more > 0).then(|| {
            let words = tr!("{} more are in “Every sample as CSV”.", more);
            view! { <p>{words}</p> }
        });
        Some(view! { <ol>{blocks.map(block).collect_view()}</ol>{more} }.into_any())
    };
    view! {
        <details class="samples" on:toggle=toggled>
            <summary>{count}</summary>
            {blocks}
            <a href=method>{tr!("How it was measured")}</a>
        </details>
    }
    .into_any()
}

/// What a trial saw, in words.
fn seen(measured: &Measured) -> Option<String> {
    let facts = &measured.seen.first()?.facts;
    let told = facts.iter().map(|(name, fact)| format!("{}: {fact}", name.replace('_', " ")));
    Some(shortened(&told.collect::<Vec<_>>().join(", ")).into_owned())
}

fn against(standing: &Standing) -> String {
    let [low, high] = standing.ci95.map(format::factor);
    let interval = format!("[{low}, {high}]");
    match standing.verdict {
        Placing::Best => tr!("the best").to_owned(),
        Placing::Baseline => tr!("what the others are held against").to_owned(),
        Placing::Equivalent => tr!("as good {}", interval),
        Placing::Behind | Placing::Ahead => {
            format!("{} {interval}", format::factor(standing.ratio))
        }
        Placing::TooCloseToCall => tr!("too close to call {}", interval),
    }
}

fn changed(change: &Change, unit: Unit) -> String {
    let [low, high] = change.ci95.map(format::factor);
    format!("{}: {} [{low}, {high}]", word(change.verdict, unit), format::factor(change.ratio))
}

fn cell(column: usize, content: AnyView) -> impl IntoView {
    view! { <td role="cell" data-column=tr(COLUMNS[column])><span>{content}</span></td> }
}
