//! A Web Worker and its messages, from the side that started it: the page with its coordinator, the
//! plain coordinator with its band workers. [`inside`] is the worker's own side.
//!
//! The link owns the worker's whole life: dropping it terminates the worker, whatever it is doing.
#![forbid(unsafe_code)]

pub mod ends;
pub mod inside;

use std::marker::PhantomData;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// A worker that is sent `To` and sends `From`.
pub struct WorkerLink<To, From> {
    worker: Worker,
    inbox: UnboundedReceiver<Result<From, LinkError>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
    _to: PhantomData<fn(&To)>,
}

/// An object of the browser's own in a message, such as a `Blob`: its handle crosses, and what it holds stays where it
/// is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried(#[serde(with = "serde_wasm_bindgen::preserve")] pub JsValue);

/// Why a message did not get through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The browser gave no worker.
    #[error("the browser started no worker: {0}")]
    Start(String),
    /// The worker's script could not be loaded, or it threw.
    #[error("the worker failed: {0}")]
    Worker(String),
    /// A message could not be cloned to the other side.
    #[error("a message could not be sent: {0}")]
    Send(String),
    /// A message was none of those that are expected.
    #[error("a message was not understood: {0}")]
    Receive(String),
}

impl<To: Serialize, From: DeserializeOwned + 'static> WorkerLink<To, From> {
    /// Starts a worker from a module script; the address is relative to the caller's script or page.
    ///
    /// # Errors
    /// If the browser refuses. That the script is missing or throws shows in [`WorkerLink::receive`].
    pub fn start(script: &str) -> Result<Self, LinkError> {
        let worker = module_worker(script).map_err(|why| LinkError::Start(text(&why)))?;
        let (messages, inbox) = unbounded();
        let errors = messages.clone();
        let on_message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            let message = serde_wasm_bindgen::from_value(event.data())
                .map_err(|why| LinkError::Receive(why.to_string()));
            let _ = messages.unbounded_send(message);
        });
        let script = script.to_owned();
        let on_error = Closure::<dyn FnMut(_)>::new(move |event: Event| {
            // Whoever receives is told: nobody further up need be.
            event.prevent_default();
            // A script that cannot be loaded gives a plain event without a message.
            let why = event
                .dyn_ref::<ErrorEvent>()
                .map(ErrorEvent::message)
                .filter(|message| !message.is_empty())
                .unwrap_or_else(|| format!("{script} could not be loaded"));
            let _ = errors.unbounded_send(Err(LinkError::Worker(why)));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, inbox, _on_message: on_message, _on_error: on_error, _to: PhantomData })
    }

    /// The same, with a first message that is not of its kind: what the script itself needs.
    ///
    /// # Errors
    /// As [`WorkerLink::start`], and if the message cannot be cloned.
    pub fn start_with(script: &str, first: &impl Serialize) -> Result<Self, LinkError> {
        let link = Self::start(script)?;
        link.post(first).map(|()| link)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// If it cannot be cloned.
    pub fn send(&self, message: &To) -> Result<(), LinkError> {
        self.post(message)
    }

    fn post(&self, message: &impl Serialize) -> Result<(), LinkError> {
        let message = serde_wasm_bindgen::to_value(message)
            .map_err(|why| LinkError::Send(why.to_string()))?;
        self.worker.post_message(&message).map_err(|why| LinkError::Send(text(&why)))
    }

    /// Waits for the next message, or for the worker's failure.
    ///
    /// # Errors
    /// If the worker failed or sent something else.
    pub async fn receive(&mut self) -> Result<From, LinkError> {
        let message = self.inbox.next().await;
        message.unwrap_or_else(|| Err(LinkError::Worker("it is gone".into())))
    }
}

impl<To, From> Drop for WorkerLink<To, From> {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Starts a worker from a module script.
///
/// # Errors
/// What the browser throws.
pub fn module_worker(script: &str) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(script, &options)
}

/// What a browser threw, as a sentence.
#[must_use]
pub fn text(why: &JsValue) -> String {
    why.dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{why:?}"), |error| String::from(error.message()))
}
