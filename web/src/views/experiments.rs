//! What the experiments gave: per question the lanes side by side, the best one first.

use std::collections::BTreeMap;

use lab::experiments::{ALL, Experiment, workload::WORKLOAD};
use lab::format;
use lab::standings::question;
use leptos::prelude::*;
use protocol::report::{Measured, Params, Report, ReportRow, RowOutcome, Unit};
use protocol::study::{Placing, Standing, StudyEnd};

use super::{comparison, is_wide};
use crate::comparison::Study;

#[component]
pub(super) fn Experiments() -> impl IntoView {
    let comparison = comparison();
    // Drawn when it is over: drawing it after each block would disturb the next one.
    let over = Memo::new(move |_| comparison.study.get().filter(|study| study.end.is_some()));
    let shown = move || match comparison.shelf.chosen.get() {
        Some(held) => Some(sections(&held.report, &held.standings, None)),
        None => over.get().map(|study| all(&study)),
    };
    view! { <div class="experiments-results">{shown}</div> }
}

fn all(study: &Study) -> AnyView {
    match &study.report {
        Some(report) => sections(report, &study.standings, study.end.as_ref()),
        None => {
            let why = match &study.end {
                Some(StudyEnd::Stopped(why)) => format!("The experiments gave nothing: {why}."),
                _ => "The experiments were ended before their first block.".to_owned(),
            };
            view! { <p>{why}</p> }.into_any()
        }
    }
}

fn sections(report: &Report, standings: &[Standing], end: Option<&StudyEnd>) -> AnyView {
    let standings: BTreeMap<usize, &Standing> =
        standings.iter().map(|standing| (standing.row as usize, standing)).collect();
    let known = ALL.into_iter().chain([&WORKLOAD]);
    let sections = known.filter_map(|it| section(it, report, &standings));
    let warnings = report.run.warnings.iter().map(|warning| view! { <li>{warning.clone()}</li> });
    view! {
        <p>{taken(report, end)}</p>
        <ul class="warnings">{warnings.collect_view()}</ul>
        {sections.collect_view()}
    }
    .into_any()
}

/// How the figures were taken.
fn taken(report: &Report, end: Option<&StudyEnd>) -> String {
    let run = &report.run;
    let how = match end {
        Some(StudyEnd::Stopped(why)) => format!(" It could not go on: {why}."),
        Some(StudyEnd::Cancelled) => {
            " It was cancelled; unfinished blocks are left out.".to_owned()
        }
        _ => String::new(),
    };
    let browser = report.machine.browser.as_ref().map_or(String::new(), |browser| {
        let tick = format::time(browser.clock.tick);
        let relation = browser.relation.map_or(String::new(), |relation| {
            format!(", related to the runner’s clock to ±{}", format::time(relation.error))
        });
        format!(
            " The browser is {}; its workers’ clock has steps of {tick}{relation}.",
            browser.name
        )
    });
    format!(
        "Medians of {} of {} blocks at most, in brackets their 95% intervals; in each block every lane \
         had its turns once, in random order.{browser} A lane is behind, or as good as the best one, only \
         where the samples say so for all rows together; else it is too close to call.{how}",
        run.finished, run.blocks
    )
}

type Asked<'a> = (Params, Vec<(usize, &'a ReportRow)>);

fn section(
    experiment: &Experiment,
    report: &Report,
    standings: &BTreeMap<usize, &Standing>,
) -> Option<AnyView> {
    let mut questions: Vec<Asked<'_>> = Vec::new();
    for (at, row) in report.results.iter().enumerate() {
        if row.experiment != experiment.id {
            continue;
        }
        let asked = question(&row.params);
        match questions.iter_mut().find(|(known, _)| *known == asked) {
            Some((_, rows)) => rows.push((at, row)),
            None => questions.push((asked, vec![(at, row)])),
        }
    }
    if questions.is_empty() {
        return None;
    }
    let heading = format!("experiment-{}-heading", experiment.id);
    // The first is open, where there is room.
    let wide = is_wide();
    let questions = questions.into_iter().enumerate().map(|(at, (asked, rows))| {
        view! {
            <details open=wide && at == 0>
                <summary>{in_words(&asked)}{best(&rows)}</summary>
                {table(rows, standings)}
            </details>
        }
    });
    let view = view! {
        <section aria-labelledby=heading.clone()>
            <h3 id=heading.clone()><code>{experiment.id}</code>" "{experiment.question}</h3>
            <p>{prose(experiment.prose)}</p>
            {questions.collect_view()}
        </section>
    };
    Some(view.into_any())
}

/// Text with code between backticks.
fn prose(text: &'static str) -> impl IntoView {
    let part = |(at, part): (usize, &'static str)| {
        if at % 2 == 0 { part.into_any() } else { view! { <code>{part}</code> }.into_any() }
    };
    text.split('`').enumerate().map(part).collect_view()
}

