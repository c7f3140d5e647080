//! Threads that answer what they are sent: `native.thread`'s workers but for its pictures and pieces of
//! work.
//!
//! What goes through their channels is a buffer's address: nothing is copied but what somebody chooses to
//! write or read. std's channels look a few times before they sleep, so the lane's wait is *adaptive*.

use std::mem;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lab::ops::dispatch::Hands;
use lab::ops::echo::{Crosses, Echo, Touch, Way, request};
use lab::{LaneError, LaneFuture, Placement};

use lab::ops::Trails;
use protocol::frame::task_result;
use protocol::load::Task;
use protocol::trace::{Trail, What};

use crate::placement;
use crate::timing::{self, at_once, now};
use crate::trail::own_trail;

/// The threads and the channels between them and the caller.
pub(super) struct Peers {
    to: Vec<Sender<Errand>>,
    from: Receiver<Errand>,
    /// Each returns what it has noted.
    threads: Vec<JoinHandle<Trail>>,
    /// Per thread, what goes to and fro with its tasks, while it has none.
    tasks: Vec<Errand>,
    /// Per thread, its number in notes.
    numbers: Vec<u32>,
}

#[derive(Default)]
struct Errand {
    /// Whose.
    peer: usize,
    bytes: Vec<u8>,
    what: Ask,
    /// Of the bytes, where the peer read them; of a task, its result.
    sum: u64,
    /// When the peer was done with them, on the clock of [`now`].
    arrived: u64,
}

/// What is done with the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    Echo(Touch),
    Task {
        rounds: u64,
    },
    /// To panic.
    Crash,
}

impl Errand {
    /// Where its bytes lie: the same for everybody, as all threads see the same memory.
    fn address(&self) -> u64 {
        self.bytes.as_ptr().addr() as u64
    }

    /// Notes that the caller sees where they lie.
    fn note_place(&self) {
        if tracer::is_on() && !self.bytes.is_empty() {
            tracer::note(What::Map { region: self.address(), bytes: self.bytes.len() as u64 });
        }
    }
}

impl Default for Ask {
    fn default() -> Self {
        Self::Echo(Touch::HandOver)
    }
}

fn gone() -> LaneError {
    LaneError::failed("the thread is gone")
}

impl Peers {
    /// How they send bytes back.
    pub(super) fn ways() -> Vec<Way> {
        Way::shared([Some("adaptive")])
    }

    /// Starts them; none has answered yet.
    pub(super) fn ask(count: u32, placement: Placement) -> Result<Self, LaneError> {
        let (outbox, from) = channel();
        let mut this = Self {
            to: Vec::new(),
            from,
            threads: Vec::new(),
            tasks: Vec::new(),
            numbers: Vec::new(),
        };
        let traced = tracer::is_on();
        for peer in 0..count as usize {
            let began = tracer::time();
            this.numbers.push(tracer::spawn());
            let (to, inbox) = channel();
            let outbox = outbox.clone();
            #[expect(clippy::disallowed_methods, reason = "this lane is about threads")]
            let thread = thread::Builder::new()
                .name(format!("peer {peer}"))
                .spawn(move || {
                    // Where the caller could be placed, its threads can be, too.
                    let _ = placement::put_this_worker(placement);
                    if traced {
                        tracer::begin(now);
                    }
                    serve(peer, &inbox, &outbox);
                    own_trail("a channel's recv()", "a channel: the buffer's address")
                })
                .map_err(|why| LaneError::failed(format!("no thread could be started: {why}")))?;
            tracer::note_since(began, |took| What::Blocked { took });
            this.to.push(to);
            this.threads.push(thread);
            this.tasks.push(Errand::default());
        }
        Ok(this)
    }

