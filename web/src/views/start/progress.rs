//! How far the comparison is, and the way out of it.

use leptos::prelude::*;
use protocol::report::{ReportRow, RowOutcome};
use protocol::study::StudyEnd;
use texts::{tr, translated};

use super::comparison;
use crate::comparison::{Phase, Progress, Study};
use crate::model::{Outcome, Rows};

#[component]
pub(super) fn ProgressLine() -> impl IntoView {
    let comparison = comparison();
    // The bar is there or not; its parts change without being made anew, so that focus stays.
    let running = Memo::new(move |_| {
        matches!(comparison.phase.get(), Phase::Running(_) | Phase::Elsewhere(_))
    });
    let progress = move || match comparison.phase.get() {
        Phase::Running(progress) | Phase::Elsewhere(progress) => Some(progress),
        _ => None,
    };
    let percent = move || progress().map_or(0, |progress| (progress.part * 100.0) as u32);
    let cancelling = move || progress().is_some_and(|progress| progress.cancelling);
    view! {
        <div class="progress">
            <Show when=move || running.get()>
                <div class="bar">
                    <progress
                        role="progressbar"
                        aria-label=tr!("Comparison")
                        max="100"
                        value=move || percent().to_string()
                        aria-valuemin="0"
                        aria-valuemax="100"
                        aria-valuenow=move || percent().to_string()
                    ></progress>
                    <button type="button" disabled=cancelling on:click=move |_| comparison.cancel()>
                        {tr!("Cancel")}
                    </button>
                </div>
                <p class="turn">{move || progress().map(|progress| progress.words())}</p>
            </Show>
            <p role="status">{move ||
                status(&comparison.phase.get(), &comparison.rows.read(), &comparison.study.read())
            }</p>
        </div>
    }
}

/// What a screen reader is told: only what changes seldom.
fn status(phase: &Phase, rows: &Rows, study: &Option<Study>) -> String {
    let said = match phase {
        Phase::Idle => "",
        Phase::Running(Progress { cancelling: true, .. }) => tr!("Ending the last workers…"),
        Phase::Running(_) => tr!("Comparing…"),
        Phase::Elsewhere(_) => tr!("A comparison is running in another tab."),
        Phase::Finished(_) => match study.as_ref().and_then(|study| study.end.as_ref()) {
            Some(StudyEnd::Stopped(why)) => {
                return tr!("The comparison is done. Some lanes failed: {}.", translated(why));
            }
            _ if any_failed(rows, study.as_ref()) => {
                tr!("The comparison is done. Some lanes failed; the table says why.")
            }
            _ => tr!("The comparison is done."),
        },
        Phase::Cancelled(_) => tr!("Cancelled. What was measured until then is kept below."),
    };
    said.to_owned()
}

fn any_failed(rows: &Rows, study: Option<&Study>) -> bool {
    let failed = |row: &ReportRow| matches!(row.outcome, RowOutcome::Failed { .. });
    let report = study.and_then(|study| study.report.as_ref());
    rows.iter().any(|row| row.outcome() == Outcome::Failed)
        || report.is_some_and(|report| report.results.iter().any(failed))
}
