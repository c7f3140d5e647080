//! The diagram as a file: one sheet, as vectors or as pixels.

use std::sync::Arc;

use ::flow::{Film, SHEET, heading, origin, sheet};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use super::flow;
use crate::download;
use crate::flow::Flow;

/// Pixels of the file for each of the sheet.
const SHARPNESS: f64 = 2.0;

#[component]
pub(super) fn Exports() -> impl IntoView {
    let flow = flow();
    let trouble = RwSignal::new(String::new());
    let save = move |act: fn(&str) -> Result<(), JsValue>| {
        trouble.set(String::new());
        if let Err(why) = act(&drawn(flow)) {
            trouble.set(format!("The file could not be made: {why:?}"));
        }
    };
    let save_pixels = move |_| {
        let drawn = drawn(flow);
        trouble.set(String::new());
        spawn_local(async move {
            if let Err(why) = save_pixels(&drawn).await {
                trouble.set(format!("The file could not be made: {why:?}"));
            }
        });
    };
    view! {
        <div class="ways">
            <button type="button" on:click=move |_| save(save_vectors)>"Save as SVG"</button>
            <button type="button" on:click=save_pixels>"Save as PNG"</button>
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
        Some(preset) if films.len() == 2 => preset.title.to_owned(),
        _ => heading(flow.scenario.get().id, &lanes),
    });
    untrack(|| flow.comparison.with_report(|report| sheet(&title, &films, &origin(report))))
}

fn save_vectors(drawn: &str) -> Result<(), JsValue> {
    download::save("flow.svg", &vectors(drawn)?)
}

fn vectors(drawn: &str) -> Result<Blob, JsValue> {
    download::text(drawn, "image/svg+xml")
}

async fn save_pixels(drawn: &str) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(&vectors(drawn)?)?;
    let image = HtmlImageElement::new()?;
    image.set_src(&address);
    let loaded = JsFuture::from(image.decode()).await;
    Url::revoke_object_url(&address)?;
    loaded?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    let [width, height] = SHEET.map(|pixels| pixels * SHARPNESS);
    // A sheet with many workers is longer.
    let ratio = f64::from(image.natural_height()) / f64::from(image.natural_width().max(1));
    let height = height.max(width * ratio);
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d")?.ok_or("no canvas")?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
    let saved = Closure::once_into_js(|pixels: JsValue| {
        if let Ok(pixels) = pixels.dyn_into::<Blob>() {
            let _ = download::save("flow.png", &pixels);
        }
    });
    canvas.to_blob(saved.unchecked_ref())
}
