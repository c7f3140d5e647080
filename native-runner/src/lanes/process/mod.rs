//! The process lanes: child processes that get requests and answer them. Over a stream, a lane differs in
//! its [`Transport`] alone, and everything crosses as copies; over shared memory (`shm`) nothing does.

mod pipe;
pub(super) mod shm;
mod socket;
mod visit;
mod worker;

use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use lab::ops::compute::{self, Compute, Piece};
use lab::ops::dispatch::{Handed, Hands, Pool};
use lab::ops::echo::{self, Crosses, Echo, Way};
use lab::ops::recording::record;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers, memory};
use lab::scenarios::Scenario;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Opened, Placement, Trial};
use protocol::frame::Head;
use protocol::load::Task;
use protocol::trace::{Played, Trail, What};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::Timespec;
use sandbox::Allowances;

use crate::cancel::Cancel;
use crate::footprint::Footprint;
use crate::machine;
use crate::timing::{self, OnTime, at_once};
use crate::trail::caller_trail;
use crate::trials::{Caller, Trials};
pub use pipe::CAPACITY as PIPE_CAPACITY;
pub(crate) use pipe::Pipes;
pub(crate) use worker::Worker;

/// `process.pipe`: each child over two pipes.
pub(super) type PipeLane = ProcessLane<Pipes>;
/// `process.socket`: each child over a Unix socket pair.
pub(super) type SocketLane = ProcessLane<UnixStream>;

/// The runner's end of the streams between it and a child. Its descriptor is the one that it reads.
pub(crate) trait Transport: Read + Write + AsFd + Send + Sized + 'static {
    /// The lane that it makes.
    const LANE: LaneId;
    /// What it is, in words.
    const NAME: &'static str;

    /// Both ends: the runner's, and the child's standard input and output.
    fn pair() -> io::Result<(Self, OwnedFd, OwnedFd)>;
}

/// A process lane over streams.
pub(super) struct ProcessLane<T> {
    cancel: Cancel,
    trials: Rc<Trials>,
    transport: PhantomData<fn() -> T>,
}

impl<T: Transport> ProcessLane<T> {
    pub(super) fn new(cancel: Cancel, trials: Rc<Trials>) -> Self {
        Self { cancel, trials, transport: PhantomData }
    }

    fn ask(&self, placement: Placement, start: Start) -> Result<Worker<T>, LaneError> {
        Worker::spawn(&self.cancel, placement, allowed(start))
    }
}

impl<T: Transport> Lane for ProcessLane<T> {
    fn id(&self) -> LaneId {
        T::LANE
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Process
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        at_once(self.cancel.explain(|| visit::open::<T>(workers, &self.cancel)))
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

impl<T: Transport> Starter for ProcessLane<T> {
    type Workers = Children<T>;

    async fn start(&self, count: u32, placement: Placement) -> Result<Children<T>, LaneError> {
        let mut children =
            (0..count).map(|_| self.ask(placement, Start::Usual)).collect::<Result<Vec<_>, _>>()?;
        children.iter_mut().try_for_each(|child| child.greet().map(|_| ()))?;
        Ok(Children(children))
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
        Ok(caller_trail("blocking calls: read() and poll()"))
    }

    fn tick(&self) -> f64 {
        machine::clock().tick
    }

    async fn crash(&self, children: &mut Children<T>) -> Result<(), LaneError> {
        let [victim, ..] = &mut children.0[..] else { return Ok(()) };
        let peer = victim.crash()?;
        *victim = self.ask(Placement::Unpinned, Start::Usual)?;
        victim.greet()?;
        tracer::note(What::Replaced { peer, by: victim.peer() });
        Ok(())
    }

    async fn scrape(&self) -> Result<Trails, LaneError> {
        crate::scrape::trace::<T>(&self.cancel)
    }

    async fn life(&self, start: Start, placement: Placement) -> Result<Life, LaneError> {
        let greet = |child: &mut Worker<T>| child.greet().map(|_| ());
        timing::life(|| self.ask(placement, start), greet, Worker::end)
    }

    async fn footprint(&self, placement: Placement) -> Result<memory::Footprint, LaneError> {
        // The second one shares with the first what can be shared.
        let children = self.start(2, placement).await?;
        let footprint = Footprint::of(children.0[1].id())?;
        children.end().await?;
        Ok(footprint.into())
    }

    async fn trial(&self, trial: &'static Trial) -> Result<Tried, LaneError> {
        self.trials.make(&self.id(), trial, Caller::Own)
    }
}

/// What a child may do beyond computing.
fn allowed(start: Start) -> Allowances {
    match start {
        Start::Usual => Allowances::NOTHING,
        Start::Unguarded => Allowances::EVERYTHING,
    }
}

/// What guards a child of these lanes here, in words.
///
/// # Errors
/// If none can be started.
pub(crate) fn guards(cancel: &Cancel) -> Result<Vec<String>, LaneError> {
    let mut child =
        Worker::<UnixStream>::spawn(cancel, Placement::Unpinned, allowed(Start::Usual))?;
    let guards = child.greet()?;
    child.end()?;
    Ok(guards.names())
}

/// The children of a turn.
pub(super) struct Children<T>(Vec<Worker<T>>);

impl<T: Transport> Workers for Children<T> {
    fn echoes(&self) -> Vec<Way> {
        Way::copied()
    }

    async fn echo(&mut self, bytes: u64, _way: &Way) -> Result<Box<dyn Echo + '_>, LaneError> {
        let request = echo::request(bytes)?;
        let reply = vec![0; request.len()];
        Ok(Box::new(FramedEcho { worker: &mut self.0[0], request, reply }))
    }

    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError> {
        let (input, answer) = (piece.input(), piece.room());
        Ok(Box::new(FramedWork { children: &mut self.0, piece, input, answer }))
    }

    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError> {
        let reply = vec![0; task.reply as usize];
        let hands = FramedHands { children: &mut self.0, rounds: task.rounds, reply };
        Ok(Box::new(OnTime(Handed::new(hands, task)?)))
    }

    async fn end(mut self) -> Result<Trails, LaneError> {
        let mut trails = Vec::new();
        if tracer::is_on() {
            let began = tracer::time();
            for child in &mut self.0 {
                child.ask_for_notes()?;
                let trail = child.receive_notes("a blocking read()", T::NAME)?;
                trails.push((child.peer(), trail));
            }
            tracer::skip_since(began);
        }
        // A child ends when its stream does; all are told before the first is waited for.
        self.0.iter_mut().for_each(Worker::tell_to_end);
        self.0.into_iter().try_for_each(Worker::end).map(|()| trails)
    }
}

/// A child that sends frames back.
struct FramedEcho<'a, T> {
    worker: &'a mut Worker<T>,
    request: Vec<u8>,
    reply: Vec<u8>,
}

