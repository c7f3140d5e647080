//! What the experiments gave: per question the lanes side by side, the best one first.

use std::collections::BTreeMap;
use std::sync::Arc;

use lab::experiments::{ALL, Experiment, workload::WORKLOAD};
use lab::format;
use leptos::prelude::*;
use protocol::LaneId;
use protocol::report::{Measured, Params, Report, ReportRow, RowOutcome, Unit};
use protocol::study::StudyEnd;
use texts::{text, tr, translated};
use wasm_bindgen::JsCast;
use web_sys::HtmlDetailsElement;

use super::plot::{Plot, Told};
use super::rows::{ROWS, Row, Table, badness, measured, name, told};
use super::{is_wide, look, marked};
use crate::answers::{Answers, Asked};
use crate::assets;
use crate::chart::Line;
use crate::look::{AT_ONCE, Look, Subject};

#[component]
pub(super) fn Questions() -> impl IntoView {
    let look = look();
    let shown = move || {
        look.subject.get().map(|subject| match subject {
            Ok(subject) => sections(&subject, look),
            Err(why) => view! { <p>{why}</p> }.into_any(),
        })
    };
    view! {
        <div class="experiments-results" aria-busy=move || look.drawn.is_busy().to_string()>{shown}</div>
    }
}

/// Questions of an experiment that are shown at first, and with each further button; a `--full` run has some hundred.
const SHOWN: usize = 300;

fn sections(subject: &Subject, look: Look) -> AnyView {
    let report = &subject.report;
    let answers = Answers::of(report);
    let known = ALL.into_iter().chain([&WORKLOAD]);
    let mut before = 0;
    let sections = known.filter_map(|it| {
        let questions = answers.questions(it.id);
        let first = before;
        before += questions.len().min(SHOWN);
        (!questions.is_empty()).then(|| section(it, questions, first, report, look))
    });
    let sections = sections.collect_view();
    look.drawn.expect(before);
    let warnings =
        report.run.warnings.iter().map(|warning| view! { <li lang="en">{marked(warning)}</li> });
    view! {
        <p>{taken(report, subject.end.as_ref())}" "<a href=assets::method("figures")>{tr!("The method")}</a></p>
        <ul class="warnings">{warnings.collect_view()}</ul>
        {sections}
    }
    .into_any()
}

/// How the figures were taken.
fn taken(report: &Report, end: Option<&StudyEnd>) -> String {
    let run = &report.run;
    let how = match end {
        Some(StudyEnd::Stopped(why)) => tr!(" It could not go on: {}.", translated(why)),
        Some(StudyEnd::Cancelled) => {
            tr!(" It was cancelled; unfinished blocks are left out.").to_owned()
        }
        _ => String::new(),
    };
    let browser = report.machine.browser.as_ref().map_or(String::new(), |browser| {
        let tick = format::time(browser.clock.tick);
        let relation = browser.relation.map_or(String::new(), |relation| {
            tr!(", related to the runner’s clock to ±{}", format::time(relation.error))
        });
        tr!(
            " The browser is {}; its workers’ clock has steps of {}{}.",
            browser.name,
            tick,
            relation
        )
    });
    tr!(
        "Medians of {} of {} blocks at most, in brackets their 95% intervals; in each block every lane \
         had its turns once, in random order.{} A lane is behind, ahead or as good as another one, only \
         where the samples say so for all rows together; else it is too close to call.{}",
        run.finished,
        run.blocks,
        browser,
        how
    )
}

/// `first` is the first question's place among all that are shown.
fn section(
    experiment: &'static Experiment,
    questions: Vec<Asked>,
    first: usize,
    report: &Arc<Report>,
    look: Look,
) -> AnyView {
    let heading = format!("experiment-{}-heading", experiment.id);
    let list = List { experiment, report: report.clone(), questions: questions.into(), look };
    view! {
        <section aria-labelledby=heading.clone()>
            <h3 id=heading.clone()><code>{experiment.id}</code>" "{tr(experiment.question)}</h3>
            <p>{marked(tr(experiment.prose))}</p>
            {list.shown(0, first)}
        </section>
    }
    .into_any()
}

/// An experiment's questions.
#[derive(Clone)]
struct List {
    experiment: &'static Experiment,
    report: Arc<Report>,
    questions: Arc<[Asked]>,
    look: Look,
}

impl List {
    /// Some of them, and a button for the next ones. `first` is the place of the first of them among all that are shown.
    fn shown(&self, from: usize, first: usize) -> AnyView {
        let drawn = self.look.drawn;
        let to = self.questions.len().min(from + SHOWN);
        // A few at a time are made when it is their turn: the page answers in between.
        let some = (from..to).step_by(AT_ONCE).map(|at| {
            let list = self.clone();
            let is_made = Memo::new(move |_| drawn.is_made(first + at - from));
            move || {
                let of = at..to.min(at + AT_ONCE);
                is_made.get().then(|| of.map(|at| list.one(at, first + at - from)).collect_view())
            }
        });
        let more = self.questions.len() - to;
        let next = (more > 0).then(|| {
            let place = RwSignal::new(None);
            let count = more.min(SHOWN);
            let list = self.clone();
            move || match place.get() {
                Some(place) => list.shown(to, place),
                None => view! {
                    <button type="button" class="more" on:click=move |_| place.set(Some(drawn.extend(count)))>
                        {tr!("{} more of {}", count, more)}
                    </button>
                }
                .into_any(),
            }
        });
        view! { {some.collect_view()}{next} }.into_any()
    }

    fn one(&self, at: usize, place: usize) -> AnyView {
        let Self { experiment, report, look, .. } = self.clone();
        let (asked, rows) = self.questions[at].clone();
        // The first is open, where there is room.
        let is_open = is_wide() && at == 0;
        view! { <Question experiment=experiment asked rows report is_open place look/> }.into_any()
    }
}

