//! A button with which a file is chosen.

use leptos::html::Input;
use leptos::prelude::*;
use web_sys::File;

/// `accept` is as the browser's own input has it.
#[component]
pub(super) fn FileButton(
    id: &'static str,
    label: &'static str,
    accept: &'static str,
    #[prop(into)] locked: Signal<bool>,
    choose: impl Fn(File) + 'static,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            choose(file);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    view! {
        <label class="button" class:locked=move || locked.get()>
            {label}
            <input node_ref=input id=id type="file" accept=accept disabled=move || locked.get() on:change=chosen/>
        </label>
    }
}
