//! `native.thread` and `native.thread-wide`: threads of the runner over its own memory, in a rayon
//! pool.
//!
//! The same pool library as `browser.shared`, so that the platform is compared and not the library.
//! `native.thread` keeps to the 128-bit vectors that wasm has too, for the same reason; what wider
//! ones give shows in a lane of its own.

use std::process;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lab::ops::compute::{Compute, Piece};
use lab::ops::dispatch::{Handed, Pool};
use lab::ops::echo::{Echo, Way};
use lab::ops::recording::record;
use lab::ops::shared_work::SharedWork;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers, memory};
use lab::scenarios::Scenario;
use lab::{
    Crew, Effort, Found, Job, Lane, LaneError, LaneFuture, Op, Opened, Placement, RunTimes, Trial,
};
use protocol::load::Task;
use protocol::trace::{Played, Trail, What};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind, Nanos};
use rayon::{ThreadPool, ThreadPoolBuilder};
use workloads::{Source, WideVectors};

use super::peers::Peers;
use crate::cancel::Cancel;
use crate::footprint::Footprint;
use crate::machine;
use crate::placement;
use crate::timing::{self, Clock, OnTime, at_once};
use crate::trail::{caller_trail, own_trail};
use crate::trials::{Caller, Trials};

/// How long the threads of a pool may take to end.
const END_LIMIT: Duration = Duration::from_secs(10);

pub(super) struct NativeThread {
    vectors: Vectors,
    cancel: Cancel,
    trials: Rc<Trials>,
}

/// Which compilation of the kernels the threads run.
#[derive(Clone, Copy)]
enum Vectors {
    /// For 128-bit vectors.
    Baseline,
    /// For the widest that this processor has, if it has wider ones.
    Widest(Option<WideVectors>),
}

impl NativeThread {
    pub(super) fn new(cancel: Cancel, trials: Rc<Trials>) -> Self {
        Self { vectors: Vectors::Baseline, cancel, trials }
    }

    pub(super) fn wide(cancel: Cancel, trials: Rc<Trials>) -> Self {
        Self { vectors: Vectors::Widest(WideVectors::detect()), cancel, trials }
    }

    fn open_pool(&self, workers: u32) -> Result<Opened, LaneError> {
        let clock = Clock::start();
        let (ended, ends) = channel();
        let pool = ThreadPoolBuilder::new()
            .num_threads(workers as usize)
            .thread_name(|number| format!("worker {number}"))
            .exit_handler(move |_| {
                // Nobody listens any more if the crew was dropped without closing it.
                let _ = ended.send(());
            })
            .build()
            .map_err(LaneError::failed)?;
        pool.broadcast(|_| ());
        let startup = clock.elapsed();
        let vectors = self.vectors;
        let crew = Threads { pool, vectors, workers, ends, cancel: self.cancel.clone() };
        Ok(Opened { crew: Box::new(crew), startup })
    }
}

impl Lane for NativeThread {
    fn id(&self) -> LaneId {
        match self.vectors {
            Vectors::Baseline => LaneId::NATIVE_THREAD,
            Vectors::Widest(_) => LaneId::NATIVE_THREAD_WIDE,
        }
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Thread
    }

    fn availability(&self) -> Availability {
        match self.vectors {
            Vectors::Baseline | Vectors::Widest(Some(_)) => Availability::Available,
            Vectors::Widest(None) => Availability::Unavailable {
                reason: "this processor has no vectors wider than the 128 bits of native.thread"
                    .into(),
            },
        }
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        at_once(self.open_pool(workers))
    }

    // Of the operations, vectors make a difference to one workload alone: the wide lane leaves them to
    // the other, and shows on the page's pictures what they bring.
    fn does(&self, _op: Op) -> bool {
        matches!(self.vectors, Vectors::Baseline)
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        if !self.does(ops[0]) {
            let why = "it makes the page's pictures alone: for operations see native.thread";
            return at_once(Err(LaneError::Unavailable(why.into())));
        }
        Box::pin(self.cancel.explain_turn(ops::perform(self, ops, effort, found)))
    }

    fn record<'a>(&'a self, scenario: &'static Scenario) -> LaneFuture<'a, Played> {
        if matches!(self.vectors, Vectors::Widest(_)) {
            let why = "it makes the page's pictures alone: native.thread is recorded";
            return at_once(Err(LaneError::Unavailable(why.into())));
        }
        Box::pin(self.cancel.explain_turn(record(self, scenario)))
    }
}

/// Threads that earlier ones left stacks for, before those whose memory is counted.
const USED_STACKS: u32 = 32;
/// Threads whose memory is counted together: one alone takes but some pages.
const COUNTED: u32 = 16;

impl Starter for NativeThread {
    type Workers = Worked;

    async fn start(&self, count: u32, placement: Placement) -> Result<Worked, LaneError> {
        let mut peers = Peers::ask(count, placement)?;
        peers.greet()?;
        Ok(Worked { peers, pool: None, placement })
    }