#[component]
fn Question(
    experiment: &'static Experiment,
    asked: Params,
    rows: Vec<usize>,
    report: Arc<Report>,
    is_open: bool,
    place: usize,
    look: Look,
) -> impl IntoView {
    let open = RwSignal::new(is_open);
    let title = in_words(&asked);
    let best = best(&report, &rows);
    let lines = {
        let asked = asked.clone();
        let is_due = Memo::new(move |_| open.get() || look.drawn.has(place));
        // What was shown before stays until its turn comes.
        Memo::new(move |before: Option<&Vec<Row>>| {
            if is_due.get() {
                lines(experiment, &asked, &rows, &report, look)
            } else {
                before.cloned().unwrap_or_default()
            }
        })
    };
    let name = format!("breakeven-{}-{}", experiment.id, file_name(&title));
    let axis = StoredValue::new((title.clone(), name));
    // A chart is drawn when somebody looks at it: a long report has hundreds.
    let plot = move || {
        open.get().then(|| {
            let has_samples = look.has_samples.get();
            let lines = lines.get();
            let unit =
                lines.iter().find_map(|row| measured(row.row()).map(|measured| measured.unit))?;
            let yardstick =
                look.baseline.get().map_or(tr!("the best").to_owned(), |lane| lane.to_string());
            // Those that the table shows.
            let told = lines.iter().take(ROWS);
            let told = told.filter_map(|row| line(row, unit, &yardstick, has_samples));
            let told: Vec<Told> = told.collect();
            let (title, name) = axis.get_value();
            let better = match unit {
                Unit::TasksPerSecond => tr!("more is better"),
                _ => tr!("less is better"),
            };
            let axis = [format!("{title}; {better}"), better.to_owned()];
            (!told.is_empty()).then(|| view! { <Plot lines=told unit axis name/> })
        })
    };
    let toggled = move |event: leptos::ev::Event| {
        let details: Option<HtmlDetailsElement> = event.target().and_then(|it| it.dyn_into().ok());
        if let Some(details) = details {
            open.set(details.open());
        }
    };
    view! {
        <details open=is_open on:toggle=toggled>
            <summary>{title}{best}</summary>
            {plot}
            {move || view! { <Table rows=lines.get() look/> }}
        </details>
    }
}

/// Of the report that is looked at, what has a figure before what has none, the best first; after each the same of
/// the reports beside it.
fn lines(
    experiment: &Experiment,
    asked: &Params,
    rows: &[usize],
    report: &Arc<Report>,
    look: Look,
) -> Vec<Row> {
    let hidden = look.hidden.get();
    let standings = look.standings.get();
    let beside = look.beside.get();
    let mut own: Vec<Row> = rows
        .iter()
        .filter(|at| !hidden.has(&report.results[**at].lane))
        .map(|at| Row::own(report, *at, &standings))
        .collect();
    own.sort_by(|one, other| badness(one.row()).total_cmp(&badness(other.row())));
    let mut others: BTreeMap<(LaneId, Params), Vec<Row>> = BTreeMap::new();
    for (place, it) in beside.iter().enumerate() {
        for at in it.answers.rows(experiment.id, asked) {
            let row = &it.held.report.results[*at];
            if !hidden.has(&row.lane) {
                let key = (row.lane.clone(), row.params.clone());
                others.entry(key).or_default().push(Row::beside(it, place, *at));
            }
        }
    }
    let mut lines = Vec::new();
    for row in own {
        let key = (row.row().lane.clone(), row.row().params.clone());
        lines.push(row);
        lines.extend(others.remove(&key).into_iter().flatten());
    }
    // What is not in the report that is looked at, in the order in which it lies beside.
    let mut rest: Vec<Row> = others.into_values().flatten().collect();
    rest.sort_by_key(Row::order);
    lines.extend(rest);
    lines
}

fn line(row: &Row, unit: Unit, yardstick: &str, has_samples: bool) -> Option<Told> {
    let measured = measured(row.row()).filter(|measured| measured.unit == unit)?;
    let line = Line {
        name: row.name(),
        lane: row.row().lane.clone(),
        is_other: row.is_other(),
        figure: Some((measured.median, measured.ci95)),
        samples: if has_samples { measured.samples.clone() } else { Vec::new() },
    };
    Some(Told { line, words: told(row, measured, yardstick), row: row.id() })
}

/// What is asked: `round trip, bytes 64`.
pub(super) fn in_words(asked: &Params) -> String {
    let mut rest = asked.clone();
    let metric =
        rest.remove("metric").map_or(text!("time").to_owned(), |metric| metric.to_string());
    let metric = metric.replace('_', " ");
    let metric = translated(&metric);
    match format::params(&rest) {
        params if params.is_empty() => metric.into_owned(),
        params => format!("{metric}, {params}"),
    }
}

fn file_name(words: &str) -> String {
    let sign = |sign: char| if sign.is_ascii_alphanumeric() { sign } else { '-' };
    words.chars().map(sign).collect()
}

/// The best of these rows, as a title goes on: `: process.shm, 4.1 µs`.
pub(super) fn best(report: &Report, rows: &[usize]) -> Option<String> {
    let figure = |at: &usize| -> Option<(&ReportRow, &Measured)> {
        let row = &report.results[*at];
        match &row.outcome {
            RowOutcome::Measured(measured) => Some((row, measured)),
            _ => None,
        }
    };
    let best = rows.iter().filter_map(figure);
    let (row, measured) =
        best.min_by(|(one, _), (other, _)| badness(one).total_cmp(&badness(other)))?;
    Some(format!(": {}, {}", name(row), format::figures(measured).0))
}
