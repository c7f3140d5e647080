//! What this worker has noted of itself.

use protocol::trace::Trail;

use crate::clock;
use crate::footprint::wasm_bytes;

/// Of this worker, which notes nothing from now on: what it waits in, whose memory its values lie in, and what its
/// caller and it talk over. Browsers do not tell a page which process something is in.
pub(crate) fn trail(waits: &str, heap: &str, channel: &str) -> Trail {
    let tracer::Noted { notes, dropped } = tracer::take();
    Trail {
        process: None,
        thread: None,
        waits: waits.to_owned(),
        heap: heap.to_owned(),
        heap_bytes: Some(wasm_bytes() as u64),
        channel: channel.to_owned(),
        cost: tracer::cost(clock::stamp),
        notes,
        dropped,
    }
}
