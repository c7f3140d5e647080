//! `browser.shared`: Web Workers over shared wasm memory, in a rayon pool.
//!
//! Pictures and work lie in the shared memory, the workers write disjoint parts of it, and nothing is
//! copied between them. What crosses is whose turn it is.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lab::ops::compute::{Compute, Piece};
use lab::ops::dispatch::{Handed, Hands, Pool};
use lab::ops::echo::{self, Crosses, Echo, Touch, Way};
use lab::ops::memory::Footprint;
use lab::ops::recording::record;
use lab::ops::shared_work::SharedWork;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers};
use lab::scenarios::Scenario;
use lab::{
    Crew, Effort, Found, Job, Lane, LaneError, LaneFuture, Op, Opened, Placement, RunTimes, Trial,
};
use protocol::frame::task_result;
use protocol::load::Task;
use protocol::trace::{Played, Trail, What};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind, MAX_WORKERS, Nanos};
use wasm_bindgen_futures::JsFuture;
use workloads::Source;

use crate::clock;
use crate::footprint::{self, wasm_bytes};
use crate::life::{self, Mortal};
use crate::line::{Desk, Line, Wait};
use crate::thread::{IS_TRACED, Thread};
use crate::trail::trail;
use crate::trials;

/// Threads whose memory is counted together: the memory grows in steps.
const COUNTED: u32 = 8;
/// Nanoseconds before a task is due in which the caller stays awake: it would be woken too late.
const SOON: u64 = 1_000_000;
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

struct PicturePool {
    workers: u32,
}

/// Who writes each band of the picture: as in `FromEngine::Watch`.
static WRITERS: [AtomicU32; MAX_WORKERS as usize] =
    [const { AtomicU32::new(0) }; MAX_WORKERS as usize];

fn say_who(band: usize) {
    let who = rayon::current_thread_index().map_or(0, |index| index as u32 + 1);
    if let Some(writer) = WRITERS.get(band) {
        writer.store(who, Ordering::Relaxed);
    }
}

/// The address of what says who writes each band.
pub(crate) fn writers() -> u32 {
    // wasm32 addresses are 32 bits wide.
    WRITERS.as_ptr() as usize as u32
}

/// Changes that are passed back and forth to time one: many for the clock's steps.
const CHANGES: u32 = 2000;
/// What they may take in nanoseconds, where there is one processor for both sides.
const PATIENCE: u64 = 200_000_000;

/// How long after this thread's write one of the pool's sees it, both wide awake, in nanoseconds; none if it took too
/// long to tell.
pub(crate) fn seen() -> Option<f64> {
    let until = clock::now() + PATIENCE;
    rayon::spawn(move || {
        for change in 0..CHANGES {
            if !sees(2 * change + 1, until) {
                return;
            }
            CHANGE.store(2 * change + 2, Ordering::Release);
        }
    });
    let mut began = 0;
    for change in 0..CHANGES {
        // The first one waits for the thread to wake up.
        if change == 1 {
            began = clock::now();
        }
        CHANGE.store(2 * change + 1, Ordering::Release);
        if !sees(2 * change + 2, until) {
            return None;
        }
    }
    Some((clock::now() - began) as f64 / f64::from(2 * (CHANGES - 1)))
}

/// What is passed back and forth.
static CHANGE: AtomicU32 = AtomicU32::new(0);

/// Looks until it is so.
fn sees(value: u32, until: u64) -> bool {
    let mut looks = 0_u32;
    while CHANGE.load(Ordering::Acquire) != value {
        looks = looks.wrapping_add(1);
        if looks.is_multiple_of(1024) && clock::now() > until {
            return false;
        }
        std::hint::spin_loop();
    }
    true
}

impl Crew for PicturePool {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        let started = clock::now();
        let apply = |source: &Source<'_>, rows, out: &mut [u8]| job.kernel.apply(source, rows, out);
        WRITERS.iter().for_each(|writer| writer.store(0, Ordering::Relaxed));
        let compute = lab::pool::run(job, self.workers, out, apply, clock::now, say_who);
        let total = Nanos(clock::now() - started);
        Box::pin(ready(
            compute
                .map(|compute| RunTimes { total, compute, bytes_copied: 0 })
                .map_err(LaneError::failed),
        ))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        // The pool cannot be ended from inside: the page terminates the whole coordinator.
        Box::pin(ready(Ok(None)))
    }
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

/// Workers of the pool that serve a line each, until this is dropped.
struct Peers {
    lines: Arc<[Line]>,
}

