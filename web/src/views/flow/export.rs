//! The diagram as a file: one sheet, as vectors or as pixels.

use std::sync::Arc;

use ::flow::{Film, heading, origin, sheet};
use leptos::prelude::*;
use texts::tr;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::flow;
use crate::download;
use crate::flow::Flow;
use crate::shelf::Region;

/// Pixels of the file for each of the sheet.
const SHARPNESS: f64 = 2.0;

#[component]
pub(super) fn Exports() -> impl IntoView {
    let flow = flow();
    let trouble = RwSignal::new(String::new());
    let save = move |act: fn(&str) -> Result<(), JsValue>| {
        trouble.set(String::new());
        if let Err(why) = act(&drawn(flow)) {
            trouble.set(tr!("The file could not be made: {}.", worker_link::text(&why)));
        }
    };
    let save_pixels = move |_| {
        let drawn = drawn(flow);
        trouble.set(String::new());
        spawn_local(async move {
            if let Err(why) = download::save_pixels("flow.png", &drawn, SHARPNESS).await {
                trouble.set(tr!("The file could not be made: {}.", worker_link::text(&why)));
            }
        });
    };
    view! {
        <div class="ways">
            <button type="button" on:click=move |_| save(save_vectors)>{tr!("Save as SVG")}</button>
            <button type="button" on:click=save_pixels>{tr!("Save as PNG")}</button>
        </div>
        <p role="alert" class="trouble">{move || trouble.get()}</p>
    }
}

/// The sheet of what is shown.
fn drawn(flow: Flow) -> String {
    let films: Vec<Arc<Film>> = flow.films.iter().filter_map(|film| film.get_untracked()).collect();
    let films: Vec<&Film> = films.iter().map(AsRef::as_ref).collect();
    let lanes: Vec<&str> = films.iter().map(|film| film.recording.lane.as_str()).collect();
    let title = untrack(|| match flow.preset() {
        Some(preset) if films.len() == 2 => tr(preset.title).to_owned(),
        _ => heading(flow.scenario.get().id, &lanes),
    });
    untrack(|| {
        flow.comparison
            .with_report_in(Region::Flow, |report| sheet(&title, &films, &origin(report)))
    })
}

fn save_vectors(drawn: &str) -> Result<(), JsValue> {
    download::save("flow.svg", &download::text(drawn, "image/svg+xml")?)
}
