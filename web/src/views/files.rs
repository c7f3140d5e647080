//! Files that are dropped on the page or pasted into it, wherever: reports and pictures.

use leptos::ev;
use leptos::prelude::*;
use texts::tr;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Element, File};

use crate::comparison::{Comparison, Opening};

/// Takes files that are dropped or pasted anywhere; otherwise the browser would leave the page for them. `over` says
/// whether one is being dragged over the page.
pub(super) fn listen(comparison: Comparison, over: RwSignal<bool>) {
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
            let Some(data) = event.clipboard_data() else { return };
            if has_files(&data) {
                event.prevent_default();
                take(comparison, &data);
            } else if let Ok(text) = data.get_data("text/plain")
                && text.trim_start().starts_with('{')
                && !goes_into_a_field(&event)
            {
                event.prevent_default();
                comparison.shelf.paste(&text);
            }
        }),
    ];
    on_cleanup(move || handles.into_iter().for_each(WindowListenerHandle::remove));
}

fn has_files(data: &DataTransfer) -> bool {
    data.types().includes(&"Files".into(), 0)
}

fn goes_into_a_field(event: &ClipboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA"))
}

fn take(comparison: Comparison, data: &DataTransfer) {
    let file: Option<File> = data.files().and_then(|files| files.get(0));
    match file {
        Some(file) if is_report(&file) => comparison.shelf.open(file),
        Some(file) => comparison.choose(file),
        None => {
            comparison
                .opening
                .set(Opening::Failed(tr!("no file came along: save it first").into()));
        }
    }
}

fn is_report(file: &File) -> bool {
    file.type_() == "application/json" || file.name().to_ascii_lowercase().ends_with(".json")
}
