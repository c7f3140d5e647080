//! The engines' programs, loaded and compiled once for all of their workers: what starting a worker takes
//! must not depend on how far away the page's host is.

use std::cell::RefCell;
use std::collections::HashMap;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use js_sys::{Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Response, Url};
use worker_link::text;

use crate::assets;

/// What a worker of an engine is made of.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// The address of its script, in this page.
    pub(super) script: String,
    /// The compiled module.
    pub(super) module: JsValue,
}

type Loading = Shared<LocalBoxFuture<'static, Result<Program, String>>>;

thread_local! {
    static PROGRAMS: RefCell<HashMap<&'static str, Loading>> = RefCell::default();
}

/// The engine's program in this folder of the page's own files.
///
/// # Errors
/// If it cannot be loaded or compiled; the next call tries again.
pub(super) async fn program(folder: &'static str) -> Result<Program, String> {
    let program = PROGRAMS.with_borrow_mut(|programs| {
        programs.entry(folder).or_insert_with(|| load(folder).boxed_local().shared()).clone()
    });
    let result = program.await;
    if result.is_err() {
        PROGRAMS.with_borrow_mut(|programs| programs.remove(folder));
    }
    result
}

async fn load(folder: &str) -> Result<Program, String> {
    let wasm = format!("{folder}/engine_bg.wasm");
    // From its bytes and not as a stream: not every host names the type that a stream must have.
    let compiling = WebAssembly::compile(&fetch(&wasm).await?);
    let module = JsFuture::from(compiling).await.map_err(|why| failed(&wasm, &why))?;

    let script = make_script(&format!("{folder}/worker.js")).await?;
    Ok(Program { script, module })
}

/// A script's address in this page, fetched once.
///
/// # Errors
/// If it cannot be loaded; the next call tries again.
pub(super) async fn script(address: &'static str) -> Result<String, String> {
    thread_local! {
        static SCRIPTS: RefCell<HashMap<&'static str, String>> = RefCell::default();
    }
    if let Some(known) = SCRIPTS.with_borrow(|scripts| scripts.get(address).cloned()) {
        return Ok(known);
    }
    let made = make_script(address).await?;
    SCRIPTS.with_borrow_mut(|scripts| scripts.insert(address, made.clone()));
    Ok(made)
}

async fn make_script(address: &str) -> Result<String, String> {
    let parts = Array::of1(&fetch(address).await?);
    let kind = BlobPropertyBag::new();
    kind.set_type("text/javascript");
    Blob::new_with_buffer_source_sequence_and_options(&parts, &kind)
        .and_then(|blob| Url::create_object_url_with_blob(&blob))
        .map_err(|why| failed(address, &why))
}

/// The bytes at this address.
async fn fetch(address: &str) -> Result<JsValue, String> {
    let failed = |why: JsValue| failed(address, &why);
    let window = web_sys::window().ok_or("there is no window")?;
    let response =
        JsFuture::from(window.fetch_with_str(&assets::address(address))).await.map_err(failed)?;
    let response: Response = response.dyn_into().map_err(failed)?;
    if !response.ok() {
        return Err(format!("{address} could not be loaded: {}", response.status()));
    }
    JsFuture::from(response.array_buffer().map_err(failed)?).await.map_err(failed)
}

fn failed(address: &str, why: &JsValue) -> String {
    format!("{address} could not be loaded: {}", text(why))
}
