//! `native.thread` and `native.thread-wide`: threads of the runner over its own memory, in a rayon
//! pool.
//!
//! The same pool library as `browser.shared`, so that the platform is compared and not the library.
//! `native.thread` keeps to the 128-bit vectors that wasm has too, for the same reason; what wider
//! ones give shows in a lane of its own.

use std::future::ready;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lab::{Crew, Effort, Job, Lane, LaneError, LaneFuture, Op, Opened, RunTimes, Series};
use protocol::{Availability, LaneId, LaneKind, Nanos};
use rayon::{ThreadPool, ThreadPoolBuilder};
use workloads::{Source, WideVectors};

use super::Clock;
use super::peer::{self, Peer};
use crate::cancel::Cancel;
use crate::ops;

/// How long the threads of a pool may take to end.
const END_LIMIT: Duration = Duration::from_secs(10);

pub(super) struct NativeThread {
    vectors: Vectors,
    cancel: Cancel,
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
    pub(super) fn new(cancel: Cancel) -> Self {
        Self { vectors: Vectors::Baseline, cancel }
    }

    pub(super) fn wide(cancel: Cancel) -> Self {
        Self { vectors: Vectors::Widest(WideVectors::detect()), cancel }
    }

    fn measure(&self, op: Op, effort: &Effort) -> Result<Vec<Series>, LaneError> {
        if self.cancel.is_asked() {
            return Err(LaneError::Cancelled);
        }
        let measured = match op {
            Op::Startup => ops::startup::measure(effort, Peer::start, Peer::end),
            Op::Echo { bytes } => peer::echo(bytes, effort),
        };
        measured.map_err(LaneError::Failed)
    }

    fn start(&self, workers: u32) -> Result<Opened, LaneError> {
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
        Box::pin(ready(self.start(workers)))
    }

    // Vectors make no difference to these: the wide lane leaves them to the other.
    fn does(&self, op: Op) -> bool {
        match op {
            Op::Startup | Op::Echo { .. } => matches!(self.vectors, Vectors::Baseline),
        }
    }

    fn perform<'a>(&'a self, op: Op, effort: &'a Effort) -> LaneFuture<'a, Vec<Series>> {
        Box::pin(ready(if self.does(op) {
            self.measure(op, effort)
        } else {
            let why = format!("its vectors make no difference to {op}: see native.thread");
            Err(LaneError::Unavailable(why))
        }))
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
            .install(|| lab::pool::run(job, workers, out, apply, || clock.elapsed().0))
            .map_err(LaneError::failed)?;
        Ok(RunTimes { total: clock.elapsed(), compute, bytes_copied: 0 })
    }
}

impl Crew for Threads {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        Box::pin(ready(self.make(job, out)))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        let Self { pool, workers, ends, .. } = *self;
        let clock = Clock::start();
        drop(pool);
        let all_ended = (0..workers).all(|_| ends.recv_timeout(END_LIMIT).is_ok());
        Box::pin(ready(if all_ended {
            Ok(Some(clock.elapsed()))
        } else {
            Err(LaneError::failed(format!("threads did not end within {} s", END_LIMIT.as_secs())))
        }))
    }
}
