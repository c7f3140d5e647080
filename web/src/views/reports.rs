//! Which report the page is about: what this visit has found, or one that was opened; and the ways to keep it.

use std::sync::Arc;

use leptos::html::Input;
use leptos::prelude::*;
use protocol::desk::Form;
use protocol::report::Report;
use wasm_bindgen_futures::spawn_local;

use super::comparison;
use crate::comparison::{Comparison, Opening};
use crate::download;
use crate::links::write_report;
use crate::shelf::Held;

const FORMS: [(Form, &str, &str); 3] = [
    (Form::Json, "Save the report", "application/json"),
    (Form::Csv, "Every sample as CSV", "text/csv"),
    (Form::Markdown, "The table as Markdown", "text/markdown"),
];

#[component]
pub(super) fn Reports() -> impl IntoView {
    let comparison = comparison();
    let shelf = comparison.shelf;
    let input = NodeRef::<Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            shelf.open(file);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    let is_empty = move || comparison.with_report(|report| report.results.is_empty());
    let trouble = RwSignal::new(String::new());
    let buttons = FORMS.map(|(form, words, kind)| {
        let save = move |_| {
            trouble.set(String::new());
            save(comparison, form, kind, trouble);
        };
        view! { <button type="button" disabled=is_empty on:click=save>{words}</button> }
    });
    view! {
        <section class="reports" aria-labelledby="reports-heading">
            <h2 id="reports-heading">"Reports"</h2>
            <fieldset class="held">
                <legend>"What this page is about"</legend>
                {move || own(comparison)}
                {move || {
                    let held = shelf.held.get();
                    held.into_iter().enumerate().map(|(at, held)| choice(comparison, at, held)).collect_view()
                }}
            </fieldset>
            <div class="ways">
                <label class="button">
                    "Open a report…"
                    <input node_ref=input id="report-file" type="file" accept=".json,application/json" on:change=chosen/>
                </label>
                {buttons}
            </div>
            <p class="hint">
                "A report is what "<code>"breakeven run --json FILE"</code>" writes, or this page saves. "
                "Drop one anywhere on this page, or paste it. It stays on this machine."
            </p>
            <p role="status">{move || match shelf.opening.get() {
                Opening::Reading(name) => format!("Opening {name}…"),
                _ => String::new(),
            }}</p>
            <p role="alert" class="trouble">{move || match shelf.opening.get() {
                Opening::Failed(why) => format!("{why}."),
                _ => trouble.get(),
            }}</p>
        </section>
    }
}

fn own(comparison: Comparison) -> impl IntoView {
    let found = comparison.findings.with(|report| match report.results.len() {
        0 => "nothing has been measured yet".to_owned(),
        rows => format!("{rows} rows measured here"),
    });
    view! {
        <label>
            <input
                type="radio"
                name="report"
                id="report-own"
                prop:checked=move || comparison.shelf.chosen.get().is_none()
                on:change=move |_| comparison.shelf.chosen.set(None)
            />
            <span>"This visit "<small>{found}</small></span>
        </label>
    }
}

fn choice(comparison: Comparison, at: usize, held: Arc<Held>) -> impl IntoView {
    let shelf = comparison.shelf;
    let (mine, removed) = (held.clone(), held.clone());
    let is_chosen = {
        let held = held.clone();
        move || shelf.chosen.get().is_some_and(|chosen| Arc::ptr_eq(&chosen, &held))
    };
    let remove = format!("Remove {}", held.name);
    view! {
        <div class="report">
            <label>
                <input
                    type="radio"
                    name="report"
                    id=format!("report-{at}")
                    prop:checked=is_chosen
                    on:change=move |_| shelf.chosen.set(Some(mine.clone()))
                />
                <span>{held.name.clone()}" "<small>{origin(&held.report)}</small></span>
            </label>
            <button type="button" aria-label=remove on:click=move |_| shelf.remove(&removed)>"Remove"</button>
        </div>
    }
}

/// What a report was measured on, and when.
fn origin(report: &Report) -> String {
    let machine = &report.machine;
    let browser =
        machine.browser.as_ref().map_or(String::new(), |browser| format!(", {}", browser.name));
    let (rows, cores) = (report.results.len(), machine.cores);
    format!(
        "{rows} rows on {}, {cores} cores, {}{browser}, {}",
        machine.cpu,
        machine.system,
        day(report.run.started)
    )
}

/// Of seconds since 1970: `2026-11-26`, in UTC.
fn day(seconds: u64) -> String {
    let date = js_sys::Date::new(&(seconds as f64 * 1e3).into());
    // A report may name a moment that no calendar has.
    if date.get_time().is_nan() {
        return "at no known time".to_owned();
    }
    String::from(date.to_iso_string()).chars().take(10).collect()
}

fn save(comparison: Comparison, form: Form, kind: &'static str, trouble: RwSignal<String>) {
    let report = untrack(|| comparison.with_report(Report::clone));
    let name = format!("breakeven-{}.{}", day(report.run.started), form.extension());
    spawn_local(async move {
        let saved = match write_report(report, form).await {
            Ok(text) => download::text(&text, kind)
                .and_then(|file| download::save(&name, &file))
                .map_err(|why| worker_link::text(&why)),
            Err(why) => Err(why),
        };
        if let Err(why) = saved {
            trouble.set(format!("The file could not be made: {why}."));
        }
    });
}
