//! The threads that serve and wait for signals.

use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

use crate::panics;

/// How long the system may take to start a handful of threads.
const PATIENCE: Duration = Duration::from_secs(30);

/// So many threads, with sockets, signals and timers.
///
/// # Errors
/// If the system gives none.
pub(crate) fn start(threads: usize) -> anyhow::Result<Runtime> {
    let context = "cannot start the threads that serve and wait for signals";
    has_room_for(threads + 1).context(context)?;
    // Where it gets no thread tokio panics, and, if it has got some, waits for these for ever: somebody else waits for it.
    #[expect(clippy::disallowed_methods, reason = "what it panics of is looked for here")]
    let build = move || Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let (tell, told) = channel();
    let builder = thread::Builder::new().name("runtime".into());
    #[expect(clippy::disallowed_methods, reason = "it starts others, and no child")]
    let started = builder.spawn(move || drop(tell.send(panics::caught(build))));
    started.context(context)?;
    let built = told.recv_timeout(PATIENCE).context(context)?;
    built.map_err(anyhow::Error::msg).context(context)?.context(context)
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