fn in_words(asked: &Params) -> String {
    let mut rest = asked.clone();
    let metric = rest.remove("metric").map_or("time".to_owned(), |metric| metric.to_string());
    let metric = metric.replace('_', " ");
    match format::params(&rest) {
        params if params.is_empty() => metric,
        params => format!("{metric}, {params}"),
    }
}

fn best(rows: &[(usize, &ReportRow)]) -> Option<String> {
    let (row, measured) = rows
        .iter()
        .filter_map(|(_, row)| Some((row, measured(row)?)))
        .min_by(|(_, one), (_, other)| badness(one).total_cmp(&badness(other)))?;
    Some(format!(": {}, {}", name(row), format::figures(measured).0))
}

fn measured(row: &ReportRow) -> Option<&Measured> {
    match &row.outcome {
        RowOutcome::Measured(measured) => Some(measured),
        _ => None,
    }
}

/// Less is better.
fn badness(measured: &Measured) -> f64 {
    match measured.unit {
        Unit::Nanoseconds | Unit::Bytes => measured.median,
        Unit::TasksPerSecond | Unit::Ratio => -measured.median,
    }
}

/// The lane, and what only some lanes have.
fn name(row: &ReportRow) -> String {
    let variants: Vec<String> = ["touch", "wait"]
        .into_iter()
        .filter_map(|variant| row.params.get(variant))
        .map(|value| value.to_string().replace('_', " "))
        .collect();
    match variants.join(", ") {
        none if none.is_empty() => row.lane.to_string(),
        variants => format!("{} ({variants})", row.lane),
    }
}

const COLUMNS: [&str; 5] =
    ["Lane", "Median", "95% interval", "Against the best", "Crosses, or was seen"];

// The roles say again what the elements say: cards are no longer tables to some browsers.
fn table(
    mut rows: Vec<(usize, &ReportRow)>,
    standings: &BTreeMap<usize, &Standing>,
) -> impl IntoView + use<> {
    // What has no figure comes last.
    let worth = |row: &ReportRow| measured(row).map_or(f64::INFINITY, badness);
    rows.sort_by(|(_, one), (_, other)| worth(one).total_cmp(&worth(other)));
    let heads = COLUMNS.map(|name| view! { <th scope="col" role="columnheader">{name}</th> });
    let lines =
        rows.into_iter().map(|(at, row)| line(row, standings.get(&at).copied())).collect_view();
    view! {
        <table role="table">
            <thead role="rowgroup"><tr role="row">{heads}</tr></thead>
            <tbody role="rowgroup">{lines}</tbody>
        </table>
    }
}

fn line(row: &ReportRow, standing: Option<&Standing>) -> impl IntoView + use<> {
    let (outcome, figures) = match &row.outcome {
        RowOutcome::Measured(measured) => {
            let (median, interval) = format::figures(measured);
            let last = match seen(measured) {
                Some(facts) => view! {
                    <td role="cell" data-column=COLUMNS[4] class="seen"><span>{facts}</span></td>
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
                {cell(3, standing.map_or("–".to_owned(), against).into_any())}
                {last}
            };
            ("measured", figures.into_any())
        }
        RowOutcome::Unavailable { reason } => {
            ("unavailable", why(format!("Unavailable: {reason}.")))
        }
        RowOutcome::Failed { stage, error } => {
            let failure = protocol::Failure { stage: *stage, error: error.clone() };
            ("failed", why(format!("Failed while {failure}.")))
        }
    };
    view! {
        <tr
            role="row"
            data-lane=row.lane.to_string()
            data-experiment=row.experiment.clone()
            data-outcome=outcome
        >
            <th scope="row" role="rowheader"><code>{name(row)}</code></th>
            {figures}
        </tr>
    }
}

/// What a trial saw, in words.
fn seen(measured: &Measured) -> Option<String> {
    let facts = &measured.seen.first()?.facts;
    let told = facts.iter().map(|(name, fact)| format!("{}: {fact}", name.replace('_', " ")));
    Some(told.collect::<Vec<_>>().join(", "))
}

fn against(standing: &Standing) -> String {
    let [low, high] = standing.ci95.map(format::factor);
    let interval = format!("[{low}, {high}]");
    match standing.verdict {
        Placing::Best => "the best".to_owned(),
        Placing::Equivalent => format!("as good {interval}"),
        Placing::Behind => format!("{} {interval}", format::factor(standing.ratio)),
        Placing::TooCloseToCall => format!("too close to call {interval}"),
    }
}

fn cell(column: usize, content: AnyView) -> impl IntoView {
    view! { <td role="cell" data-column=COLUMNS[column]><span>{content}</span></td> }
}

fn why(text: String) -> AnyView {
    let span = (COLUMNS.len() - 1).to_string();
    view! { <td role="cell" colspan=span class="why">{text}</td> }.into_any()
}
