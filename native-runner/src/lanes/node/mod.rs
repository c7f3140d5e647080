//! Node's lanes: worker threads and forked processes of the Node on PATH, driven as a good Node programmer
//! would, by a Node process (the *driver*) that is their caller.

mod driver;
mod program;

pub(crate) use program::{Node, node};

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use lab::ops::compute::{Compute, Piece};
use lab::ops::dispatch::Pool;
use lab::ops::echo::{Crosses, Echo, Way};
use lab::ops::recording::record;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers, memory};
use lab::scenarios::Scenario;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Placement, Trial};
use protocol::load::Task;
use protocol::trace::{Played, Trail};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind, Nanos};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cancel::Cancel;
use crate::footprint::Footprint;
use crate::machine;
use crate::timing::{self, at_once};
use crate::trials::{Caller, Trials};
use driver::{Driver, number};

/// What comes to rest after a worker has answered does so within this time.
const SETTLE: Duration = Duration::from_millis(50);

/// The version of the Node that the lanes run, if there is one.
pub(crate) fn version() -> Option<String> {
    program::node().ok().map(|node| node.version.clone())
}

/// Which of Node's ways.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Worker,
    WorkerShared,
    ForkJson,
    ForkAdvanced,
}

impl Kind {
    pub(super) const ALL: [Self; 4] =
        [Self::Worker, Self::WorkerShared, Self::ForkJson, Self::ForkAdvanced];

    /// As the scripts name it.
    fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::WorkerShared => "worker-shared",
            Self::ForkJson => "fork-json",
            Self::ForkAdvanced => "fork-advanced",
        }
    }
}

/// One of Node's lanes.
pub(super) struct NodeLane {
    kind: Kind,
    cancel: Cancel,
    trials: Rc<Trials>,
    /// The caller of all turns, as the runner is that of the other lanes'. Started when it is first needed.
    driver: RefCell<Option<Rc<RefCell<Driver>>>>,
}

impl NodeLane {
    pub(super) fn new(kind: Kind, cancel: Cancel, trials: Rc<Trials>) -> Self {
        Self { kind, cancel, trials, driver: RefCell::new(None) }
    }

    fn new_driver(&self) -> Result<Driver, LaneError> {
        let node = program::node().map_err(LaneError::Unavailable)?;
        Driver::start(node, self.kind.name(), &self.cancel)
    }

    fn driver(&self) -> Result<Rc<RefCell<Driver>>, LaneError> {
        let mut driver = self.driver.borrow_mut();
        if let Some(driver) = &*driver {
            return Ok(Rc::clone(driver));
        }
        let new = Rc::new(RefCell::new(self.new_driver()?));
        Ok(Rc::clone(driver.insert(new)))
    }

    async fn record_here(&self, scenario: &Scenario) -> Result<Played, LaneError> {
        let result = record(self, scenario).await;
        if result.is_err() {
            self.driver.replace(None);
        }
        result
    }

    async fn perform_here(
        &self,
        ops: &[Op],
        effort: &Effort,
        found: &mut Found<'_>,
    ) -> Result<(), LaneError> {
        if effort.placement != Placement::Unpinned {
            let why = "Node's threads cannot be put on processors: run it unpinned";
            return Err(LaneError::Unavailable(why.into()));
        }
        let result = ops::perform(self, ops, effort, found).await;
        if result.is_err() {
            // Whatever state it is in now, the next turn begins with another.
            self.driver.replace(None);
        }
        result
    }
}

impl Lane for NodeLane {
    fn id(&self) -> LaneId {
        match self.kind {
            Kind::Worker => LaneId::NODE_WORKER,
            Kind::WorkerShared => LaneId::NODE_WORKER_SHARED,
            Kind::ForkJson => LaneId::NODE_FORK_JSON,
            Kind::ForkAdvanced => LaneId::NODE_FORK_ADVANCED,
        }
    }

    fn kind(&self) -> LaneKind {
        match self.kind {
            Kind::Worker | Kind::WorkerShared => LaneKind::Thread,
            Kind::ForkJson | Kind::ForkAdvanced => LaneKind::Process,
        }
    }

    fn availability(&self) -> Availability {
        match program::node() {
            Ok(_) => Availability::Available,
            Err(reason) => Availability::Unavailable { reason },
        }
    }

    fn is_visited(&self) -> bool {
        false
    }

    fn does(&self, op: Op) -> bool {
        !matches!(op, Op::Compute { .. }) || program::kernels_missing().is_none()
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        Box::pin(self.cancel.explain_turn(self.perform_here(ops, effort, found)))
    }

    fn record<'a>(&'a self, scenario: &'static Scenario) -> LaneFuture<'a, Played> {
        Box::pin(self.cancel.explain_turn(self.record_here(scenario)))
    }
}

impl Starter for NodeLane {
    type Workers = Driven;

    async fn start(&self, count: u32, _placement: Placement) -> Result<Driven, LaneError> {
        let driver = self.driver()?;
        driver.borrow_mut().ask("start", json!({ "workers": count }))?;
        Ok(Driven { kind: self.kind, driver })
    }

    fn now(&self) -> f64 {
        timing::now() as f64
    }

    fn begin_trace(&self) -> Result<(), LaneError> {
        self.driver()?.borrow_mut().ask("trace", json!({})).map(|_| ())
    }

    fn end_trace(&self) -> Result<Trail, LaneError> {
        let mut reply = self.driver()?.borrow_mut().ask("traced", json!({}))?;
        trail(reply["trail"].take())
    }

    fn tick(&self) -> f64 {
        // Node reads the same clock.
        machine::clock().tick
    }

