//! The runner's lanes: one file each, and a line in [`all`].

mod native_thread;
mod process_socket;

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
        Box::new(process_socket::ProcessSocket::new(cancel.clone())),
    ]
}

/// The lanes' clock.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the lanes' clock")]
    fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    fn elapsed(self) -> Nanos {
        Nanos(self.0.elapsed().as_nanos() as u64)
    }
}
