//! Ending what is going on: a flag that lanes look at, and the children that are killed at once, or when they
//! have been silent for too long.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use keeper::descendants;
use lab::LaneError;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, pidfd_send_signal};
use rustix::time::Timespec;
use tokio::sync::Notify;

use crate::terminal::say;

/// How long a child may be silent while somebody waits for it: many times what an operation takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Looks at silent children until they are given up.
const LOOKS: u32 = 10;
/// How long a keeper may take to end when everything under it has been killed.
const KEEPER: Duration = Duration::from_secs(10);
/// Between two looks at that.
const PAUSE: Duration = Duration::from_millis(5);

/// Shared between who asks for the end and who has to end.
#[derive(Clone)]
pub struct Cancel(Arc<State>);

struct State {
    asked: AtomicBool,
    waiting: Notify,
    children: Mutex<Vec<Arc<Watched>>>,
    patience: Duration,
    watchdog: Once,
    /// Ends the watchdog: it waits for this.
    over: Arc<Over>,
}

/// Whether nobody has the state any more.
#[derive(Default)]
struct Over {
    is: Mutex<bool>,
    changed: Condvar,
}

impl Drop for State {
    fn drop(&mut self) {
        *self.over.is.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.changed.notify_all();
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::with_patience(PATIENCE)
    }
}

impl Cancel {
    /// With another idea of how long a child may be silent while somebody waits for it.
    #[must_use]
    pub fn with_patience(patience: Duration) -> Self {
        Self(Arc::new(State {
            asked: AtomicBool::new(false),
            waiting: Notify::new(),
            children: Mutex::default(),
            patience,
            watchdog: Once::new(),
            over: Arc::default(),
        }))
    }

    /// Asks: kills every registered child, and those that are registered later.
    pub fn ask(&self) {
        let children = self.0.children();
        self.0.asked.store(true, Ordering::SeqCst);
        children.iter().for_each(|child| child.kill());
        self.0.waiting.notify_waiters();
    }

    /// Waits until somebody has asked.
    pub(crate) async fn asked(self) {
        loop {
            let waiting = self.0.waiting.notified();
            if self.is_asked() {
                return;
            }
            waiting.await;
        }
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Acts unless somebody has asked; what goes wrong once somebody has is the cancelling itself.
    pub(crate) fn explain<A>(
        &self,
        act: impl FnOnce() -> Result<A, LaneError>,
    ) -> Result<A, LaneError> {
        if self.is_asked() {
            return Err(LaneError::Cancelled);
        }
        act().map_err(|why| if self.is_asked() { LaneError::Cancelled } else { why })
    }

    /// The same for a turn.
    pub(crate) async fn explain_turn<A>(
        &self,
        turn: impl Future<Output = Result<A, LaneError>>,
    ) -> Result<A, LaneError> {
        self.explain(|| Ok(()))?;
        let result = turn.await;
        self.explain(|| result)
    }

    /// Forgets that somebody asked, before the next visit.
    pub(crate) fn reset(&self) {
        self.0.asked.store(false, Ordering::SeqCst);
    }

    /// How long a child may be silent while somebody waits for it.
    pub(crate) fn patience(&self) -> Duration {
        self.0.patience
    }

    /// Has the child killed when somebody asks, or when it is silent for too long, for as long as the
    /// registration lives.
    pub(crate) fn register(&self, pidfd: OwnedFd, pid: Pid, target: Target) -> Registration {
        self.0.watchdog.call_once(|| watch_over(&self.0));
        let (pulse, seen, looks, silent) = Default::default();
        let watched = Arc::new(Watched { pidfd, pid, target, pulse, seen, looks, silent });
        let mut children = self.0.children();
        children.push(Arc::clone(&watched));
        if self.is_asked() {
            watched.kill();
        }
        Registration { cancel: self.clone(), watched }
    }
}

impl State {
    fn children(&self) -> MutexGuard<'_, Vec<Arc<Watched>>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The process.
    Process,
    /// Everything under it: it is a keeper, which then ends by itself, and clears up.
    Kept,
}

/// A child.
struct Watched {
    pidfd: OwnedFd,
    pid: Pid,
    target: Target,
    /// Odd while somebody waits for the child.
    pulse: AtomicU32,
    /// The pulse at the watchdog's last look.
    seen: AtomicU32,
    /// Its looks at the same odd pulse.
    looks: AtomicU32,
    /// It was killed for that.
    silent: AtomicBool,
}

impl Watched {
    fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        match self.target {
            // It fails only if the child has ended already, which is what is wanted.
            Target::Process => drop(pidfd_send_signal(&self.pidfd, signal)),
            Target::Kept => descendants::signal(self.pid, signal),
        }
    }

