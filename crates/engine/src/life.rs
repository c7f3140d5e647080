//! A worker's life, for lanes whose workers answer `postMessage`: asked for, first answer, end.

use lab::LaneError;
use lab::ops::startup::Life;
use protocol::Nanos;
use protocol::engine::{FromPeer, ToPeer};
use wasm_bindgen_futures::spawn_local;
use worker_link::inside::post;
use worker_link::{ends, text};

use crate::clock;

/// A worker; dropping it ends it.
pub(crate) trait Mortal: Sized {
    /// Starts it; it has not answered yet.
    fn ask() -> Result<Self, LaneError>;

    /// Waits until it says that it is ready.
    async fn greet(&mut self) -> Result<(), LaneError>;

    /// Sends an order, and waits for what it says to it.
    async fn order(&mut self, order: &ToPeer) -> Result<FromPeer, LaneError>;
}

/// Lives one's life.
pub(crate) async fn live<W: Mortal>() -> Result<Life, LaneError> {
    let asked = clock::exact();
    let mut worker = W::ask()?;
    let blocked = nanos(clock::exact() - asked);
    worker.greet().await?;
    let first_answer = nanos(clock::exact() - asked);
    let exit = match worker.order(&ToPeer::Hold).await? {
        FromPeer::Holds(lock) => end(&lock, worker).await,
        FromPeer::Failed(why) => Err(why),
        other => return Err(unexpected(&other)),
    };
    Ok(Life { blocked, first_answer, exit })
}

/// How long it takes to end a worker that holds this lock.
async fn end(lock: &str, worker: impl Mortal) -> Result<Nanos, String> {
    let released = ends::released(lock)?;
    let told = clock::exact();
    drop(worker);
    released.await.map_err(|why| text(&why))?;
    Ok(nanos(clock::exact() - told))
}

/// The worker's side: takes a lock, and tells its name.
pub(crate) fn hold() {
    spawn_local(async {
        post(&match ends::hold().await {
            Ok(lock) => FromPeer::Holds(lock),
            Err(why) => FromPeer::Failed(why),
        });
    });
}

/// A worker said something else than it should have.
pub(crate) fn unexpected(message: &FromPeer) -> LaneError {
    match message {
        FromPeer::Failed(why) => LaneError::Failed(format!("a worker: {why}")),
        other => LaneError::Failed(format!("a worker sent {other:?}")),
    }
}

fn nanos(time: f64) -> Nanos {
    Nanos(time as u64)
}
