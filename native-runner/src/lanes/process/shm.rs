//! `process.shm`: child processes with a memfd that they and the runner have mapped. Work lies there from
//! the start, and nothing of it is copied; what crosses is whose turn it is.
//!
//! A picture of a visit is copied in and out by the runner, which is counted: it lies elsewhere before.
//!
//! The socket pair that a child starts with carries its hello and the descriptor, and nothing after that.

use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use lab::ops::compute::{self, Compute, Piece};
use lab::ops::dispatch::{Handed, Hands, Pool};
use lab::ops::echo::{self, Crosses, Echo, Touch, Way};
use lab::ops::recording::record;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers, memory};
use lab::scenarios::Scenario;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Opened, Placement, Trial};
use protocol::frame::{self, Head};
use protocol::load::Task;
use protocol::trace::{Played, Trail, What};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind};
use shm::{Caller, NOTE, Wait, descriptor};
use workloads::compute::PAGE;

use super::{Worker, allowed};
use crate::cancel::Cancel;
use crate::footprint::Footprint;
use crate::machine;
use crate::timing::{self, OnTime, at_once};
use crate::trail::caller_trail;
use crate::trials::{self, Trials};

mod visit;

/// Bytes that are shared for a study; only those that are touched take memory.
const ROOM: usize = 256 << 20;
/// How long the runner waits before it looks whether the child still lives.
const LOOK: Duration = Duration::from_millis(100);

/// The same for one that is to crash.
const CRASH_LOOK: Duration = Duration::from_millis(1);
/// How long it may take a child that has sent its notes to pass its turn.
const LONG_LOOK: Duration = Duration::from_secs(10);

/// The lane.
pub(in crate::lanes) struct ShmLane {
    cancel: Cancel,
    trials: Rc<Trials>,
}

impl ShmLane {
    pub(in crate::lanes) fn new(cancel: Cancel, trials: Rc<Trials>) -> Self {
        Self { cancel, trials }
    }
}

impl Lane for ShmLane {
    fn id(&self) -> LaneId {
        LaneId::PROCESS_SHM
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Process
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        at_once(visit::open(workers, &self.cancel))
    }

    fn does(&self, _op: Op) -> bool {
        true
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        Box::pin(self.cancel.explain_turn(ops::perform(self, ops, effort, found)))
    }

    fn record<'a>(&'a self, scenario: &'static Scenario) -> LaneFuture<'a, Played> {
        Box::pin(self.cancel.explain_turn(record(self, scenario)))
    }
}

impl Starter for ShmLane {
    type Workers = Sharers;

    async fn start(&self, count: u32, placement: Placement) -> Result<Sharers, LaneError> {
        let mut sharers = Sharers::ask(count, &self.cancel, placement, Start::Usual, ROOM)?;
        sharers.greet()?;
        Ok(sharers)
    }

    fn starts(&self) -> Vec<Start> {
        vec![Start::Usual, Start::Unguarded]
    }

    fn now(&self) -> f64 {
        timing::now() as f64
    }

    fn begin_trace(&self) -> Result<(), LaneError> {
        tracer::begin(timing::now);
        Ok(())
    }

    fn end_trace(&self) -> Result<Trail, LaneError> {
        Ok(caller_trail("a futex"))
    }

    fn tick(&self) -> f64 {
        machine::clock().tick
    }

    async fn crash(&self, sharers: &mut Sharers) -> Result<(), LaneError> {
        let peer = sharers.crash()?;
        // Of the memory, too: the turn stays with who died.
        *sharers = self.start(1, Placement::Unpinned).await?;
        tracer::note(What::Replaced { peer, by: sharers.children[0].peer() });
        Ok(())
    }

    async fn life(&self, start: Start, placement: Placement) -> Result<Life, LaneError> {
        let ask = || Sharers::ask(1, &self.cancel, placement, start, ROOM);
        let dismiss = |sharers: Sharers| sharers.dismiss().map(drop);
        timing::life(ask, Sharers::greet, dismiss)
    }

