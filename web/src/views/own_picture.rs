//! Which picture is filtered: the built-in one, or one that the visitor chooses, drops or pastes.

use leptos::ev;
use leptos::html::Input;
use leptos::prelude::*;
use protocol::MAX_OWN_PIXELS;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, File};

use super::comparison;
use crate::comparison::{Comparison, Opening};
use lab::format;

#[component]
pub(super) fn OwnPicture() -> impl IntoView {
    let comparison = comparison();
    let over = RwSignal::new(false);
    listen(comparison, over);
    let input = NodeRef::<Input>::new();
    let locked = move || comparison.is_running();
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            comparison.choose(file);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    view! {
        <div class="own-picture" class:over=move || over.get()>
            <p class="which">{move || which(comparison)}</p>
            <div class="ways">
                <label class="button" class:locked=locked>
                    "Choose a picture…"
                    <input
                        node_ref=input
                        id="own-picture"
                        type="file"
                        accept="image/png,image/jpeg,image/webp"
                        disabled=locked
                        on:change=chosen
                    />
                </label>
                <Show when=move || comparison.own_name.get().is_some()>
                    <button
                        type="button"
                        disabled=locked
                        on:click=move |_| comparison.choose_built_in()
                    >
                        "Use the built-in picture"
                    </button>
                </Show>
            </div>
            <p class="hint">
                {format!(
                    "Or drop one anywhere on this page, or paste it: PNG, JPEG or WebP, up to {} \
                     megapixels. It stays on this machine.",
                    MAX_OWN_PIXELS / 1_000_000,
                )}
            </p>
            <p role="status">{move || match comparison.opening.get() {
                Opening::Reading(name) => format!("Opening {name}…"),
                _ => String::new(),
            }}</p>
            <p role="alert" class="trouble">{move || match comparison.opening.get() {
                Opening::Failed(why) => format!("{why}."),
                _ => String::new(),
            }}</p>
        </div>
    }
}

fn which(comparison: Comparison) -> String {
    let dimensions = comparison.settings.get().dimensions;
    let name = comparison.own_name.get().unwrap_or("The built-in picture".into());
    format!(
        "{name}: {} × {} pixels, {} megapixels.",
        dimensions.width(),
        dimensions.height(),
        format::significant(dimensions.pixels() as f64 / 1e6)
    )
}

/// Takes files that are dropped or pasted anywhere; otherwise the browser would leave the page for them.
fn listen(comparison: Comparison, over: RwSignal<bool>) {
    let drag = move |event: DragEvent| {
        if event.data_transfer().is_some_and(|data| has_files(&data)) {
            event.prevent_default();
            over.set(true);
        }
    };
    let handles = [
        window_event_listener(ev::dragenter, drag),
        window_event_listener(ev::dragover, drag),
        window_event_listener(ev::dragleave, move |event: DragEvent| {
            // Between two elements of the page it is still over the page.
            if event.related_target().is_none() {
                over.set(false);
            }
        }),
        window_event_listener(ev::drop, move |event: DragEvent| {
            over.set(false);
            if let Some(data) = event.data_transfer().filter(has_files) {
                event.prevent_default();
                take(comparison, &data);
            }
        }),
        window_event_listener(ev::paste, move |event| {
            let event: ClipboardEvent = event.unchecked_into();
            if let Some(data) = event.clipboard_data().filter(has_files) {
                event.prevent_default();
                take(comparison, &data);
            }
        }),
    ];
    on_cleanup(move || handles.into_iter().for_each(WindowListenerHandle::remove));
}

fn has_files(data: &DataTransfer) -> bool {
    data.types().includes(&"Files".into(), 0)
}

fn take(comparison: Comparison, data: &DataTransfer) {
    let file: Option<File> = data.files().and_then(|files| files.get(0));
    match file {
        Some(file) => comparison.choose(file),
        None => comparison.opening.set(Opening::Failed("no file came along: save it first".into())),
    }
}