impl<T: Transport> Echo for FramedEcho<'_, T> {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        at_once(timing::echoes(count, || self.worker.echo(&self.request, &mut self.reply)))
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let right = self.reply == self.request;
        self.reply.fill(0);
        Ok(right)
    }
}

/// Children that get their shares as frames.
struct FramedWork<'a, T> {
    children: &'a mut [Worker<T>],
    piece: Piece,
    input: Vec<u8>,
    answer: Vec<u8>,
}

impl<T: Transport> FramedWork<'_, T> {
    fn once(&mut self) -> Result<(), LaneError> {
        let Self { children, piece, input, answer } = self;
        // A child reads its whole share before it works, so nobody waits for anybody in a circle.
        for (child, share) in children.iter_mut().zip(&piece.shares) {
            child.send(&Head::Share(share.clone()), &input[share.input_range()])?;
        }
        for (child, share) in children.iter_mut().zip(&piece.shares) {
            child.receive_work(&mut answer[share.answer_range()])?;
        }
        piece.workload.finish(answer);
        Ok(())
    }
}

impl<T: Transport> Compute for FramedWork<'_, T> {
    fn crosses(&self) -> Crosses {
        Crosses::Copied
    }

    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64> {
        at_once(timing::span(|| (0..count).try_for_each(|_| self.once())))
    }

    fn checksum(&mut self) -> Result<u64, LaneError> {
        Ok(compute::checksum(&mut self.answer))
    }
}

/// Children that get tasks as frames.
struct FramedHands<'a, T> {
    children: &'a mut [Worker<T>],
    rounds: u64,
    /// The last one.
    reply: Vec<u8>,
}

impl<T: Transport> Hands for FramedHands<'_, T> {
    fn count(&self) -> usize {
        self.children.len()
    }

    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        let (rounds, reply) = (self.rounds, self.reply.len() as u64);
        self.children[worker].send(&Head::Task { at: 0, rounds, reply }, payload)
    }

    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
        loop {
            let left = until.saturating_sub(timing::now());
            let streams = self.children.iter().map(|child| child.stream().map(AsFd::as_fd));
            let streams: Vec<_> = streams.collect::<Result<_, _>>()?;
            let mut polled: Vec<PollFd<'_>> = streams
                .iter()
                .map(|stream| PollFd::from_borrowed_fd(*stream, PollFlags::IN))
                .collect();
            let time = Timespec {
                tv_sec: (left / 1_000_000_000) as i64,
                tv_nsec: (left % 1_000_000_000) as i64,
            };
            tracer::note(What::Wait);
            match poll(&mut polled, Some(&time)) {
                Ok(0) => return Ok(None),
                Err(Errno::INTR) => continue,
                result => result.map_err(LaneError::failed)?,
            };
            tracer::note(What::Wake);
            let came = polled.iter().position(|one| !one.revents().is_empty());
            drop(polled);
            if let Some(worker) = came {
                let result = self.children[worker].receive_task(&mut self.reply)?;
                return Ok(Some((worker, result)));
            }
        }
    }

    fn now(&self) -> u64 {
        timing::now()
    }
}
