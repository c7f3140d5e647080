//! A worker's messages to and from whoever started it, from the inside.

use serde::Serialize;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Sends a message up.
///
/// # Panics
/// If the message cannot be cloned, which is a mistake in the program.
pub fn post(message: &impl Serialize) {
    let message = serde_wasm_bindgen::to_value(message).expect_throw("messages serialize");
    scope().post_message(&message).expect_throw("messages can be cloned");
}

/// The address of the script that this worker runs: another worker of its kind starts from the same.
#[must_use]
pub fn script() -> String {
    scope().location().href()
}

/// Calls `handle` with each message from above, for as long as this worker lives.
pub fn listen(mut handle: impl FnMut(JsValue) + 'static) {
    let closure = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        handle(event.data());
    });
    scope().set_onmessage(Some(closure.as_ref().unchecked_ref()));
    closure.forget();
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
