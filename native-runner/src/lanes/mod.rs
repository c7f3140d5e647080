//! The runner's lanes: one file each, and a line in [`all`].

mod native_thread;
mod peers;
mod process;

use std::time::Instant;

use lab::Lane;
use protocol::Nanos;

use crate::cancel::Cancel;

/// Every lane of the runner. All obey the same `cancel`.
#[must_use]
pub fn all(cancel: &Cancel) -> Vec<Box<dyn Lane>> {
    vec![
        Box::new(native_thread::NativeThread::new(cancel.clone())),
        Box::new(native_thread::NativeThread::wide(cancel.clone())),
        Box::new(process::PipeLane::new(cancel.clone())),
        Box::new(process::SocketLane::new(cancel.clone())),
        Box::new(process::shm::ShmLane::new(cancel.clone())),
    ]
}

/// The Node that the lanes would run, if there is one.
#[must_use]
pub(crate) fn node_version() -> Option<String> {
    None
}

/// The lanes' clock: the system's monotonic one.
#[derive(Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the lanes' clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub(crate) fn elapsed(self) -> Nanos {
        Nanos(self.0.elapsed().as_nanos() as u64)
    }
}
