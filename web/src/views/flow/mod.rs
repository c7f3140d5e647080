//! The flow diagram: two recordings side by side, as they are and as they went.

mod controls;
mod export;
mod pictures;
mod words;

use leptos::prelude::*;
use texts::tr;

use super::sentence;
use super::whose::Whose;
use crate::flow::Flow;

#[component]
pub(super) fn FlowView() -> impl IntoView {
    let flow = flow();
    let progress = Memo::new(move |_| flow.progress());
    let goes_on = Memo::new(move |_| progress.with(Option::is_some));
    let is_there = Memo::new(move |_| flow.films.iter().any(|film| film.with(Option::is_some)));
    view! {
        <section class="flow" aria-labelledby="flow-heading">
            <h2 id="flow-heading">{tr!("Flow")}</h2>
            <p>
                {tr!("Memory, event loops and the paths between them, and what happened when: drawn from what caller and \
                    workers noted of themselves in one run on this machine. While figures are taken they note nothing.")}
            </p>
            <Whose/>
            <controls::Choices/>
            <div class="ways">
                <button
                    type="button"
                    class="primary"
                    disabled=move || flow.comparison.is_running()
                    on:click=move |_| flow.record()
                >{move || if is_there.get() { tr!("Record again") } else { tr!("Record both") }}</button>
                <Show when=move || goes_on.get()>
                    <button type="button" on:click=move |_| flow.comparison.cancel()>{tr!("Cancel")}</button>
                </Show>
            </div>
            <p class="turn">{move || progress.get()}</p>
            <p role="alert" class="trouble">{move || flow.trouble().map(|why| sentence(&why))}</p>
            <Show
                when=move || is_there.get()
                fallback=|| view! { <p class="hint">{tr!("Nothing has been recorded yet: it takes a second.")}</p> }
            >
                <controls::Player/>
                <pictures::Pictures/>
                <words::Words/>
                <export::Exports/>
            </Show>
        </section>
    }
}

fn flow() -> Flow {
    expect_context()
}
