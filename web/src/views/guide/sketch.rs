//! The recommended lane in code.

use advisor::Model;
use leptos::prelude::*;
use protocol::LaneKind;
use texts::tr;

use super::guide;

#[component]
pub(super) fn Sketches() -> impl IntoView {
    let guide = guide();
    // The first of those that are too close to call is as good as any of them.
    let lane = Memo::new(move |_| {
        guide.advice.with(|advice| {
            let first = advice.as_ref()?.lanes.iter().find(|it| it.is_eligible())?;
            Some(first.lane.clone())
        })
    });
    let programs = move || {
        let lane = lane.get()?;
        let all = advisor::sketches(&lane).into_iter().map(|sketch| {
            view! {
                <details data-sketch=sketch.name>
                    <summary>{format!("{}: {}", sketch.platform, sketch.name)}</summary>
                    <pre tabindex="0"><code>{sketch.text}</code></pre>
                </details>
            }
        });
        let title = tr!("{} in code: programs that run as they stand", lane);
        let none = (Model::kind(&lane) == LaneKind::Process)
            .then(|| view! { <p class="hint">{tr!("A page starts no processes: there is none for the browser.")}</p> });
        Some(view! { <h3>{title}</h3>{all.collect_view()}{none} })
    };
    view! { <div class="sketches">{programs}</div> }
}