    fn now(&self) -> f64 {
        timing::now() as f64
    }

    fn begin_trace(&self) -> Result<(), LaneError> {
        tracer::begin(timing::now);
        Ok(())
    }

    fn end_trace(&self) -> Result<Trail, LaneError> {
        Ok(caller_trail("a channel's recv()"))
    }

    fn tick(&self) -> f64 {
        machine::clock().tick
    }

    async fn crash(&self, workers: &mut Worked) -> Result<(), LaneError> {
        workers.peers.crash()
    }

    async fn life(&self, _start: Start, placement: Placement) -> Result<Life, LaneError> {
        let end = |peers: Peers| peers.end().map(drop);
        timing::life(|| Peers::ask(1, placement), Peers::greet, end)
    }

    async fn footprint(&self, placement: Placement) -> Result<memory::Footprint, LaneError> {
        let started = |count| {
            let mut peers = Peers::ask(count, placement)?;
            peers.greet()?;
            Ok::<_, LaneError>(peers)
        };
        // The C library keeps the stacks of threads that have ended, with their pages.
        let first = started(USED_STACKS)?;
        let before = Footprint::of(process::id())?;
        let counted = started(COUNTED)?;
        let footprint = (Footprint::of(process::id())? - before) / f64::from(COUNTED);
        counted.end()?;
        first.end()?;
        Ok(footprint.into())
    }

    async fn trial(&self, trial: &'static Trial) -> Result<Tried, LaneError> {
        self.trials.make(&self.id(), trial, Caller::Own)
    }
}

/// The threads of a turn.
pub(super) struct Worked {
    peers: Peers,
    /// For pieces of work; started when it is first needed.
    pool: Option<ThreadPool>,
    placement: Placement,
}

impl Workers for Worked {
    fn echoes(&self) -> Vec<Way> {
        Peers::ways()
    }

    async fn echo(&mut self, bytes: u64, way: &Way) -> Result<Box<dyn Echo + '_>, LaneError> {
        Ok(Box::new(self.peers.echo(bytes, way.touch)?))
    }

    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError> {
        let pool = match &mut self.pool {
            Some(pool) => pool,
            empty => {
                let placement = self.placement;
                let pool = ThreadPoolBuilder::new()
                    .num_threads(self.peers.len())
                    .start_handler(move |_| {
                        let _ = placement::put_this_worker(placement);
                    })
                    .build()
                    .map_err(LaneError::failed)?;
                if tracer::is_on() {
                    for _ in 0..pool.current_num_threads() {
                        tracer::spawn();
                    }
                    pool.broadcast(|_| {
                        tracer::begin(timing::now);
                        tracer::note(What::Ready);
                    });
                }
                empty.insert(pool)
            }
        };
        Ok(Box::new(SharedWork::new(Some(pool), piece, timing::now)))
    }

    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError> {
        self.peers.prepare(task)?;
        Ok(Box::new(OnTime(Handed::new(&mut self.peers, task)?)))
    }

    async fn end(self) -> Result<Trails, LaneError> {
        let mut trails = self.peers.end()?;
        if tracer::is_on()
            && let Some(pool) = &self.pool
        {
            let of_pool = pool.broadcast(|_| own_trail("a deque of shares", "rayon's deques"));
            let first = trails.len() as u32;
            trails.extend((first..).zip(of_pool));
        }
        Ok(trails)
    }
}

struct Threads {
    pool: ThreadPool,
    vectors: Vectors,
    workers: u32,
    /// One message per thread that has ended.
    ends: Receiver<()>,
    cancel: Cancel,
}

impl Threads {
    fn make(&self, job: Job<'_>, out: &mut [u8]) -> Result<RunTimes, LaneError> {
        // A thread cannot be killed: a run that has begun goes on to its end.
        if self.cancel.is_asked() {
            return Err(LaneError::Cancelled);
        }
        let Self { vectors, workers, .. } = *self;
        let apply = |source: &Source<'_>, rows, out: &mut [u8]| match vectors {
            Vectors::Widest(Some(wide)) => wide.apply(job.kernel, source, rows, out),
            _ => job.kernel.apply(source, rows, out),
        };
        let clock = Clock::start();
        let compute = self
            .pool
            .install(|| lab::pool::run(job, workers, out, apply, || clock.elapsed().0, |_| {}))
            .map_err(LaneError::failed)?;
        Ok(RunTimes { total: clock.elapsed(), compute, bytes_copied: 0 })
    }
}

impl Crew for Threads {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        at_once(self.make(job, out))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        let Self { pool, workers, ends, .. } = *self;
        let clock = Clock::start();
        drop(pool);
        let all_ended = (0..workers).all(|_| ends.recv_timeout(END_LIMIT).is_ok());
        at_once(if all_ended {
            Ok(Some(clock.elapsed()))
        } else {
            Err(LaneError::failed(format!("threads did not end within {} s", END_LIMIT.as_secs())))
        })
    }
}
