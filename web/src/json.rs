//! Reading JSON. The browser parses it, so that the page has one reader for text and for workers' messages: two would
//! be a twelfth more to download.

use serde::de::DeserializeOwned;

/// What the text says; none where it is no JSON, or not of this kind.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let value = js_sys::JSON::parse(text).ok()?;
    serde_wasm_bindgen::from_value(value).ok()
}
