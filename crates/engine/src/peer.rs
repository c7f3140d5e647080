//! A worker of `browser.clone` or `browser.transfer` in a study: it answers payloads, each a byte array,
//! as it was told to.

use js_sys::{Array, Uint8Array};
use protocol::engine::{Answer, FromPeer, ToPeer};
use protocol::frame::task_result;
use protocol::trace::{Crosses, What};
use wasm_bindgen::{JsCast, JsValue, throw_str};
use web_sys::DedicatedWorkerGlobalScope;
use worker_link::inside::{listen, post};
use worker_link::text;
use workloads::compute::{Share, find};

use crate::awake::wake;
use crate::footprint::wasm_bytes;
use crate::trail::trail;
use crate::{clock, life};

/// Says that it is ready, and listens.
pub(crate) fn answer(traced: bool) {
    if traced {
        tracer::begin(clock::stamp);
        wake();
    }
    let mut peer = Peer { answer: Reply::Same, transfer: false, arrivals: 0.0 };
    listen(move |message| match message.dyn_into::<Uint8Array>() {
        Ok(payload) => {
            if let Err(why) = peer.take(&payload) {
                post(&FromPeer::Failed(why));
            }
        }
        Err(message) => peer.obey(message),
    });
    tracer::note(What::Ready);
    post(&FromPeer::Ready);
}

struct Peer {
    answer: Reply,
    transfer: bool,
    /// The sum of the times at which payloads arrived since somebody asked.
    arrivals: f64,
}

enum Reply {
    Same,
    Task { rounds: u64, reply: u32 },
    Share(Share),
}

impl Peer {
    fn take(&mut self, payload: &Uint8Array) -> Result<(), String> {
        self.arrivals += clock::exact();
        wake();
        tracer::note(What::Receive { peer: 0, bytes: payload.length().into() });
        match &self.answer {
            Reply::Same => send(payload, self.transfer),
            Reply::Task { rounds, reply } => {
                let mut number = [0; 4];
                payload.subarray(0, 4).copy_to(&mut number);
                let result = tracer::computing(|| task_result(*rounds, &number));
                if *reply < 4 {
                    tracer::note(What::Send { peer: 0, bytes: 0, crosses: Crosses::Copied });
                    return post_value(&JsValue::from_f64(result.into()));
                }
                let reply = Uint8Array::new_with_length(*reply);
                reply.subarray(0, 4).copy_from(&result.to_le_bytes());
                send(&reply, self.transfer)
            }
            Reply::Share(share) => {
                let input = payload.to_vec();
                if input.len() != share.input_range().len() {
                    return Err(format!("{} bytes are not what the share reads", input.len()));
                }
                let mut answer = vec![0; share.answer_range().len()];
                tracer::computing(|| share.run(&input, &mut answer));
                send(&Uint8Array::from(answer.as_slice()), self.transfer)
            }
        }
    }

    fn obey(&mut self, message: JsValue) {
        let done = match serde_wasm_bindgen::from_value(message) {
            Ok(ToPeer::Mode { answer, transfer }) => match reply(answer) {
                Ok(answer) => {
                    (self.answer, self.transfer) = (answer, transfer);
                    FromPeer::Ready
                }
                Err(why) => FromPeer::Failed(why),
            },
            Ok(ToPeer::Arrivals) => {
                let sum = std::mem::take(&mut self.arrivals);
                FromPeer::Arrivals { sum, origin: clock::origin() }
            }
            Ok(ToPeer::Memory) => FromPeer::Memory(wasm_bytes()),
            Ok(ToPeer::Trace) => {
                let channel = if self.transfer {
                    "postMessage: the buffer changes hands"
                } else {
                    "postMessage: structured clone"
                };
                FromPeer::Trail(Box::new(trail("the worker's event loop", "", channel)))
            }
            Ok(ToPeer::Crash) => throw_str("a mistake in the worker"),
            Ok(ToPeer::Hold) => return life::hold(),
            Ok(ToPeer::Trap) => FromPeer::Failed("this memory is nobody else's".into()),
            Err(why) => FromPeer::Failed(why.to_string()),
        };
        post(&done);
    }
}

fn reply(answer: Answer) -> Result<Reply, String> {
    Ok(match answer {
        Answer::Same => Reply::Same,
        Answer::Task { rounds, reply } => Reply::Task { rounds: rounds as u64, reply },
        Answer::Share { workload, pages, start, end } => {
            let workload = find(&workload).ok_or_else(|| format!("no workload {workload}"))?;
            let share = Share::new(workload, pages, start..end).map_err(|why| why.to_string())?;
            Reply::Share(share)
        }
    })
}

fn send(payload: &Uint8Array, transfer: bool) -> Result<(), String> {
    let (bytes, began) = (u64::from(payload.length()), tracer::time());
    let crosses = if transfer { Crosses::Moved } else { Crosses::Copied };
    tracer::note(What::Send { peer: 0, bytes, crosses });
    if transfer {
        let list = Array::of1(&payload.buffer());
        return scope().post_message_with_transfer(payload, &list).map_err(|why| text(&why));
    }
    post_value(payload)?;
    tracer::note_since(began, |took| What::Copy { bytes, took });
    Ok(())
}

fn post_value(value: &JsValue) -> Result<(), String> {
    scope().post_message(value).map_err(|why| text(&why))
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
