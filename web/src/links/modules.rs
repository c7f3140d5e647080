//! The engines' wasm modules, compiled once for all of their workers.

use std::cell::RefCell;
use std::collections::HashMap;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use js_sys::WebAssembly;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use worker_link::text;

type Compiling = Shared<LocalBoxFuture<'static, Result<JsValue, String>>>;

thread_local! {
    static MODULES: RefCell<HashMap<&'static str, Compiling>> = RefCell::default();
}

/// The module at this address.
///
/// # Errors
/// If it cannot be loaded or compiled; the next call tries again.
pub(super) async fn compiled(address: &'static str) -> Result<JsValue, String> {
    let module = MODULES.with_borrow_mut(|modules| {
        modules.entry(address).or_insert_with(|| compile(address).boxed_local().shared()).clone()
    });
    let result = module.await;
    if result.is_err() {
        MODULES.with_borrow_mut(|modules| modules.remove(address));
    }
    result
}

async fn compile(address: &'static str) -> Result<JsValue, String> {
    let failed = |why: JsValue| format!("{address} could not be loaded: {}", text(&why));
    let window = web_sys::window().ok_or("there is no window")?;
    let response = JsFuture::from(window.fetch_with_str(address)).await.map_err(failed)?;
    let response: Response = response.dyn_into().map_err(failed)?;
    if !response.ok() {
        return Err(format!("{address} could not be loaded: {}", response.status()));
    }
    // From its bytes and not as a stream: not every host names the type that a stream must have.
    let bytes = JsFuture::from(response.array_buffer().map_err(failed)?).await.map_err(failed)?;
    JsFuture::from(WebAssembly::compile(&bytes)).await.map_err(failed)
}