    async fn crash(&self, workers: &mut Driven) -> Result<(), LaneError> {
        workers.ask("crash", json!({})).map(|_| ())
    }

    async fn life(&self, _start: Start, _placement: Placement) -> Result<Life, LaneError> {
        let life = self.driver()?.borrow_mut().ask("life", json!({}))?;
        let time = |name| Ok::<_, LaneError>(Nanos(number(&life, name)? as u64));
        Ok(Life {
            blocked: time("blocked")?,
            first_answer: time("first_answer")?,
            exit: Ok(time("exit")?),
        })
    }

    async fn footprint(&self, _placement: Placement) -> Result<memory::Footprint, LaneError> {
        // A caller of its own: what earlier turns left in the other one would be used again.
        let mut driver = self.new_driver()?;
        let mut start = || {
            let started = driver.ask("start", json!({ "workers": 1 }))?;
            thread::sleep(SETTLE);
            let fork = started["pids"].get(0).unwrap_or(&started["driver"]);
            Footprint::of(driver.outer_id(fork)?)
        };
        // The second one shares with the first what can be shared.
        let (first, second) = (start()?, start()?);
        driver.ask("end", json!({}))?;
        Ok(match self.kind() {
            LaneKind::Process => second,
            LaneKind::Thread | LaneKind::Main => second - first,
        }
        .into())
    }

    async fn trial(&self, trial: &'static Trial) -> Result<Tried, LaneError> {
        let node = program::node().map_err(LaneError::Unavailable)?;
        self.trials.make(&self.id(), trial, Caller::Node(node, self.kind.name()))
    }
}

/// The workers of a turn. Dropping it leaves them to the driver, which the lane gives up after an error.
pub(super) struct Driven {
    kind: Kind,
    driver: Rc<RefCell<Driver>>,
}

impl Driven {
    fn ask(&self, command: &str, words: Value) -> Result<Value, LaneError> {
        self.driver.borrow_mut().ask(command, words)
    }
}

impl Workers for Driven {
    fn echoes(&self) -> Vec<Way> {
        match self.kind {
            Kind::WorkerShared => Way::shared([Some("block"), Some("spin"), Some("adaptive")]),
            _ => Way::copied(),
        }
    }

    async fn echo(&mut self, bytes: u64, way: &Way) -> Result<Box<dyn Echo + '_>, LaneError> {
        let words = json!({ "bytes": bytes, "touch": way.touch.name(), "wait": way.wait });
        self.ask("prepare_echo", words)?;
        Ok(Box::new(DrivenEcho { driven: self, right: false }))
    }

    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError> {
        if let Some(why) = program::kernels_missing() {
            return Err(LaneError::Unavailable(why));
        }
        let words = json!({ "workload": piece.workload.id, "pages": piece.pages });
        self.ask("prepare_work", words)?;
        Ok(Box::new(DrivenWork { driven: self, checksum: 0 }))
    }

    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError> {
        let Task { payload, reply, rounds } = task;
        let result = workloads::rounds(rounds);
        let words =
            json!({ "payload": payload, "reply": reply, "rounds": rounds, "result": result });
        self.ask("prepare_tasks", words)?;
        Ok(Box::new(self))
    }

    async fn end(self) -> Result<Trails, LaneError> {
        let mut reply = self.ask("end", json!({}))?;
        trail(reply["trails"].take())
    }
}

/// What Node's scripts have noted.
fn trail<T: DeserializeOwned>(reply: Value) -> Result<T, LaneError> {
    serde_json::from_value(reply)
        .map_err(|why| LaneError::Failed(format!("node's notes were not understood: {why}")))
}

struct DrivenEcho<'a> {
    driven: &'a Driven,
    /// What the driver said of the last batch.
    right: bool,
}

impl Echo for DrivenEcho<'_> {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        at_once(self.driven.ask("echo", json!({ "count": count })).and_then(|reply| {
            self.right = reply["right"] == true;
            Ok([number(&reply, "total")?, number(&reply, "there")?])
        }))
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        Ok(self.right)
    }
}

struct DrivenWork<'a> {
    driven: &'a Driven,
    /// What the driver said of the last batch.
    checksum: u64,
}

impl Compute for DrivenWork<'_> {
    fn crosses(&self) -> Crosses {
        if self.driven.kind == Kind::WorkerShared { Crosses::Shared } else { Crosses::Copied }
    }

    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64> {
        at_once(self.driven.ask("work", json!({ "count": count })).and_then(|reply| {
            let checksum = reply["checksum"].as_str();
            let checksum = checksum.and_then(|it| u64::from_str_radix(it, 16).ok());
            self.checksum = checksum.ok_or_else(|| LaneError::failed("node said no checksum"))?;
            number(&reply, "total")
        }))
    }

    fn checksum(&mut self) -> Result<u64, LaneError> {
        Ok(self.checksum)
    }
}

impl Pool for &mut Driven {
    fn closed(&mut self, tasks: u32) -> LaneFuture<'_, f64> {
        let reply = self.ask("closed", json!({ "tasks": tasks }));
        at_once(reply.and_then(|reply| number(&reply, "total")))
    }

    fn open(&mut self, tasks: u32, interval: u64) -> LaneFuture<'_, Vec<u64>> {
        let reply = self.ask("open", json!({ "tasks": tasks, "interval": interval }));
        at_once(reply.and_then(|reply| {
            let latencies = reply["latencies"].as_array().into_iter().flatten();
            latencies
                .map(|one| one.as_f64().map(|one| one as u64))
                .collect::<Option<Vec<_>>>()
                .filter(|all| !all.is_empty())
                .ok_or_else(|| LaneError::failed("node said no latencies"))
        }))
    }
}