    async fn footprint(&self, placement: Placement) -> Result<memory::Footprint, LaneError> {
        // The second one shares with the first what can be shared.
        let sharers = self.start(2, placement).await?;
        let footprint = Footprint::of(sharers.children[1].id())?;
        sharers.dismiss()?;
        Ok(footprint.into())
    }

    async fn trial(&self, trial: &'static Trial) -> Result<Tried, LaneError> {
        self.trials.make(&self.id(), trial, trials::Caller::Own)
    }
}

/// The children of a turn, and the memory.
pub(in crate::lanes) struct Sharers {
    children: Vec<Worker<UnixStream>>,
    memory: Caller,
    file: OwnedFd,
    wait: Wait,
    /// How many looks a child that has the turn may be silent for.
    patience: u128,
}

impl Sharers {
    /// Starts them; none has answered yet.
    fn ask(
        count: u32,
        cancel: &Cancel,
        placement: Placement,
        start: Start,
        room: usize,
    ) -> Result<Self, LaneError> {
        let (memory, file) = Caller::create(count, room)
            .map_err(|why| LaneError::failed(format!("no memory could be shared: {why}")))?;
        let (region, bytes) = (memory.region(), memory.bytes_shared() as u64);
        tracer::note(What::Map { region, bytes });
        let spawn = |_| Worker::spawn(cancel, placement, allowed(start));
        let children = (0..count).map(spawn).collect::<Result<_, _>>()?;
        let patience = cancel.patience().as_millis() / LOOK.as_millis();
        Ok(Self { children, memory, file, wait: Wait::Block, patience })
    }

    /// Gives each the memory, and waits for the first answer in it.
    fn greet(&mut self) -> Result<(), LaneError> {
        for (number, child) in self.children.iter_mut().enumerate() {
            child.greet()?;
            child.send(&map(number, self.wait), &[])?;
            child.receive_echoed()?;
            descriptor::send(child.stream()?, self.file.as_fd())
                .map_err(|why| LaneError::failed(format!("the memory could not be sent: {why}")))?;
        }
        (0..self.children.len()).try_for_each(|worker| {
            self.pass(worker, &Head::Echo, 0);
            self.receive(worker).map(|_| ())
        })
    }

    /// Has the first crash; returns its number in notes.
    fn crash(&mut self) -> Result<u32, LaneError> {
        self.pass(0, &Head::Crash, 0);
        tracer::note(What::Wait);
        while self.children[0].is_alive() {
            // It passes no turn any more.
            if self.memory.receive(0, self.wait, CRASH_LOOK).is_some() {
                return Err(LaneError::failed("the child did not crash"));
            }
        }
        tracer::note(What::Wake);
        self.children[0].note_crash();
        Ok(self.children[0].peer())
    }

    fn dismiss(mut self) -> Result<Trails, LaneError> {
        let mut trails = Vec::new();
        if tracer::is_on() {
            let began = tracer::time();
            for worker in 0..self.children.len() {
                // Nothing is noted of that.
                self.memory.pass(worker, &frame::encode(&Head::Trace, 0));
                let child = &mut self.children[worker];
                let trail = child.receive_notes("a futex", "notes in the shared memory")?;
                trails.push((child.peer(), trail));
                let back = self.memory.receive(worker, self.wait, LONG_LOOK);
                back.ok_or_else(|| self.children[worker].give_up())?;
            }
            tracer::skip_since(began);
        }
        for worker in 0..self.children.len() {
            self.memory.pass(worker, &frame::encode(&Head::End, 0));
        }
        self.children.into_iter().try_for_each(Worker::end).map(|()| trails)
    }

    fn pass(&mut self, worker: usize, head: &Head, body: u64) {
        let peer = self.children[worker].peer();
        tracer::note(What::Send { peer, bytes: body, crosses: Crosses::Shared });
        self.memory.pass(worker, &frame::encode(head, body));
    }

    fn receive(&mut self, worker: usize) -> Result<Head, LaneError> {
        tracer::note(What::Wait);
        for _ in 0..=self.patience {
            match self.memory.receive(worker, self.wait, LOOK) {
                Some(note) => return self.wake(worker, &note),
                None => self.look_after(worker)?,
            }
        }
        Err(self.children[worker].give_up())
    }

