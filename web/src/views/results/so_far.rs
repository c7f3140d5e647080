//! What a study that goes on has found until now: the first question of each experiment, in a line. All of it is
//! drawn when it is over: drawing it after each block would disturb the next one.

use lab::experiments::ALL;
use leptos::prelude::*;
use protocol::report::Report;
use texts::tr;

use super::comparison;
use super::questions::{best, in_words};
use crate::answers::Answers;

#[component]
pub(super) fn SoFar() -> impl IntoView {
    let comparison = comparison();
    let lines = Memo::new(move |_| {
        comparison.study.with(|study| {
            let study = study.as_ref().filter(|study| study.end.is_none())?;
            study.report.as_ref().map(lines)
        })
    });
    let heading = move || {
        comparison.study.with(|study| {
            let run = &study.as_ref()?.report.as_ref()?.run;
            Some(tr!("The best until now, after {} of {} blocks:", run.finished, run.blocks))
        })
    };
    view! {
        <Show when=move || lines.with(Option::is_some)>
            <div class="so-far">
                <p>{heading}</p>
                <ul>{move || {
                    let lines = lines.get().into_iter().flatten();
                    lines.map(|(experiment, words)| view! { <li><code>{experiment}</code>" "{words}</li> }).collect_view()
                }}</ul>
            </div>
        </Show>
    }
}

fn lines(report: &Report) -> Vec<(&'static str, String)> {
    let answers = Answers::of(report);
    let line = |experiment: &'static lab::experiments::Experiment| {
        let (asked, rows) = answers.questions(experiment.id).into_iter().next()?;
        Some((experiment.id, format!("{}{}", in_words(&asked), best(report, &rows)?)))
    };
    ALL.into_iter().filter_map(line).collect()
}
