//! A worker that sends payloads back.

use std::cell::RefCell;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::Uint8Array;
use lab::ops::echo::Echo;
use lab::{LaneError, LaneFuture};
use protocol::engine::{FromPeer, ToPeer};
use wasm_bindgen::{JsCast, JsValue};

use crate::clock;
use crate::life::{Mortal, unexpected};
use crate::peers::{self, Peer, trouble};

/// The worker, and what goes to and fro.
pub(super) struct MessageEcho<'a> {
    pub(super) peer: &'a mut Peer,
    pub(super) request: Vec<u8>,
    /// What is sent next.
    pub(super) payload: Uint8Array,
    /// What came back last.
    pub(super) reply: Option<Uint8Array>,
    pub(super) transfer: bool,
    /// A step of the clock, in nanoseconds.
    pub(super) tick: f64,
}

/// A batch under way.
struct Batch {
    left: u32,
    /// The sum of the times at which payloads were sent.
    sent: f64,
    /// When the last one was back.
    ended: f64,
    last: JsValue,
    done: Option<oneshot::Sender<()>>,
}

impl Echo for MessageEcho<'_> {
    // Each message is answered from the handler of the last one: no future is woken in between.
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        Box::pin(async move {
            let (done, wait) = oneshot::channel();
            let (worker, failures) = self.peer.parts();
            let number = self.peer.number();
            let batch = Rc::new(RefCell::new(Batch {
                left: count,
                sent: 0.0,
                ended: 0.0,
                last: JsValue::UNDEFINED,
                done: Some(done),
            }));
            let hook = {
                let (batch, payload, transfer) =
                    (Rc::clone(&batch), self.payload.clone(), self.transfer);
                move |message: JsValue| {
                    let mut batch = batch.borrow_mut();
                    batch.left -= 1;
                    if batch.left == 0 {
                        batch.ended = clock::exact();
                        batch.last = message;
                        let _ = batch.done.take().map(|done| done.send(()));
                        return;
                    }
                    let next = if transfer { message.unchecked_ref() } else { &payload };
                    batch.sent += clock::exact();
                    if let Err(why) = peers::send(&worker, number, next, transfer) {
                        let _ = failures.unbounded_send(Err(why));
                        batch.done = None;
                    }
                }
            };
            self.peer.set_hook(Some(Box::new(hook)));
            let began = clock::exact();
            batch.borrow_mut().sent = began;
            self.peer.send(&self.payload, self.transfer)?;
            let waited = wait.await;
            self.peer.set_hook(None);
            if waited.is_err() {
                return Err(self.peer.failure());
            }
            let (took, sent, last) = {
                let mut batch = batch.borrow_mut();
                (batch.ended - began, batch.sent, std::mem::take(&mut batch.last))
            };
            let reply: Uint8Array = last.dyn_into().map_err(trouble)?;
            if self.transfer {
                self.payload = reply.clone();
            }
            self.reply = Some(reply);
            let there = match self.peer.order(&ToPeer::Arrivals).await? {
                FromPeer::Arrivals { sum, origin } => {
                    sum + f64::from(count) * (origin - clock::origin()) * 1e6 - sent
                }
                other => return Err(unexpected(&other)),
            };
            Ok([took, there])
        })
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let reply = self.reply.take();
        Ok(reply.is_some_and(|reply| reply.to_vec() == self.request))
    }

    fn shortest(&self) -> f64 {
        self.tick
    }
}
