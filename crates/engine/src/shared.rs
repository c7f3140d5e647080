//! `browser.shared`: Web Workers over shared wasm memory, in a rayon pool.
//!
//! Pictures and work lie in the shared memory, the workers write disjoint parts of it, and nothing is
//! copied between them. What crosses is whose turn it is.

mod lines;
mod picture;

use std::sync::atomic::Ordering;

use lab::ops::compute::{Compute, Piece};
use lab::ops::dispatch::{Handed, Pool};
use lab::ops::echo::{self, Echo, Touch, Way};
use lab::ops::memory::Footprint;
use lab::ops::recording::record;
use lab::ops::shared_work::SharedWork;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers};
use lab::scenarios::Scenario;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Opened, Placement, Trial};
use protocol::load::Task;
use protocol::trace::{Played, Trail, What};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind, Nanos};
use wasm_bindgen_futures::JsFuture;

use crate::clock;
use crate::footprint::{self, wasm_bytes};
use crate::life::{self, Mortal};
use crate::line::Wait;
use crate::thread::{IS_TRACED, Thread};
use crate::trail::trail;
use crate::trials;
use lines::{Peers, SharedEcho, SharedHands, note_place};
use picture::PicturePool;
pub(crate) use picture::{seen, writers};

/// Threads whose memory is counted together: the memory grows in steps.
const COUNTED: u32 = 8;
/// Bytes whose way there the clock can tell: reading them takes longer than some steps of it.
const LONG: usize = 64 << 10;

pub(crate) struct BrowserShared {
    /// A step of the clock, in nanoseconds.
    pub(crate) tick: f64,
}

impl Lane for BrowserShared {
    fn id(&self) -> LaneId {
        LaneId::BROWSER_SHARED
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Thread
    }

    fn availability(&self) -> Availability {
        // Without SharedArrayBuffer this module could not even have been loaded.
        Availability::Available
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        Box::pin(async move {
            let started = clock::now();
            start_pool(workers).await?;
            let startup = Nanos(clock::now() - started);
            Ok(Opened { crew: Box::new(PicturePool { workers }), startup })
        })
    }

    fn does(&self, _op: Op) -> bool {
        true
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        Box::pin(ops::perform(self, ops, effort, found))
    }

    fn record<'a>(&'a self, scenario: &'static Scenario) -> LaneFuture<'a, Played> {
        Box::pin(record(self, scenario))
    }
}

/// Whose memory the values of all lie in.
const MEMORY: &str = "the shared wasm memory";

/// Once: the pool of an engine cannot be ended or resized, so the page ends the engine.
async fn start_pool(workers: u32) -> Result<(), LaneError> {
    JsFuture::from(wasm_bindgen_rayon::init_thread_pool(workers as usize))
        .await
        .map_err(|why| LaneError::Failed(format!("no thread pool: {why:?}")))?;
    rayon::broadcast(|_| ());
    Ok(())
}

impl Starter for BrowserShared {
    type Workers = Pooled;

    async fn start(&self, count: u32, _placement: Placement) -> Result<Pooled, LaneError> {
        for _ in 0..count {
            tracer::spawn();
        }
        tracer::note(What::Wait);
        start_pool(count).await?;
        tracer::note(What::Wake);
        Ok(Pooled { count, tick: self.tick })
    }

    fn starts_once(&self) -> Option<&'static str> {
        Some("an engine starts its pool once: the page would have to load another one each time")
    }

    fn now(&self) -> f64 {
        clock::exact()
    }

    fn begin_trace(&self) -> Result<(), LaneError> {
        tracer::begin(clock::stamp);
        IS_TRACED.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn end_trace(&self) -> Result<Trail, LaneError> {
        IS_TRACED.store(false, Ordering::Relaxed);
        Ok(trail("Atomics.wait", MEMORY, ""))
    }

    fn tick(&self) -> f64 {
        self.tick
    }

    async fn life(&self, _start: Start, _placement: Placement) -> Result<Life, LaneError> {
        life::live::<Thread>().await
    }

    async fn footprint(&self, _placement: Placement) -> Result<Footprint, LaneError> {
        let before = wasm_bytes();
        let mut threads = (0..COUNTED).map(|_| Thread::ask()).collect::<Result<Vec<_>, _>>()?;
        for thread in &mut threads {
            thread.greet().await?;
        }
        let growth = (wasm_bytes() - before) / f64::from(COUNTED);
        let none = || "the shared memory had room for its stack already".to_owned();
        let wasm = (growth > 0.0).then_some(growth).ok_or_else(none);
        Ok(footprint::of_wasm(wasm))
    }

    async fn trial(&self, trial: &'static Trial) -> Result<Tried, LaneError> {
        if (trial.experiment, trial.name) == ("crash", "lock") {
            return trials::lock::make().await;
        }
        trials::make(&self.id(), trial).await
    }
}

/// The pool of a turn.
pub(crate) struct Pooled {
    count: u32,
    tick: f64,
}

impl Workers for Pooled {
    fn echoes(&self) -> Vec<Way> {
        Way::shared(Wait::ALL.map(|wait| Some(wait.name())))
    }

    async fn echo(&mut self, bytes: u64, way: &Way) -> Result<Box<dyn Echo + '_>, LaneError> {
        let wait = way.wait.and_then(Wait::named).unwrap_or(Wait::Adaptive);
        let request = echo::request(bytes)?;
        let peers = Peers::start(1, wait);
        let read = way.touch == Touch::WriteRead;
        {
            let mut desk = peers.lines[0].desk();
            desk.bytes = request.clone();
            (desk.read, desk.stamp) = (read, read && request.len() >= LONG);
        }
        note_place(&peers.lines[0].desk());
        let sum = workloads::sum(&request);
        Ok(Box::new(SharedEcho { peers, request, sum, read, tick: self.tick }))
    }

    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError> {
        Ok(Box::new(SharedWork::new(None, piece, clock::now)))
    }

    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError> {
        let peers = Peers::start(self.count, Wait::Adaptive);
        for line in peers.lines.iter() {
            let mut desk = line.desk();
            (desk.bytes, desk.rounds) = (echo::request(task.payload)?, Some(task.rounds));
            note_place(&desk);
        }
        let busy = vec![false; self.count as usize];
        let hands = SharedHands { peers, busy, tick: self.tick };
        Ok(Box::new(Handed::new(hands, task)?))
    }

    async fn end(self) -> Result<Trails, LaneError> {
        if !tracer::is_on() {
            return Ok(Vec::new());
        }
        let began = tracer::time();
        let channel = "a turn word in that memory";
        let trails = rayon::broadcast(|_| trail("Atomics.wait", MEMORY, channel));
        tracer::skip_since(began);
        Ok((0..).zip(trails).collect())
    }
}
