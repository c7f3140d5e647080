//! The threads that serve and wait for signals.

use std::io;
use std::sync::mpsc::channel;
use std::thread;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

use crate::panics;

/// So many threads, with sockets, signals and timers.
///
/// # Errors
/// If the system gives none.
pub(crate) fn start(threads: usize) -> anyhow::Result<Runtime> {
    let context = "cannot start the threads that serve and wait for signals";
    has_room_for(threads).context(context)?;
    // tokio panics where it gets no thread (and, if it has got some, waits for them for ever).
    #[expect(clippy::disallowed_methods, reason = "what it panics of is looked for here")]
    let build = || Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let built = panics::caught(build).map_err(anyhow::Error::msg).context(context)?;
    built.context(context)
}

/// Whether the system gives so many threads: as many are there for a moment, all at once.
fn has_room_for(threads: usize) -> io::Result<()> {
    thread::scope(|scope| {
        // Each waits until nobody can tell it anything any more.
        let mut ends = Vec::new();
        for _ in 0..threads {
            let (end, ended) = channel::<()>();
            ends.push(end);
            thread::Builder::new().spawn_scoped(scope, move || ended.recv())?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn threads_are_started() {
        let runtime = super::start(2).unwrap();
        assert_eq!(runtime.block_on(runtime.spawn(async { 7 })).unwrap(), 7);
    }
}
