//! Ending what is going on: a flag that lanes look at, and the children that are killed at once.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lab::LaneError;
use rustix::process::{Signal, pidfd_send_signal};
use tokio::sync::Notify;

/// Shared between who asks for the end and who has to end.
#[derive(Clone, Default)]
pub struct Cancel(Arc<State>);

#[derive(Default)]
struct State {
    asked: AtomicBool,
    waiting: Notify,
    children: Mutex<Vec<Arc<OwnedFd>>>,
}

impl Cancel {
    /// Asks: kills every registered child, and those that are registered later.
    pub fn ask(&self) {
        let children = self.children();
        self.0.asked.store(true, Ordering::SeqCst);
        children.iter().for_each(|child| kill(child));
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
    pub(crate) async fn explain_turn(
        &self,
        turn: impl Future<Output = Result<(), LaneError>>,
    ) -> Result<(), LaneError> {
        self.explain(|| Ok(()))?;
        let result = turn.await;
        self.explain(|| result)
    }

    /// Forgets that somebody asked, before the next visit.
    pub(crate) fn reset(&self) {
        self.0.asked.store(false, Ordering::SeqCst);
    }

    /// Has the child killed when somebody asks, for as long as the registration lives.
    pub(crate) fn register(&self, pidfd: OwnedFd) -> Registration {
        let pidfd = Arc::new(pidfd);
        let mut children = self.children();
        children.push(Arc::clone(&pidfd));
        if self.is_asked() {
            kill(&pidfd);
        }
        Registration { cancel: self.clone(), pidfd }
    }

    fn children(&self) -> MutexGuard<'_, Vec<Arc<OwnedFd>>> {
        self.0.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child that is killed when somebody asks.
pub(crate) struct Registration {
    cancel: Cancel,
    pidfd: Arc<OwnedFd>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.cancel.children().retain(|child| !Arc::ptr_eq(child, &self.pidfd));
    }
}

fn kill(pidfd: &OwnedFd) {
    // It fails only if the child has ended already, which is what is wanted.
    let _ = pidfd_send_signal(pidfd, Signal::KILL);
}
