//! The line between the coordinator and a worker in shared memory: whose turn it is, and what for.
//!
//! A side waits for its turn asleep (`Atomics.wait`, which std's `park` is here), looking again and again,
//! or first the one and then the other.

use protocol::trace::What;
use std::hint;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// How often *adaptive* looks before it sleeps: about half a millisecond. Two sides on the same processor
/// only hold each other up until the scheduler moves one of them, and it does so once it has seen both of
/// them busy; with less than that they can stay together for good (`libgomp` looks longer yet).
const LOOKS: u32 = 1_500_000;

/// How a side waits for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Block,
    Spin,
    Adaptive,
}

impl Wait {
    pub(crate) const ALL: [Self; 3] = [Self::Block, Self::Spin, Self::Adaptive];

    /// As reports name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Spin => "spin",
            Self::Adaptive => "adaptive",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wait| wait.name() == name)
    }

    /// Waits until `is_there`; whoever makes it so wakes this thread, unless both spin.
    pub(crate) fn until(self, is_there: impl Fn() -> bool) {
        if self != Self::Block && self.look(&is_there) {
            return;
        }
        while !is_there() {
            thread::park();
        }
    }

    /// The same for so long at the most; says whether it is there.
    pub(crate) fn until_or(self, is_there: impl Fn() -> bool, most: Duration) -> bool {
        if (self != Self::Block && self.look(&is_there)) || is_there() {
            return true;
        }
        thread::park_timeout(most);
        is_there()
    }

    fn look(self, is_there: impl Fn() -> bool) -> bool {
        let mut looks = 0;
        while !is_there() {
            looks += 1;
            if self == Self::Adaptive && looks == LOOKS {
                return false;
            }
            hint::spin_loop();
        }
        true
    }
}

/// Whose turn it is.
const CALLER: u32 = 0;
const WORKER: u32 = 1;
/// Nobody's any more.
const OVER: u32 = 2;

/// What a turn of the worker is about.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The bytes that both see.
    pub(crate) bytes: Vec<u8>,
    /// They are the payload of a task that computes so much.
    pub(crate) rounds: Option<u64>,
    /// Whether the worker is to read them.
    pub(crate) read: bool,
    /// Whether the way there is timed.
    pub(crate) stamp: bool,
    /// When it began, on the clock of all workers, in nanoseconds.
    pub(crate) sent: f64,
    /// How long it was until the worker had read them: the sum since somebody asked.
    pub(crate) there: f64,
    /// The sum of what it read.
    pub(crate) sum: u64,
}

/// Between the coordinator and one worker.
// A cache line of its own: neighbours would have it go to and fro between processors.
#[repr(align(64))]
pub(crate) struct Line {
    turn: AtomicU32,
    wait: Wait,
    caller: Thread,
    worker: OnceLock<Thread>,
    desk: Mutex<Desk>,
}

impl Line {
    /// The caller is this thread.
    pub(crate) fn new(wait: Wait) -> Self {
        let (turn, caller) = (AtomicU32::new(WORKER), thread::current());
        Self { turn, wait, caller, worker: OnceLock::new(), desk: Mutex::default() }
    }

    /// What lies between the two: for whoever has the turn.
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the worker the turn.
    pub(crate) fn give(&self) {
        self.pass(WORKER, self.worker.get());
    }

    /// Whether the caller has the turn.
    pub(crate) fn is_back(&self) -> bool {
        self.turn.load(Ordering::Acquire) == CALLER
    }

    /// The caller waits for its turn.
    pub(crate) fn await_back(&self) {
        self.wait.until(|| self.is_back());
    }

    /// Ends the worker's [`Line::serve`], once the caller has the turn.
    pub(crate) fn end(&self) {
        self.pass(OVER, self.worker.get());
    }

    /// The worker's side: gives the turn back, and whenever it has it again calls `work` before that.
    pub(crate) fn serve(&self, mut work: impl FnMut(&mut Desk)) {
        let _ = self.worker.set(thread::current());
        loop {
            self.pass(CALLER, Some(&self.caller));
            tracer::note(What::Wait);
            self.wait.until(|| self.turn.load(Ordering::Acquire) != CALLER);
            tracer::note(What::Wake);
            if self.turn.load(Ordering::Acquire) == OVER {
                return;
            }
            work(&mut self.desk());
        }
    }

    fn pass(&self, to: u32, other: Option<&Thread>) {
        self.turn.store(to, Ordering::Release);
        if self.wait != Wait::Spin
            && let Some(other) = other
        {
            other.unpark();
        }
    }
}
