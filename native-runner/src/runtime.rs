//! The threads that serve and wait for signals.

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

use crate::panics;

/// So many threads, with sockets, signals and timers.
///
/// # Errors
/// If the system gives none.
pub(crate) fn start(threads: usize) -> anyhow::Result<Runtime> {
    // tokio panics where it gets no thread.
    #[expect(clippy::disallowed_methods, reason = "what it panics of is caught here alone")]
    let built =
        panics::caught(|| Builder::new_multi_thread().worker_threads(threads).enable_all().build());
    built
        .map_err(anyhow::Error::msg)
        .and_then(|built| built.map_err(anyhow::Error::from))
        .context("cannot start the threads that serve and wait for signals")
}
