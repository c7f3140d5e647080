//! The comparison page.
//!
//! Its main thread never blocks and never computes: it posts to coordinator workers and to the
//! runner, and shows what comes back. It is built without atomics, so that it opens anywhere.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod answers;
mod assets;
mod chart;
mod comparison;
mod download;
mod environment;
mod examples;
mod findings;
mod flow;
mod fragment;
mod guide;
mod json;
mod language;
mod links;
mod look;
mod model;
mod note;
mod settings;
mod shelf;
mod tabs;
mod views;

use wasm_bindgen::JsCast;

fn main() {
    wasm_bindgen_futures::spawn_local(async {
        language::begin().await;
        let document = leptos::prelude::document();
        if let Some(page) = document.get_element_by_id("page") {
            page.set_inner_html("");
            leptos::mount::mount_to(page.unchecked_into(), views::App).forget();
        }
        if let Some(place) = document.get_element_by_id("language-choice") {
            leptos::mount::mount_to(place.unchecked_into(), views::LanguageChoice).forget();
        }
    });
}
