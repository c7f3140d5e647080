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
    try_post(message).expect_throw("messages can be sent");
}

/// Sends a message up that is not all of our making.
///
/// # Errors
/// If it has something that JavaScript has not, such as a number of 64 bits, or cannot be cloned.
pub fn try_post(message: &impl Serialize) -> Result<(), String> {
    let message = serde_wasm_bindgen::to_value(message).map_err(|why| why.to_string())?;
    scope().post_message(&message).map_err(|why| crate::text(&why))
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
