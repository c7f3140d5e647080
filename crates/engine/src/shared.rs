//! `browser.shared`: Web Workers over shared wasm memory.
//!
//! The picture lies in the shared memory, the workers write disjoint bands of it, and nothing is
//! copied between them.

use std::future::ready;

use lab::{Crew, Job, Lane, LaneError, LaneFuture, Opened, RunTimes};
use protocol::{Availability, LaneId, LaneKind, Nanos};
use wasm_bindgen_futures::JsFuture;
use workloads::Source;

use crate::clock;

pub(crate) struct BrowserShared;

impl Lane for BrowserShared {
    fn id(&self) -> LaneId {
        LaneId::BROWSER_SHARED
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Thread
    }

    fn availability(&self) -> Availability {
        // Without SharedArrayBuffer this module could not even have been loaded.
        Availability::Available
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        Box::pin(async move {
            let started = clock::now();
            JsFuture::from(wasm_bindgen_rayon::init_thread_pool(workers as usize))
                .await
                .map_err(|why| LaneError::Failed(format!("no thread pool: {why:?}")))?;
            rayon::broadcast(|_| ());
            let startup = Nanos(clock::now() - started);
            Ok(Opened { crew: Box::new(Pool { workers }), startup })
        })
    }
}

struct Pool {
    workers: u32,
}

impl Crew for Pool {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        let started = clock::now();
        let apply = |source: &Source<'_>, rows, out: &mut [u8]| job.kernel.apply(source, rows, out);
        let compute = lab::pool::run(job, self.workers, out, apply, clock::now);
        let total = Nanos(clock::now() - started);
        Box::pin(ready(
            compute
                .map(|compute| RunTimes { total, compute, bytes_copied: 0 })
                .map_err(LaneError::failed),
        ))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        // The pool cannot be ended from inside: the page terminates the whole coordinator.
        Box::pin(ready(Ok(None)))
    }
}
