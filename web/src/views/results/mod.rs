//! What was measured: the picture's comparison, and the experiments' answers, each as a chart with the table behind it.

mod controls;
mod pictures;
mod plot;
mod questions;
mod rows;
mod so_far;
mod why;

use leptos::prelude::*;
use texts::tr;

use super::whose::Whose;
use super::{comparison, foreign, is_wide, marked, shortened};
use crate::look::Look;

#[component]
pub(super) fn Results() -> impl IntoView {
    let comparison = comparison();
    provide_context(PageWidth::watch());
    view! {
        <section class="results" aria-labelledby="results-heading">
            <h2 id="results-heading">{tr!("Results")}</h2>
            <Whose/>
            <so_far::SoFar/>
            // The picture is this visit's.
            <div hidden=move || comparison.shelf.chosen.read().is_some()><pictures::Pictures/></div>
            <controls::Controls/>
            <questions::Questions/>
        </section>
    }
}

fn look() -> Look {
    expect_context()
}

/// How wide a chart may be, in CSS pixels.
#[derive(Clone, Copy)]
struct PageWidth(RwSignal<u32>);

impl PageWidth {
    fn watch() -> Self {
        let now = || {
            let page = document().document_element().map_or(800, |root| root.client_width());
            (page - 48).clamp(240, 1168) as u32
        };
        let width = RwSignal::new(now());
        let resized = window_event_listener(leptos::ev::resize, move |_| width.set(now()));
        on_cleanup(move || resized.remove());
        Self(width)
    }

    fn get(self) -> u32 {
        self.0.get()
    }
}

fn page_width() -> PageWidth {
    expect_context()
}
