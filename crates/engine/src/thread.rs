//! Workers in the shared memory: those of the pool, and those beside it, whose start and end is measured.

use std::ptr::with_exposed_provenance;
use std::sync::atomic::{AtomicBool, Ordering};

use lab::LaneError;
use protocol::engine::{FromPeer, Role, Start, ToPeer};
use protocol::trace::What;
use wasm_bindgen_rayon::wbg_rayon_start_worker;
use worker_link::WorkerLink;
use worker_link::inside::{listen, post, script};

use crate::clock;
use crate::life::{self, Mortal, unexpected};
use crate::trials::lock;

/// Says that it is ready, and takes a lock when it is told to.
pub(crate) fn stand_by() {
    listen(|message| match serde_wasm_bindgen::from_value(message) {
        Ok(ToPeer::Hold) => life::hold(),
        Ok(ToPeer::Trap) => lock::take_and_trap(),
        _ => post(&FromPeer::Failed("a thread has but its lock to hold".into())),
    });
    post(&FromPeer::Ready);
}

/// Says that it is ready, and belongs to the rayon pool for the rest of its life.
pub(crate) fn join_pool(receiver: u32) {
    if IS_TRACED.load(Ordering::Relaxed) {
        tracer::begin(clock::stamp);
        tracer::note(What::Ready);
    }
    post(&FromPeer::Ready);
    wbg_rayon_start_worker(with_exposed_provenance(receiver as usize));
}

/// Whether workers that join the pool note what they do.
pub(crate) static IS_TRACED: AtomicBool = AtomicBool::new(false);

/// The caller's side of a thread.
pub(crate) struct Thread(WorkerLink<ToPeer, FromPeer>);

impl Mortal for Thread {
    fn ask() -> Result<Self, LaneError> {
        let (module, memory) = (wasm_bindgen::module(), wasm_bindgen::memory());
        let start = Start { module, memory, role: Role::Thread };
        WorkerLink::start_with(&script(), &start).map(Self).map_err(LaneError::failed)
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