    fn has_ended_within(&self, within: Duration) -> bool {
        let time = Timespec { tv_sec: 0, tv_nsec: within.subsec_nanos().into() };
        poll(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], Some(&time))
            .is_ok_and(|count| count > 0)
    }

    fn give_up(&self) {
        self.silent.store(true, Ordering::SeqCst);
        self.kill();
    }

    /// Whether it has been silent, while somebody waited, for as many looks as are allowed.
    fn is_silent(&self) -> bool {
        let pulse = self.pulse.load(Ordering::Relaxed);
        if pulse.is_multiple_of(2) || self.seen.swap(pulse, Ordering::Relaxed) != pulse {
            self.looks.store(0, Ordering::Relaxed);
            return false;
        }
        self.looks.fetch_add(1, Ordering::Relaxed) + 1 >= LOOKS
    }
}

/// A child that is killed when somebody asks, or when it is silent for too long.
pub(crate) struct Registration {
    cancel: Cancel,
    watched: Arc<Watched>,
}

impl Registration {
    /// Somebody waits for the child, for as long as the result lives.
    pub(crate) fn talking(&self) -> Talking {
        // Not a message costs more than these two steps: the watchdog reads the clock, and not whoever waits.
        self.watched.pulse.fetch_add(1, Ordering::Relaxed);
        Talking(Arc::clone(&self.watched))
    }

    /// Kills it for its silence.
    pub(crate) fn give_up(&self) {
        self.watched.give_up();
    }

    /// Whether it was killed for its silence.
    pub(crate) fn was_silent(&self) -> bool {
        self.watched.silent.load(Ordering::SeqCst)
    }

    /// Whether it is a keeper.
    pub(crate) fn is_kept(&self) -> bool {
        self.watched.target == Target::Kept
    }

    /// Sends it a signal; of a keeper, to everything under it.
    pub(crate) fn signal(&self, signal: Signal) {
        self.watched.signal(signal);
    }

    /// Kills it, and waits until it can be collected.
    pub(crate) fn end(&self) {
        let watched = &self.watched;
        if watched.target == Target::Kept {
            // It may be about to start its program still.
            for _ in 0..KEEPER.as_millis() / PAUSE.as_millis() {
                watched.kill();
                if watched.has_ended_within(PAUSE) {
                    return;
                }
            }
        }
        let _ = pidfd_send_signal(&watched.pidfd, Signal::KILL);
    }
}

impl AsFd for Registration {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.watched.pidfd.as_fd()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.cancel.0.children().retain(|child| !Arc::ptr_eq(child, &self.watched));
    }
}

/// Somebody waits for a child.
pub(crate) struct Talking(Arc<Watched>);

impl Drop for Talking {
    fn drop(&mut self) {
        self.0.pulse.fetch_add(1, Ordering::Relaxed);
    }
}

/// Kills children that are silent for too long, for as long as anybody has the state.
fn watch_over(state: &Arc<State>) {
    let (weak, pause): (Weak<State>, Duration) = (Arc::downgrade(state), state.patience / LOOKS);
    let over = Arc::clone(&state.over);
    #[expect(
        clippy::disallowed_methods,
        reason = "it measures nothing and sleeps most of the time"
    )]
    let started = thread::Builder::new().name("watchdog".into()).spawn(move || {
        loop {
            let is_over = over.is.lock().unwrap_or_else(PoisonError::into_inner);
            if over.changed.wait_timeout_while(is_over, pause, |is_over| !*is_over).is_err() {
                return;
            }
            // Nothing is locked here: the state may end with this use of it.
            let Some(state) = weak.upgrade() else { return };
            state.children().iter().filter(|child| child.is_silent()).for_each(|it| it.give_up());
        }
    });
    if let Err(why) = started {
        say!("breakeven: no thread watches for silent children: {why}");
    }
}
