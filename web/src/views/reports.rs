//! Which report the page is about: what this visit has found, or one that was opened; and the ways to keep it.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::desk::Form;
use protocol::report::Report;
use texts::{text, tr, translated};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::file_button::FileButton;
use super::{comparison, marked};
use crate::comparison::{Comparison, Opening};
use crate::download;
use crate::fragment;
use crate::links::{write_link, write_report};
use crate::settings::Settings;
use crate::shelf::{Held, Origin};

const FORMS: [(Form, &str); 3] = [
    (Form::Json, text!("Save the report")),
    (Form::Csv, text!("Every sample as CSV")),
    (Form::Markdown, text!("The table as Markdown")),
];

#[component]
pub(super) fn Reports() -> impl IntoView {
    let comparison = comparison();
    let shelf = comparison.shelf;
    let is_empty = move || comparison.with_report(|report| report.results.is_empty());
    let trouble = RwSignal::new(String::new());
    let link = RwSignal::new(None);
    let buttons = FORMS.map(|(form, words)| {
        let save = move |_| {
            trouble.set(String::new());
            save(comparison, form, trouble);
        };
        view! { <button type="button" disabled=is_empty on:click=save>{tr(words)}</button> }
    });
    view! {
        <section class="reports" aria-labelledby="reports-heading">
            <h2 id="reports-heading">{tr!("Reports")}</h2>
            <fieldset class="held">
                <legend>{tr!("What this page is about")}</legend>
                {move || own(comparison)}
                {move || {
                    let held = shelf.held.get();
                    let (recorded, brought): (Vec<_>, Vec<_>) =
                        held.into_iter().partition(|held| held.origin == Origin::Recorded);
                    let all = brought.into_iter().enumerate().chain(recorded.into_iter().enumerate());
                    all.map(|(at, held)| choice(comparison, at, held)).collect_view()
                }}
            </fieldset>
            <div class="ways">
                <FileButton
                    id="report-file"
                    label=tr!("Open a report…")
                    accept=".json,application/json"
                    locked=false
                    choose=move |file| shelf.open(file)
                />
                {buttons}
                <button
                    type="button"
                    disabled=is_empty
                    on:click=move |_| share(comparison, link, trouble)
                >{tr!("Copy a link to it")}</button>
            </div>
            <p role="status">{move || link.get().map(|link: Link| link.words())}</p>
            <p hidden=move || link.read().is_none()>
                <a id="share-link" href=move || link.get().map(|link| link.address)>{tr!("The link")}</a>
            </p>
            <p class="hint">
                {marked(tr!(
                    "A report is what `breakeven run --json FILE` writes, or this page saves. Drop one anywhere on this page, \
                     or paste it. It stays on this machine."
                ))}
            </p>
            <p role="status">{move || match shelf.opening.get() {
                Opening::Reading(name) => tr!("Opening {}…", name),
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
        0 => tr!("nothing has been measured yet").to_owned(),
        rows => tr!("{} rows measured here", rows),
    });
    view! {
        <label>
            <input
                type="radio"
                name="report"
                id="report-own"
                prop:checked=move || comparison.shelf.chosen.get().is_none()
                // A click that changes nothing says something, too.
                on:click=move |_| comparison.shelf.choose(None)
            />
            <span>{tr!("This visit")}" "<small>{found}</small></span>
        </label>
    }
}

fn choice(comparison: Comparison, at: usize, held: Arc<Held>) -> impl IntoView {
    let shelf = comparison.shelf;
    // Those that the visitor brought have numbers.
    let id = match held.origin {
        Origin::Recorded => "recorded".to_owned(),
        Origin::Brought => at.to_string(),
    };
    let [mine, removed, turned] = [(); 3].map(|()| held.clone());
    let is_chosen = {
        let held = held.clone();
        move || shelf.chosen.get().is_some_and(|chosen| Arc::ptr_eq(&chosen, &held))
    };
    // Nothing lies beside itself.
    let is_looked_at = {
        let held = held.clone();
        move || shelf.chosen.get().is_some_and(|chosen| Arc::ptr_eq(&chosen, &held))
    };
    let is_beside = {
        let held = held.clone();
        move || shelf.beside.read().iter().any(|it| Arc::ptr_eq(it, &held))
    };
    let remove = tr!("Remove {}", held.name());
    view! {
        <div class="report">
            <label>
                <input
                    type="radio"
                    name="report"
                    id=format!("report-{id}")
                    prop:checked=is_chosen
                    on:click=move |_| shelf.choose(Some(mine.clone()))
                />
                <span>{held.name()}" "<small>{origin(&held.report)}</small></span>
            </label>
            <label class="beside" hidden=is_looked_at>
                <input
                    type="checkbox"
                    id=format!("beside-{id}")
                    prop:checked=is_beside
                    on:change=move |_| shelf.turn_beside(&turned)
                />
                {tr!("beside it")}
            </label>
            <button type="button" aria-label=remove on:click=move |_| shelf.remove(&removed)>{tr!("Remove")}</button>
        </div>
    }
}

/// What a report was measured on, and when.
pub(super) fn origin(report: &Report) -> String {
    let machine = &report.machine;
    let browser =
        machine.browser.as_ref().map_or(String::new(), |browser| format!(", {}", browser.name));
    let (rows, cores) = (report.results.len(), machine.cores);
    tr!(
        "{} rows on {}, {} cores, {}{}, {}",
        rows,
        machine.cpu,
        cores,
        machine.system,
        browser,
        day(report.run.started)
    )
}

/// Of seconds since 1970: `2026-11-26`, in UTC.
fn day(seconds: u64) -> String {
    let date = js_sys::Date::new(&(seconds as f64 * 1e3).into());
    // A report may name a moment that no calendar has.
    if date.get_time().is_nan() {
        return tr!("at no known time").to_owned();
    }
    String::from(date.to_iso_string()).chars().take(10).collect()
}

fn save(comparison: Comparison, form: Form, trouble: RwSignal<String>) {
    let (source, started) = untrack(|| {
        let started = comparison.with_report(|report| report.run.started);
        (comparison.source(), started)
    });
    let name = format!("breakeven-{}.{}", day(started), form.extension());
    spawn_local(async move {
        let saved = match write_report(source, form).await {
            Ok(file) => download::save(&name, &file).map_err(|why| worker_link::text(&why)),
            Err(why) => Err(why),
        };
        if let Err(why) = saved {
            trouble.set(tr!("The file could not be made: {}.", why));
        }
    });
}

/// An address with the settings and a summary in it.
#[derive(Clone, Debug, PartialEq)]
struct Link {
    address: String,
    is_copied: bool,
}

impl Link {
    fn words(&self) -> String {
        let letters = lab::format::count(self.address.len() as f64);
        let how = if self.is_copied { tr!("The link is copied") } else { tr!("The link is below") };
        tr!(
            "{}: {} letters, with the settings and the figures, without samples. All of it is behind the #, \
             which browsers send to nobody.",
            how,
            letters
        )
    }
}

fn share(comparison: Comparison, link: RwSignal<Option<Link>>, trouble: RwSignal<String>) {
    let source = untrack(|| comparison.source());
    let settings = comparison.settings.with_untracked(Settings::text);
    link.set(None);
    trouble.set(String::new());
    spawn_local(async move {
        let summary = match write_link(source).await {
            Ok(summary) => summary,
            Err(why) => {
                return trouble.set(tr!("The link could not be made: {}.", translated(&why)));
            }
        };
        let Some(address) = fragment::link(&settings, &summary) else { return };
        // Without the visitor's leave it cannot be copied: it stands on the page, too.
        let clipboard = window().navigator().clipboard();
        let is_copied = JsFuture::from(clipboard.write_text(&address)).await.is_ok();
        link.set(Some(Link { address, is_copied }));
    });
}
