//! A thread that sends back what it is sent: `native.thread`'s worker for start-up and echo.
//!
//! What goes through its channels is a buffer's address: nothing is copied but what somebody chooses to
//! write or read. std's channels look a few times before they sleep, so the lane's wait is *adaptive*.

use std::mem;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use lab::{Effort, Series};
use protocol::Nanos;

use super::Clock;
use crate::ops;
use crate::ops::echo::Echo;

/// The thread and both channels.
pub(super) struct Peer {
    to: Sender<Errand>,
    from: Receiver<Errand>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Errand {
    bytes: Vec<u8>,
    touch: Touch,
    /// Of the bytes, where the peer read them.
    sum: u64,
    /// When the peer was done with them, on the clock of [`ops::now`].
    arrived: u64,
}

/// What is done with the bytes beside handing them over.
#[derive(Clone, Copy, Default, PartialEq)]
enum Touch {
    #[default]
    /// Nothing.
    HandOver,
    /// The caller writes them all, the peer reads them all.
    WriteRead,
}

impl Touch {
    fn name(self) -> &'static str {
        match self {
            Self::HandOver => "hand_over",
            Self::WriteRead => "write_read",
        }
    }
}

const GONE: &str = "the thread is gone";

impl Peer {
    /// Starts it and waits for its first answer; says how long starting alone took.
    pub(super) fn start(asked: Clock) -> Result<(Nanos, Self), String> {
        let (to, inbox) = channel();
        let (outbox, from) = channel();
        #[expect(clippy::disallowed_methods, reason = "this lane is about threads")]
        let thread = thread::Builder::new()
            .name("peer".into())
            .spawn(move || serve(&inbox, &outbox))
            .map_err(|why| format!("a thread could not be started: {why}"))?;
        let blocked = asked.elapsed();
        from.recv().map_err(|_| GONE)?;
        Ok((blocked, Self { to, from, thread }))
    }

    /// Lets it end, and waits until it has.
    pub(super) fn end(self) -> Result<(), String> {
        drop(self.to);
        self.thread.join().map_err(|_| "the thread panicked".to_owned())
    }
}

/// Says hello, then sends back what comes, until nobody is there.
fn serve(inbox: &Receiver<Errand>, outbox: &Sender<Errand>) {
    if outbox.send(Errand::default()).is_err() {
        return;
    }
    for mut errand in inbox {
        if errand.touch == Touch::WriteRead {
            errand.sum = sum(&errand.bytes);
        }
        errand.arrived = ops::now();
        if outbox.send(errand).is_err() {
            return;
        }
    }
}

/// Reads every byte, as fast as memory gives them.
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| u64::from(*byte));
    words.chain(rest).fold(0, u64::wrapping_add)
}

/// Measures both ways to touch the bytes, each with a fresh thread.
pub(super) fn echo(bytes: u64, effort: &Effort) -> Result<Vec<Series>, String> {
    let mut all = Vec::new();
    for touch in [Touch::HandOver, Touch::WriteRead] {
        let (_, peer) = Peer::start(Clock::start())?;
        let request = ops::echo::request(bytes)?;
        let errand = Errand { bytes: request.clone(), touch, ..Errand::default() };
        let mut echo = SharedEcho { peer, sum: sum(&request), request, errand };
        let extra = [("touch", touch.name()), ("wait", "adaptive")];
        all.extend(ops::echo::measure(bytes, &extra, effort, &mut echo)?);
        echo.peer.end()?;
    }
    Ok(all)
}

struct SharedEcho {
    peer: Peer,
    request: Vec<u8>,
    /// Of the request.
    sum: u64,
    /// The buffer that goes to and fro.
    errand: Errand,
}

impl Echo for SharedEcho {
    fn echo(&mut self) -> Result<u64, String> {
        let mut errand = mem::take(&mut self.errand);
        if errand.touch == Touch::WriteRead {
            errand.bytes.copy_from_slice(&self.request);
        }
        self.peer.to.send(errand).map_err(|_| GONE)?;
        self.errand = self.peer.from.recv().map_err(|_| GONE)?;
        Ok(self.errand.arrived)
    }

    fn is_right(&mut self) -> bool {
        let read = self.errand.touch == Touch::HandOver || self.errand.sum == self.sum;
        self.errand.sum = 0;
        read && self.errand.bytes == self.request
    }
}
