//! A question's chart: each line tells its figures to mouse and keyboard, and leads to its samples.

use leptos::prelude::*;
use protocol::report::Unit;
use texts::tr;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

use super::page_width;
use crate::chart::{Line, chart, is_narrow};
use crate::download;

/// A line with what is said of it, and the row of the table that it leads to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) line: Line,
    pub(super) words: String,
    pub(super) row: String,
}

/// `axis` is what stands at it where there is room, and where there is little; `name` is the files' that the chart is
/// saved as.
#[component]
pub(super) fn Plot(lines: Vec<Told>, unit: Unit, axis: [String; 2], name: String) -> impl IntoView {
    let width = page_width();
    let drawn = StoredValue::new(lines.iter().map(|it| it.line.clone()).collect::<Vec<_>>());
    let axis = StoredValue::new(axis);
    let draw = move |width: u32| {
        let words = axis.with_value(|axis| axis[usize::from(is_narrow(width))].clone());
        drawn.with_value(|lines| chart(lines, unit, &words, width))
    };
    let svg = move || draw(width.get()).unwrap_or_default();
    let marks = lines.into_iter().map(|Told { words, row, .. }| {
        let said = words.clone();
        view! {
            <li>
                <button type="button" aria-label=words on:click=move |_| lead_to(&row)>
                    <span class="tip" aria-hidden="true">{said}</span>
                </button>
            </li>
        }
    });
    let trouble = RwSignal::new(String::new());
    let save = StoredValue::new(move |pixels: bool| {
        trouble.set(String::new());
        let (svg, name) = (draw(SAVED).unwrap_or_default(), name.clone());
        spawn_local(async move {
            if let Err(why) = save(&svg, &name, pixels).await {
                trouble.set(tr!("The file could not be made: {}.", worker_link::text(&why)));
            }
        });
    });
    view! {
        <div class="plot" class:narrow=move || is_narrow(width.get())>
            <div class="drawn" inner_html=svg></div>
            <ul class="marks">{marks.collect_view()}</ul>
        </div>
        <div class="small ways">
            <button type="button" on:click=move |_| save.with_value(|save| save(false))>{tr!("Chart as SVG")}</button>
            <button type="button" on:click=move |_| save.with_value(|save| save(true))>{tr!("Chart as PNG")}</button>
        </div>
        <p role="alert" class="trouble">{move || trouble.get()}</p>
    }
}

/// Pixels that a saved chart is wide.
const SAVED: u32 = 960;
/// Pixels of a picture for each of the chart's.
const SHARPNESS: f64 = 2.0;

async fn save(svg: &str, name: &str, pixels: bool) -> Result<(), JsValue> {
    // A file has no page around it to take its colours from.
    let ground = "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>";
    let (opening, rest) = svg.split_once('>').ok_or(tr!("there is no chart"))?;
    let svg = format!("{opening}>{ground}{rest}").replace("currentColor", "#1c2430");
    if pixels {
        download::save_pixels(&format!("{name}.png"), &svg, SHARPNESS).await
    } else {
        download::save(&format!("{name}.svg"), &download::text(&svg, "image/svg+xml")?)
    }
}

/// Shows the samples of a row of the table.
fn lead_to(row: &str) {
    let Some(row) = document().get_element_by_id(row) else { return };
    row.scroll_into_view();
    if let Ok(Some(samples)) = row.query_selector("details")
        && let Ok(Some(summary)) = samples.query_selector("summary")
    {
        let _ = Element::set_attribute(&samples, "open", "");
        let _ = summary.unchecked_ref::<HtmlElement>().focus();
    }
}