    fn wake(&mut self, worker: usize, note: &[u8; NOTE]) -> Result<Head, LaneError> {
        tracer::note(What::Wake);
        self.understand(worker, note)
    }

    fn understand(&mut self, worker: usize, note: &[u8; NOTE]) -> Result<Head, LaneError> {
        match frame::decode(note) {
            Ok((Head::Failed, _)) => Err(self.children[worker].failure("it refused a request")),
            Ok((head, bytes)) => {
                tracer::note(What::Receive { peer: self.children[worker].peer(), bytes });
                Ok(head)
            }
            Err(why) => Err(self.children[worker].failure(why)),
        }
    }

    /// A child that died passes no turn.
    fn look_after(&mut self, worker: usize) -> Result<(), LaneError> {
        let child = &mut self.children[worker];
        if child.is_alive() { Ok(()) } else { Err(child.failure("it died in its turn")) }
    }

    /// Has both sides of the first wait in this way from now on.
    fn wait_by(&mut self, wait: Wait) -> Result<(), LaneError> {
        self.wait = wait;
        self.pass(0, &map(0, wait), 0);
        self.receive(0).map(|_| ())
    }
}

fn map(worker: usize, wait: Wait) -> Head {
    let wait = Wait::ALL.iter().position(|known| *known == wait).unwrap_or(0);
    Head::Map { worker: worker as u32, wait: wait as u32 }
}

impl Workers for Sharers {
    fn echoes(&self) -> Vec<Way> {
        Way::shared(Wait::ALL.map(|wait| Some(wait.name())))
    }

    async fn echo(&mut self, bytes: u64, way: &Way) -> Result<Box<dyn Echo + '_>, LaneError> {
        let request = echo::request(bytes)?;
        if request.len() > ROOM {
            let why = format!("{bytes} bytes are more than the {ROOM} that are shared");
            return Err(LaneError::Unavailable(why));
        }
        let wait = Wait::ALL.into_iter().find(|wait| Some(wait.name()) == way.wait);
        self.wait_by(wait.unwrap_or(Wait::Block))?;
        self.memory.bytes()[..request.len()].copy_from_slice(&request);
        let (expected, touch) = (workloads::sum(&request), way.touch);
        Ok(Box::new(SharedEcho { sharers: self, request, touch, expected, sum: 0 }))
    }

    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError> {
        let input = piece.workload.input_bytes(piece.pages);
        let answer = input..input + piece.workload.answer_bytes(piece.pages);
        if answer.end > ROOM {
            let why = format!("{} bytes are more than the {ROOM} that are shared", answer.end);
            return Err(LaneError::Unavailable(why));
        }
        piece.workload.make_input(&mut self.memory.bytes()[..input]);
        self.memory.bytes()[answer.clone()].fill(0);
        Ok(Box::new(SharedWork { sharers: self, piece, answer }))
    }

    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError> {
        let (payload, reply) = (task.payload as usize, task.reply as usize);
        // Whole pages: two workers that read and write side by side would share a cache line.
        let desk = (payload + reply).next_multiple_of(PAGE);
        if desk * self.children.len() > ROOM {
            let why = format!(
                "{} bytes for each of {} workers are more than the {ROOM} that are shared",
                payload + reply,
                self.children.len()
            );
            return Err(LaneError::Unavailable(why));
        }
        // It may wait in another way since an echo.
        self.wait_by(Wait::Block)?;
        let reply = vec![0; reply];
        let hands = SharedHands { sharers: self, desk, payload, rounds: task.rounds, reply };
        Ok(Box::new(OnTime(Handed::new(hands, task)?)))
    }

    async fn end(self) -> Result<Trails, LaneError> {
        self.dismiss()
    }
}

/// Bytes that lie in the shared memory.
struct SharedEcho<'a> {
    sharers: &'a mut Sharers,
    request: Vec<u8>,
    touch: Touch,
    /// Of the request.
    expected: u64,
    /// That the child found last.
    sum: u64,
}