impl Peers {
    fn start(count: u32, wait: Wait) -> Self {
        let lines: Arc<[Line]> = (0..count).map(|_| Line::new(wait)).collect();
        let served = Arc::clone(&lines);
        rayon::spawn_broadcast(move |context| {
            if let Some(line) = served.get(context.index()) {
                let mut region = 0;
                line.serve(|desk| {
                    note_turn(desk, &mut region);
                    if let Some(rounds) = desk.rounds {
                        tracer::note(What::Compute);
                        desk.sum = task_result(rounds, &desk.bytes).into();
                        tracer::note(What::Computed);
                    } else if desk.read {
                        desk.sum = workloads::sum(&desk.bytes);
                    }
                    if desk.stamp {
                        desk.there += clock::shared() - desk.sent;
                    }
                    let bytes = desk.bytes.len() as u64;
                    tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Shared });
                });
            }
        });
        lines.iter().for_each(Line::await_back);
        Self { lines }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        for line in self.lines.iter() {
            line.await_back();
            line.end();
        }
    }
}

/// Where a desk's bytes lie: the same for all of them.
fn region(desk: &Desk) -> u64 {
    desk.bytes.as_ptr().addr() as u64
}

/// Notes that the caller sees a desk's bytes.
fn note_place(desk: &Desk) {
    tracer::note(What::Map { region: region(desk), bytes: desk.bytes.len() as u64 });
}

/// Notes that a worker got its turn, and sees where its bytes lie if it did not before.
fn note_turn(desk: &Desk, seen: &mut u64) {
    if tracer::is_on() {
        tracer::note(What::Receive { peer: 0, bytes: desk.bytes.len() as u64 });
        if std::mem::replace(seen, region(desk)) != region(desk) {
            note_place(desk);
        }
    }
}

struct SharedEcho {
    peers: Peers,
    request: Vec<u8>,
    /// Of the request.
    sum: u64,
    read: bool,
    tick: f64,
}

impl Echo for SharedEcho {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        let line = &self.peers.lines[0];
        let stamp = line.desk().stamp;
        let began = clock::exact();
        for _ in 0..count {
            if stamp {
                line.desk().sent = clock::shared();
            }
            if self.read {
                line.desk().bytes.copy_from_slice(&self.request);
            }
            let bytes = self.request.len() as u64;
            tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Shared });
            line.give();
            tracer::note(What::Wait);
            line.await_back();
            tracer::note(What::Wake);
            tracer::note(What::Receive { peer: 0, bytes });
        }
        let took = clock::exact() - began;
        let there = std::mem::take(&mut line.desk().there);
        Box::pin(ready(Ok([took, there])))
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let mut desk = self.peers.lines[0].desk();
        let sum = std::mem::take(&mut desk.sum);
        Ok((!self.read || sum == self.sum) && desk.bytes == self.request)
    }

    fn shortest(&self) -> f64 {
        self.tick
    }
}

struct SharedHands {
    peers: Peers,
    /// Which workers have a task.
    busy: Vec<bool>,
    tick: f64,
}

impl SharedHands {
    fn finished(&self) -> Option<usize> {
        let mut busy = self.busy.iter().zip(self.peers.lines.iter());
        busy.position(|(busy, line)| *busy && line.is_back())
    }
}

impl Hands for SharedHands {
    fn count(&self) -> usize {
        self.busy.len()
    }

    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        let line = &self.peers.lines[worker];
        line.desk().bytes[..4].copy_from_slice(&payload[..4]);
        let bytes = payload.len() as u64;
        tracer::note(What::Send { peer: worker as u32, bytes, crosses: Crosses::Shared });
        line.give();
        self.busy[worker] = true;
        Ok(())
    }

    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
        tracer::note(What::Wait);
        loop {
            let left = until.saturating_sub(clock::now());
            if left > SOON {
                let most = Duration::from_nanos(left - SOON);
                Wait::Adaptive.until_or(|| self.finished().is_some(), most);
            }
            if let Some(worker) = self.finished() {
                self.busy[worker] = false;
                tracer::note(What::Wake);
                let desk = self.peers.lines[worker].desk();
                let bytes = desk.bytes.len() as u64;
                tracer::note(What::Receive { peer: worker as u32, bytes });
                return Ok(Some((worker, desk.sum as u32)));
            }
            if left == 0 {
                return Ok(None);
            }
        }
    }

    fn now(&self) -> u64 {
        clock::now()
    }

    fn shortest(&self) -> f64 {
        self.tick
    }
}
