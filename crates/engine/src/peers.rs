//! The caller's side of workers that are sent payloads and orders by `postMessage`.

use std::cell::RefCell;
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use js_sys::{Array, Uint8Array};
use lab::LaneError;
use protocol::engine::{FromPeer, Role, Start, ToPeer};
use protocol::trace::{Crosses, Trail, What};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};
use worker_link::inside::script;
use worker_link::{module_worker, text};

use crate::awake::wake;
use crate::life::{Mortal, unexpected};

/// What takes messages, instead of the queue.
type Hook = Box<dyn FnMut(JsValue)>;
type Heard = Result<JsValue, LaneError>;

/// A worker. Dropping it terminates it.
pub(crate) struct Peer {
    worker: Worker,
    /// Its number in notes.
    number: u32,
    queue: UnboundedSender<Heard>,
    inbox: UnboundedReceiver<Heard>,
    hook: Rc<RefCell<Option<Hook>>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Mortal for Peer {
    fn ask() -> Result<Self, LaneError> {
        wake();
        let (began, number) = (tracer::time(), tracer::spawn());
        let worker = module_worker(&script()).map_err(thrown)?;
        let (queue, inbox) = unbounded();
        let hook = Rc::new(RefCell::new(None::<Hook>));
        let on_message = {
            let (queue, hook) = (queue.clone(), Rc::clone(&hook));
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
                wake();
                note_payload(number, &event);
                match hook.borrow_mut().as_mut() {
                    Some(hook) => hook(event.data()),
                    None => drop(queue.unbounded_send(Ok(event.data()))),
                }
            })
        };
        let on_error = {
            let (queue, hook) = (queue.clone(), Rc::clone(&hook));
            Closure::<dyn FnMut(_)>::new(move |event: Event| {
                wake();
                // It is heard here, and is nothing that the page could do more about.
                event.prevent_default();
                // Whoever waits for the hook learns it, too.
                hook.borrow_mut().take();
                let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
                let why = message.unwrap_or_else(|| "its script could not be loaded".to_owned());
                let _ = queue.unbounded_send(Err(LaneError::Failed(format!("a worker: {why}"))));
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
        let (module, memory) = (wasm_bindgen::module(), JsValue::UNDEFINED);
        let start = Start { module, memory, role: Role::Peer { traced: tracer::is_on() } };
        let this = Self {
            worker,
            number,
            queue,
            inbox,
            hook,
            _on_message: on_message,
            _on_error: on_error,
        };
        this.post(&serde_wasm_bindgen::to_value(&start).map_err(LaneError::failed)?, None)?;
        tracer::note_since(began, |took| What::Blocked { took });
        Ok(this)
    }

    async fn greet(&mut self) -> Result<(), LaneError> {
        match self.hear().await? {
            FromPeer::Ready => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn order(&mut self, order: &ToPeer) -> Result<FromPeer, LaneError> {
        self.post(&serde_wasm_bindgen::to_value(order).map_err(LaneError::failed)?, None)?;
        self.hear().await
    }
}

impl Peer {
    /// Sends an order that it has but to acknowledge.
    pub(crate) async fn have(&mut self, order: &ToPeer) -> Result<(), LaneError> {
        match self.order(order).await? {
            FromPeer::Ready => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Sends bytes: their buffer changes its owner, or is copied.
    pub(crate) fn send(&self, payload: &Uint8Array, transfer: bool) -> Result<(), LaneError> {
        send(&self.worker, self.number, payload, transfer)
    }

    /// What it has noted.
    pub(crate) async fn trail(&mut self) -> Result<Trail, LaneError> {
        match self.order(&ToPeer::Trace).await? {
            FromPeer::Trail(mut trail) => {
                trail.heap = format!("worker {}'s JavaScript and wasm", self.number + 1);
                Ok(*trail)
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Has it throw what nobody catches; returns its number in notes, and what the caller is told.
    pub(crate) async fn crash(&mut self) -> Result<(u32, String), LaneError> {
        tracer::note(What::Send { peer: self.number, bytes: 0, crosses: Crosses::Copied });
        let crash = serde_wasm_bindgen::to_value(&ToPeer::Crash).map_err(LaneError::failed)?;
        self.set_hook(None);
        self.post(&crash, None)?;
        match self.receive().await {
            Err(LaneError::Failed(how)) => Ok((self.number, how)),
            Err(why) => Err(why),
            Ok(message) => Err(trouble(message)),
        }
    }

    /// Its number in notes.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// The next message that is no order's answer.
    pub(crate) async fn receive(&mut self) -> Result<JsValue, LaneError> {
        let gone = || Err(LaneError::failed("a worker is gone"));
        self.inbox.next().await.unwrap_or_else(gone)
    }

    /// Bytes that it answers.
    pub(crate) async fn receive_bytes(&mut self) -> Result<Uint8Array, LaneError> {
        let message = self.receive().await?;
        message.dyn_into().map_err(trouble)
    }

    /// Has messages go to `hook` and not to the queue until it says so, or the worker fails.
    pub(crate) fn set_hook(&self, hook: Option<Hook>) {
        *self.hook.borrow_mut() = hook;
    }

    /// The worker and the queue of its failures, for a hook.
    pub(crate) fn parts(&self) -> (Worker, UnboundedSender<Heard>) {
        (self.worker.clone(), self.queue.clone())
    }

    /// What went wrong, if something did.
    pub(crate) fn failure(&mut self) -> LaneError {
        match self.inbox.try_recv() {
            Ok(Err(why)) => why,
            _ => LaneError::failed("a worker is gone"),
        }
    }

    async fn hear(&mut self) -> Result<FromPeer, LaneError> {
        let message = self.receive().await?;
        serde_wasm_bindgen::from_value(message).map_err(LaneError::failed)
    }

    fn post(&self, message: &JsValue, transfer: Option<Array>) -> Result<(), LaneError> {
        post(&self.worker, message, transfer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Notes that payload came: bytes, or a number that is one; orders are answered by objects.
fn note_payload(peer: u32, event: &MessageEvent) {
    if !tracer::is_on() {
        return;
    }
    let message = event.data();
    if let Some(payload) = message.dyn_ref::<Uint8Array>() {
        tracer::note(What::Receive { peer, bytes: payload.length().into() });
    } else if message.as_f64().is_some() {
        tracer::note(What::Receive { peer, bytes: 0 });
    }
}

/// Sends bytes to a worker: their buffer changes its owner, or is copied.
pub(crate) fn send(
    worker: &Worker,
    peer: u32,
    payload: &Uint8Array,
    transfer: bool,
) -> Result<(), LaneError> {
    let (bytes, began) = (u64::from(payload.length()), tracer::time());
    let crosses = if transfer { Crosses::Moved } else { Crosses::Copied };
    tracer::note(What::Send { peer, bytes, crosses });
    post(worker, payload, transfer.then(|| Array::of1(&payload.buffer())))?;
    if !transfer {
        tracer::note_since(began, |took| What::Copy { bytes, took });
    }
    Ok(())
}

/// Sends a message to a worker, with what is given away in it.
fn post(worker: &Worker, message: &JsValue, transfer: Option<Array>) -> Result<(), LaneError> {
    match transfer {
        Some(list) => worker.post_message_with_transfer(message, &list),
        None => worker.post_message(message),
    }
    .map_err(thrown)
}

/// What a worker sent instead of what it should have.
pub(crate) fn trouble(message: JsValue) -> LaneError {
    match serde_wasm_bindgen::from_value(message) {
        Ok(other) => unexpected(&other),
        Err(why) => LaneError::failed(why),
    }
}

fn thrown(why: JsValue) -> LaneError {
    LaneError::Failed(text(&why))
}
