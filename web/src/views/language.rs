//! Which language the page speaks.

use leptos::prelude::*;
use texts::tr;
use wasm_bindgen_futures::spawn_local;

use crate::language::{LANGUAGES, choose, spoken};

#[component]
pub(crate) fn LanguageChoice() -> impl IntoView {
    let spoken = spoken();
    let trouble = RwSignal::new(String::new());
    let chosen = move |event| {
        let id = event_target_value(&event);
        trouble.set(String::new());
        spawn_local(async move {
            if let Err(why) = choose(&id).await {
                trouble.set(tr!("This language could not be loaded: {}.", why));
            }
        });
    };
    let options = {
        let spoken = spoken.clone();
        LANGUAGES.iter().map(move |language| {
            let spoken = spoken.clone();
            let selected = move || spoken.get() == language;
            view! { <option value=language.id lang=language.id selected=selected>{language.name}</option> }
        })
    };
    view! {
        <label>
            <span class="hidden">{move || {
                spoken.track();
                tr!("Language")
            }}</span>
            <select id="language" on:change=chosen>{options.collect_view()}</select>
        </label>
        <p role="alert" class="trouble">{move || trouble.get()}</p>
    }
}