impl Echo for SharedEcho<'_> {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        let bytes = self.request.len();
        at_once(timing::echoes(count, || {
            if self.touch == Touch::WriteRead {
                self.sharers.memory.bytes()[..bytes].copy_from_slice(&self.request);
                self.sharers.pass(0, &Head::Sum, bytes as u64);
            } else {
                self.sharers.pass(0, &Head::Echo, bytes as u64);
            }
            match self.sharers.receive(0)? {
                Head::Echoed { arrived } => Ok(arrived),
                Head::Summed { arrived, sum } => {
                    self.sum = sum;
                    Ok(arrived)
                }
                other => Err(self.sharers.children[0].failure(format!("it sent {other:?}"))),
            }
        }))
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let read = self.touch == Touch::HandOver || self.sum == self.expected;
        self.sum = 0;
        Ok(read && self.sharers.memory.bytes()[..self.request.len()] == self.request)
    }
}

/// A piece of work that lies in the shared memory.
struct SharedWork<'a> {
    sharers: &'a mut Sharers,
    piece: Piece,
    answer: Range<usize>,
}

impl SharedWork<'_> {
    fn once(&mut self) -> Result<(), LaneError> {
        let Self { sharers, piece, answer } = self;
        for (worker, share) in piece.shares.iter().enumerate() {
            let body = share.input_range().len() as u64;
            sharers.pass(worker, &Head::Share(share.clone()), body);
        }
        for worker in 0..piece.shares.len() {
            match sharers.receive(worker)? {
                Head::Done { .. } => {}
                other => {
                    return Err(sharers.children[worker].failure(format!("it sent {other:?}")));
                }
            }
        }
        piece.workload.finish(&mut sharers.memory.bytes()[answer.clone()]);
        Ok(())
    }
}

impl Compute for SharedWork<'_> {
    fn crosses(&self) -> Crosses {
        Crosses::Shared
    }

    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64> {
        at_once(timing::span(|| (0..count).try_for_each(|_| self.once())))
    }

    fn checksum(&mut self) -> Result<u64, LaneError> {
        Ok(compute::checksum(&mut self.sharers.memory.bytes()[self.answer.clone()]))
    }
}

/// Children whose tasks lie in the shared memory, each on a desk of its own: what lies with the runner is copied in,
/// and the reply out.
struct SharedHands<'a> {
    sharers: &'a mut Sharers,
    /// Bytes of a desk.
    desk: usize,
    /// Bytes of a payload.
    payload: usize,
    rounds: u64,
    /// The last one.
    reply: Vec<u8>,
}

impl Hands for SharedHands<'_> {
    fn count(&self) -> usize {
        self.sharers.children.len()
    }

    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        let at = worker * self.desk;
        let place = at..at + payload.len();
        let began = tracer::time();
        self.sharers.memory.part_for(worker, place).copy_from_slice(payload);
        tracer::note_since(began, |took| What::Copy { bytes: payload.len() as u64, took });
        let (rounds, reply) = (self.rounds, self.reply.len() as u64);
        let head = Head::Task { at: at as u64, rounds, reply };
        self.sharers.pass(worker, &head, payload.len() as u64);
        Ok(())
    }

    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
        let Self { sharers, desk, payload, reply, .. } = self;
        loop {
            let look = until.min(timing::now() + LOOK.as_nanos() as u64);
            tracer::note(What::Wait);
            let came = sharers.memory.receive_any(Duration::from_nanos(look));
            match came.map_err(LaneError::failed)? {
                Some((worker, note)) => match sharers.wake(worker, &note)? {
                    Head::Did { result } => {
                        let at = worker * *desk + *payload;
                        let place = at..at + reply.len();
                        let began = tracer::time();
                        reply.copy_from_slice(sharers.memory.part_for(worker, place));
                        let bytes = reply.len() as u64;
                        tracer::note_since(began, |took| What::Copy { bytes, took });
                        return Ok(Some((worker, result)));
                    }
                    other => {
                        return Err(sharers.children[worker].failure(format!("it sent {other:?}")));
                    }
                },
                None if timing::now() >= until => return Ok(None),
                None => {
                    (0..sharers.children.len())
                        .try_for_each(|worker| sharers.look_after(worker))?;
                }
            }
        }
    }

    fn now(&self) -> u64 {
        timing::now()
    }
}
