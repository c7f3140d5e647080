//! Where the page's own files are: beside its program, wherever a host has put that.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The address of wasm-bindgen's script.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static PROGRAM: String;
}

/// The address of a file that was built with the page, such as `workers/engine/worker.js`.
pub(crate) fn address(path: &str) -> String {
    PROGRAM.with(|program| {
        let folder = program.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{path}")
    })
}

/// Where the method is told: of an experiment, or of figures in general (`figures`).
pub(crate) fn method(of: &str) -> String {
    address(&format!("method.html#{of}"))
}
