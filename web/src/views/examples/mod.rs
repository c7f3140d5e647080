//! The seed's two examples as programs that one uses, and as they were written.

mod picture;
mod scrape;
mod seed;

use leptos::prelude::*;
use texts::tr;

use super::{marked, sentence};
use crate::examples::{Example, Examples};

#[component]
pub(super) fn ExamplesView() -> impl IntoView {
    view! {
        <section class="examples" aria-labelledby="examples-heading">
            <h2 id="examples-heading">{tr!("Examples")}</h2>
            <p>
                {tr!("The two programs with which the comparison table ends, grown up: pictures over shared memory, and a scraper that may crash.")}
            </p>
            <picture::PictureSection/>
            <scrape::ScrapeSection/>
            <seed::SeedSection/>
        </section>
    }
}

fn examples() -> Examples {
    expect_context()
}

/// A button that begins something, one that ends it while it goes on, and how it stands.
#[component]
fn Go(
    words: &'static str,
    example: Example,
    status: RwSignal<String>,
    trouble: RwSignal<Option<String>>,
    go: impl Fn() + 'static,
) -> impl IntoView {
    let examples = examples();
    view! {
        <div class="ways">
            <button type="button" class="primary" disabled=move || examples.is_locked() on:click=move |_| go()>
                {words}
            </button>
            <Show when=move || examples.is_running(example)>
                <button type="button" on:click=move |_| examples.cancel()>{tr!("Cancel")}</button>
            </Show>
        </div>
        <p role="status">{move || status.get()}</p>
        <p role="alert" class="trouble">{move || trouble.get().map(|why| sentence(&why))}</p>
    }
}