    /// Waits for the first answer of each.
    pub(super) fn greet(&mut self) -> Result<(), LaneError> {
        self.threads.iter().try_for_each(|_| {
            tracer::note(What::Wait);
            self.from.recv().map_err(|_| gone())?;
            tracer::note(What::Wake);
            Ok(())
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.to.len()
    }

    /// Lets them end, and waits until they have; returns what each has noted.
    pub(super) fn end(self) -> Result<Trails, LaneError> {
        drop(self.to);
        let mut trails = Vec::new();
        for (peer, thread) in self.numbers.into_iter().zip(self.threads) {
            let trail = thread.join().map_err(|_| LaneError::failed("the thread panicked"))?;
            trails.push((peer, trail));
            tracer::note(What::Exit { peer });
        }
        Ok(trails)
    }

    /// Has the first of one panic, and starts another in its place.
    pub(super) fn crash(&mut self) -> Result<(), LaneError> {
        let victim = self.numbers[0];
        tracer::note(What::Send { peer: victim, bytes: 0, crosses: Crosses::Shared });
        let errand = Errand { what: Ask::Crash, ..Errand::default() };
        self.to[0].send(errand).map_err(|_| gone())?;
        let thread = self.threads.remove(0);
        tracer::note(What::Wait);
        let how = if thread.join().is_err() { "panic, as join() says" } else { "it ended" };
        tracer::note(What::Wake);
        tracer::note(What::Crash { peer: victim, how: how.to_owned() });
        let mut other = Self::ask(1, Placement::Unpinned)?;
        other.greet()?;
        let by = other.numbers[0];
        *self = other;
        tracer::note(What::Replaced { peer: victim, by });
        Ok(())
    }

    /// The first of them, ready to send bytes back.
    pub(super) fn echo(&mut self, bytes: u64, touch: Touch) -> Result<impl Echo, LaneError> {
        let request = request(bytes)?;
        let errand = Errand { bytes: request.clone(), what: Ask::Echo(touch), ..Errand::default() };
        errand.note_place();
        Ok(SharedEcho { peers: self, sum: workloads::sum(&request), request, touch, errand })
    }

    /// Lays out the payload of each one's tasks: it is handed over as it lies, and so would a reply be.
    pub(super) fn prepare(&mut self, task: Task) -> Result<(), LaneError> {
        for errand in &mut self.tasks {
            let bytes = request(task.payload)?;
            let what = Ask::Task { rounds: task.rounds };
            *errand = Errand { bytes, what, ..Errand::default() };
            errand.note_place();
        }
        Ok(())
    }
}

/// Says hello, then sends back what comes, until nobody is there.
fn serve(peer: usize, inbox: &Receiver<Errand>, outbox: &Sender<Errand>) {
    tracer::note(What::Ready);
    if outbox.send(Errand { peer, ..Errand::default() }).is_err() {
        return;
    }
    let mut region = 0;
    loop {
        tracer::note(What::Wait);
        let Ok(mut errand) = inbox.recv() else { return };
        tracer::note(What::Wake);
        let bytes = errand.bytes.len() as u64;
        tracer::note(What::Receive { peer: 0, bytes });
        if tracer::is_on() && errand.address() != region {
            region = errand.address();
            tracer::note(What::Map { region, bytes });
        }
        match errand.what {
            Ask::Echo(Touch::HandOver) => {}
            Ask::Echo(Touch::WriteRead) => {
                errand.sum = tracer::computing(|| workloads::sum(&errand.bytes));
            }
            // Without a word on standard error, which is for nobody here.
            Ask::Crash => resume_unwind(Box::new("the worker panics")),
            Ask::Task { rounds } => {
                errand.sum = tracer::computing(|| task_result(rounds, &errand.bytes)).into();
            }
        }
        errand.peer = peer;
        errand.arrived = now();
        tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Shared });
        if outbox.send(errand).is_err() {
            return;
        }
    }
}

struct SharedEcho<'a> {
    peers: &'a mut Peers,
    request: Vec<u8>,
    /// Of the request.
    sum: u64,
    touch: Touch,
    /// The buffer that goes to and fro.
    errand: Errand,
}

impl Echo for SharedEcho<'_> {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        at_once(timing::echoes(count, || {
            let mut errand = mem::take(&mut self.errand);
            if self.touch == Touch::WriteRead {
                errand.bytes.copy_from_slice(&self.request);
            }
            let bytes = errand.bytes.len() as u64;
            let peer = self.peers.numbers[0];
            tracer::note(What::Send { peer, bytes, crosses: Crosses::Shared });
            self.peers.to[0].send(errand).map_err(|_| gone())?;
            tracer::note(What::Wait);
            self.errand = self.peers.from.recv().map_err(|_| gone())?;
            tracer::note(What::Wake);
            tracer::note(What::Receive { peer, bytes });
            Ok(self.errand.arrived)
        }))
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let read = self.touch == Touch::HandOver || self.errand.sum == self.sum;
        self.errand.sum = 0;
        Ok(read && self.errand.bytes == self.request)
    }
}

impl Hands for &mut Peers {
    fn count(&self) -> usize {
        self.len()
    }

    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        let mut errand = mem::take(&mut self.tasks[worker]);
        errand.bytes[..4].copy_from_slice(&payload[..4]);
        let bytes = errand.bytes.len() as u64;
        tracer::note(What::Send { peer: self.numbers[worker], bytes, crosses: Crosses::Shared });
        self.to[worker].send(errand).map_err(|_| gone())
    }

    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
        tracer::note(What::Wait);
        match self.from.recv_timeout(Duration::from_nanos(until.saturating_sub(now()))) {
            Ok(errand) => {
                let (peer, result) = (errand.peer, errand.sum as u32);
                tracer::note(What::Wake);
                let bytes = errand.bytes.len() as u64;
                tracer::note(What::Receive { peer: self.numbers[peer], bytes });
                self.tasks[peer] = errand;
                Ok(Some((peer, result)))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(gone()),
        }
    }

    fn now(&self) -> u64 {
        now()
    }
}
