//! When a worker has ended: browsers do not tell, but a lock that it held is free then (Web Locks).

use futures::channel::oneshot;
use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// web-sys has it among its unstable interfaces only.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request(name: &str, granted: &JsValue) -> Result<Promise, JsValue>;
}

/// Takes a lock until this worker ends; returns its name.
///
/// # Errors
/// Why there is none.
pub async fn hold() -> Result<String, String> {
    let name = format!("breakeven {} {}", js_sys::Math::random(), js_sys::Date::now());
    let (held, wait) = oneshot::channel();
    let granted = Closure::once_into_js(move |_lock: JsValue| {
        let _ = held.send(());
        Promise::new(&mut |_, _| {})
    });
    drop(request(&name, &granted).map_err(|why| unavailable(&why))?);
    wait.await.map_err(|_| "the browser gave no lock".to_owned())?;
    Ok(name)
}

/// Queues for a lock; resolves when whoever held it has ended.
///
/// # Errors
/// Why that cannot be known.
pub fn released(name: &str) -> Result<JsFuture, String> {
    let granted = Closure::once_into_js(|_lock: JsValue| {});
    request(name, granted.unchecked_ref()).map(JsFuture::from).map_err(|why| unavailable(&why))
}

fn unavailable(why: &JsValue) -> String {
    format!("this browser has no Web Locks, which tell when a worker has ended ({why:?})")
}
