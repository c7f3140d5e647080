//! What a thread of this process has noted of itself.

use std::process;

use protocol::trace::Trail;
use rustix::thread::gettid;

use crate::timing;

/// Of a caller, which notes nothing from now on, and waits in this.
pub(crate) fn caller_trail(waits: &str) -> Trail {
    let trail = own_trail(waits, "");
    Trail { cost: tracer::cost(timing::now), ..trail }
}

/// Of the calling thread, which notes nothing from now on: what it waits in, and what the caller and it talk
/// over. What a note takes is its caller's to say.
pub(crate) fn own_trail(waits: &str, channel: &str) -> Trail {
    let tracer::Noted { notes, dropped } = tracer::take();
    Trail {
        process: Some(process::id().into()),
        thread: Some(gettid().as_raw_nonzero().get().unsigned_abs().into()),
        waits: waits.to_owned(),
        heap: "the process's own".to_owned(),
        heap_bytes: None,
        channel: channel.to_owned(),
        cost: 0.0,
        notes,
        dropped,
    }
}
