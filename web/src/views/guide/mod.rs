//! The decision guide: a workload in, a lane out, and the proof.

mod answer;
mod map;
mod sketch;
mod workload;

use advisor::Missing;
use leptos::prelude::*;
use texts::tr;

use super::sentence;
use super::whose::Whose;
use crate::guide::Guide;

#[component]
pub(super) fn GuideView() -> impl IntoView {
    let guide = guide();
    let missing = Memo::new(move |_| guide.model.get().err());
    let is_fitted = Memo::new(move |_| missing.with(Option::is_none));
    let progress = Memo::new(move |_| guide.progress());
    let goes_on = Memo::new(move |_| progress.with(Option::is_some));
    view! {
        <section class="guide" aria-labelledby="guide-heading">
            <h2 id="guide-heading">{tr!("Decision guide")}</h2>
            <p>
                {tr!("Your own workload, predicted on each lane from what was measured on this machine. \
                    The seed’s questions come first; whatever they leave is a matter of figures, and the guide proves its own.")}
            </p>
            <Whose/>
            <workload::WorkloadForm/>
            <div class="ways">
                <button
                    type="button"
                    class="primary"
                    disabled=move || guide.comparison.is_running()
                    on:click=move |_| guide.measure()
                >
                    {move || if is_fitted.get() { tr!("Measure again") } else { tr!("Measure for the guide") }}
                </button>
                <Show when=move || is_fitted.get()>
                    <button
                        type="button"
                        disabled=move || guide.comparison.is_running() || !can_prove(guide)
                        title=move || (!is_own(guide)).then_some(tr!("These figures are from elsewhere: measure here first."))
                        on:click=move |_| guide.prove()
                    >{tr!("Prove it")}</button>
                </Show>
                <Show when=move || goes_on.get()>
                    <button type="button" on:click=move |_| guide.comparison.cancel()>{tr!("Cancel")}</button>
                </Show>
                <a id="guide-link" href=move || guide.workload.with(|it| crate::guide::link(it, guide.of.get()))>
                    {tr!("Link to this workload")}
                </a>
            </div>
            <p class="turn">{move || progress.get()}</p>
            <p role="alert" class="trouble">{move || guide.trouble().map(|why| sentence(&why))}</p>
            <p class="hint">{move || missing.get().map(|missing| lacks(&missing))}</p>
            <Show when=move || is_fitted.get()>
                <answer::Answer/>
                <map::MapView/>
                <sketch::Sketches/>
            </Show>
        </section>
    }
}

/// What to do about it, on the page.
fn lacks(missing: &Missing) -> String {
    match missing {
        Missing::Rows(_) => tr!(
            "No figures yet that it could predict from: measuring them takes about a minute. \
                             A report has them if it has the experiments tasks, startup and memory."
        )
        .to_owned(),
        Missing::Unavailable(..) => sentence(&missing.to_string()),
    }
}

fn guide() -> Guide {
    expect_context()
}

/// Whether it predicts from what this visit has measured.
fn is_own(guide: Guide) -> bool {
    guide.comparison.shelf.chosen.read().is_none()
}

fn can_prove(guide: Guide) -> bool {
    is_own(guide)
        && guide.advice.with(|advice| {
            advice
                .as_ref()
                .is_some_and(|advice| advice.lanes.iter().any(advisor::Standing::is_eligible))
        })
}
