//! A worker in the shared memory beside the pool: what starting one takes, and its end.

use lab::LaneError;
use protocol::engine::{FromPeer, Start, ToPeer};
use wasm_bindgen::prelude::wasm_bindgen;
use worker_link::WorkerLink;
use worker_link::inside::{listen, post};

use crate::life::{self, Mortal, unexpected};

/// Says that it is ready, and takes a lock when it is told to.
#[wasm_bindgen]
pub fn thread() {
    listen(|message| match serde_wasm_bindgen::from_value(message) {
        Ok(ToPeer::Hold) => life::hold(),
        _ => post(&FromPeer::Failed("a thread has but its lock to hold".into())),
    });
    post(&FromPeer::Ready);
}

/// The caller's side of it.
pub(crate) struct Thread(WorkerLink<ToPeer, FromPeer>);

impl Mortal for Thread {
    fn ask() -> Result<Self, LaneError> {
        let (module, memory) = (wasm_bindgen::module(), wasm_bindgen::memory());
        let start = Start { module, memory, role: "thread".into() };
        WorkerLink::start_with("./worker.js", &start).map(Self).map_err(LaneError::failed)
    }

    async fn greet(&mut self) -> Result<(), LaneError> {
        match self.0.receive().await.map_err(LaneError::failed)? {
            FromPeer::Ready => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn order(&mut self, order: &ToPeer) -> Result<FromPeer, LaneError> {
        self.0.send(order).map_err(LaneError::failed)?;
        self.0.receive().await.map_err(LaneError::failed)
    }
}
