//! How far the comparison is, and the way out of it.

use leptos::prelude::*;

use super::comparison;
use crate::comparison::{Phase, Progress};
use crate::model::{Outcome, Rows};
use lab::format;

#[component]
pub(super) fn ProgressLine() -> impl IntoView {
    let comparison = comparison();
    // The bar is there or not; its parts change without being made anew, so that focus stays.
    let running = Memo::new(move |_| comparison.is_running());
    let progress = move || match comparison.phase.get() {
        Phase::Running(progress) => Some(progress),
        _ => None,
    };
    let percent =
        move || progress().map_or(0, |progress| progress.done * 100 / progress.total.max(1));
    let cancelling = move || progress().is_some_and(|progress| progress.cancelling);
    view! {
        <div class="progress">
            <Show when=move || running.get()>
                <div class="bar">
                    <progress
                        role="progressbar"
                        aria-label="Comparison"
                        max="100"
                        value=move || percent().to_string()
                        aria-valuemin="0"
                        aria-valuemax="100"
                        aria-valuenow=move || percent().to_string()
                    ></progress>
                    <button type="button" disabled=cancelling on:click=move |_| comparison.cancel()>
                        "Cancel"
                    </button>
                </div>
                <p class="turn">{move || progress().map(|progress| turn(&progress))}</p>
            </Show>
            <p role="status">{move || status(&comparison.phase.get(), &comparison.rows.read())}</p>
        </div>
    }
}

fn turn(progress: &Progress) -> String {
    let Some(turn) = &progress.turn else { return String::new() };
    let left = progress
        .seconds_left
        .map(|seconds| format!(", about {} s left", seconds.ceil()))
        .unwrap_or_default();
    format!(
        "Turn {} of {}: {}, {}{left}",
        progress.done + 1,
        progress.total,
        turn.lane,
        format::workers(turn.workers)
    )
}

/// What a screen reader is told: only what changes seldom.
fn status(phase: &Phase, rows: &Rows) -> &'static str {
    match phase {
        Phase::Idle => "",
        Phase::Running(Progress { cancelling: true, .. }) => "Ending the last workers…",
        Phase::Running(_) => "Comparing…",
        Phase::Finished(_) if rows.iter().any(|row| row.outcome() == Outcome::Failed) => {
            "The comparison is done. Some lanes failed; the table says why."
        }
        Phase::Finished(_) => "The comparison is done.",
        Phase::Cancelled(_) => "Cancelled. What was measured until then is kept below.",
    }
}
