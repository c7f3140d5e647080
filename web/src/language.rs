//! The language that the page speaks: the visitor's choice, else the browser's.
//!
//! English is in the program. Another one is a catalogue, `web/text/NAME.json`, fetched when it is wanted, and a line
//! in [`LANGUAGES`].

use std::collections::HashMap;

use gloo_net::http::Request;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{assets, json};

/// One that the page can speak.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Language {
    /// As `lang` has it (BCP 47), and its catalogue's name.
    pub(crate) id: &'static str,
    /// In itself.
    pub(crate) name: &'static str,
}

/// Every one; the first is in the program.
pub(crate) static LANGUAGES: [Language; 2] =
    [Language { id: "en", name: "English" }, Language { id: "de", name: "Deutsch" }];

/// What was chosen is kept under this name for the next visit.
const KEY: &str = "breakeven-language";

thread_local! {
    static SPOKEN: ArcRwSignal<&'static Language> = ArcRwSignal::new(&LANGUAGES[0]);
}

/// The one that is spoken. Whatever is told in words and kept is made anew when it changes.
pub(crate) fn spoken() -> ArcRwSignal<&'static Language> {
    SPOKEN.with(Clone::clone)
}

/// Speaks the visitor's language from the beginning, if it is one of these.
pub(crate) async fn begin() {
    let wanted = wanted();
    if *wanted != LANGUAGES[0]
        && let Err(why) = speak(wanted).await
    {
        leptos::logging::warn!("the page speaks English: {why}");
    }
}

/// The one of that name, from now on and on later visits.
///
/// # Errors
/// Why its texts could not be had; then nothing has changed.
pub(crate) async fn choose(id: &str) -> Result<(), String> {
    speak(named(id).unwrap_or(&LANGUAGES[0])).await?;
    // Where nothing can be kept, the choice lasts as long as the page.
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEY, id);
    }
    Ok(())
}

async fn speak(language: &'static Language) -> Result<(), String> {
    let catalogue = if *language == LANGUAGES[0] { None } else { Some(fetch(language).await?) };
    texts::speak(catalogue);
    tell_document(language);
    spoken().set(language);
    Ok(())
}

async fn fetch(language: &Language) -> Result<HashMap<String, String>, String> {
    let address = assets::address(&format!("text/{}.json", language.id));
    let answer = Request::get(&address).send().await.map_err(|why| why.to_string())?;
    let text = answer.text().await.map_err(|why| why.to_string())?;
    json::read(&text).ok_or_else(|| format!("{address} is no catalogue ({})", answer.status()))
}

/// What stands in `index.html` is not the program's: it has its English text noted, and is written anew.
fn tell_document(language: &Language) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", language.id);
    }
    let Ok(all) = document().query_selector_all("[data-text]") else { return };
    for at in 0..all.length() {
        let Some(element) = all.get(at).and_then(|it| it.dyn_into::<Element>().ok()) else {
            continue;
        };
        let noted = element.get_attribute("data-text").filter(|text| !text.is_empty());
        let english = noted.unwrap_or_else(|| {
            let text = element.text_content().unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        let _ = element.set_attribute("data-text", &english);
        element.set_text_content(Some(&texts::translated(&english)));
    }
}

fn wanted() -> &'static Language {
    let kept = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    if let Some(kept) = kept.and_then(|id| named(&id)) {
        return kept;
    }
    let preferred = window().navigator().languages();
    let preferred = preferred.iter().filter_map(|it| it.as_string());
    // `de-AT` is German, too.
    let known = preferred.map(|tag| tag.split('-').next().unwrap_or_default().to_owned());
    known.into_iter().find_map(|id| named(&id)).unwrap_or(&LANGUAGES[0])
}

fn named(id: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.id == id)
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
