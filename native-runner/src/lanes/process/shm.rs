//! `process.shm`: child processes with a memfd that they and the runner have mapped. Work lies there from
//! the start, and nothing of it is copied; what crosses is whose turn it is.
//!
//! A picture of a visit is copied in and out by the runner, which is counted: it lies elsewhere before.
//!
//! The socket pair that a child starts with carries its hello and the descriptor, and nothing after that.

mod sharers;
mod visit;
mod work;

use std::rc::Rc;

use lab::ops::compute::{Compute, Piece};
use lab::ops::dispatch::{Handed, Pool};
use lab::ops::echo::{self, Echo, Way};
use lab::ops::recording::record;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers, memory};
use lab::scenarios::Scenario;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Opened, Placement, Trial};
use protocol::load::Task;
use protocol::trace::{Played, Trail, What};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind};
use shm::Wait;
use workloads::compute::PAGE;

use crate::cancel::Cancel;
use crate::footprint::Footprint;
use crate::machine;
use crate::timing::{self, OnTime, at_once};
use crate::trail::caller_trail;
use crate::trials::{self, Trials};
use sharers::Sharers;
use work::{SharedEcho, SharedHands, SharedWork};

/// Bytes that are shared for a study; only those that are touched take memory.
const ROOM: usize = 256 << 20;
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
