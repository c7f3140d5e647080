//! The two engines: a fresh coordinator for every visit and every turn of a study, and its end.

use futures::FutureExt;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use protocol::engine::{FromEngine, Role, Start, ToEngine};
use protocol::preview::Preview;
use protocol::report::Clock;
use protocol::study::{Effort, Series, TurnEnd, WireOp};
use protocol::trace::Played;
use protocol::{Failure, LaneEvent, LaneId, Stage, Task};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;
use worker_link::{WorkerLink, ends};

use super::Cancelled;
use super::program::{Program, program, script};

/// How long an engine may be silent: many times the longest run.
const SILENCE_LIMIT_MS: u32 = 60_000;
/// How long a coordinator that was terminated may take to be gone.
const END_LIMIT_MS: u32 = 5_000;

/// Which of the two builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// With atomics: `browser.shared`.
    Threads,
    /// Without: the browser's other lanes.
    Plain,
}

/// What an engine says beside the lane's events.
pub(crate) enum EngineMessage {
    Event(LaneEvent),
    /// The picture will appear in this shared memory, from this byte on.
    Watch {
        memory: JsValue,
        offset: u32,
        /// Where in it stands who writes each band.
        writers: u32,
    },
    /// What the untimed run made, if that was wanted.
    Result {
        pixels: Uint8Array,
        /// How long after one thread's write another one saw it, in nanoseconds.
        seen: Option<f64>,
    },
    /// The picture, scaled down.
    Preview(Preview),
}

impl Engine {
    /// The engine that has this lane.
    pub(crate) fn of(lane: &LaneId) -> Option<Self> {
        if *lane == LaneId::BROWSER_SHARED {
            Some(Self::Threads)
        } else if lab::browser::BROWSER_LANES.contains(lane) {
            Some(Self::Plain)
        } else {
            None
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Threads => "workers/engine",
            Self::Plain => "workers/engine-plain",
        }
    }

    /// Makes a visit, with the visitor's own picture if the task is about one. The last message is an
    /// event that is the last; afterwards, whatever happened, the coordinator and its workers are gone.
    pub(crate) async fn visit(
        self,
        task: Task,
        own: Option<Blob>,
        keep: bool,
        cancelled: Cancelled,
        mut tell: impl FnMut(EngineMessage),
    ) {
        let talk = self.talk(task, own, keep, &mut tell).boxed_local();
        let last = match select(talk, cancelled).await {
            Either::Left((Ok(last), _)) => last,
            Either::Left((Err(error), _)) => {
                LaneEvent::Failed(Failure { stage: Stage::Run, error })
            }
            // Dropping the talk terminates the coordinator.
            Either::Right(_) => LaneEvent::Cancelled,
        };
        tell(EngineMessage::Event(last));
    }

    async fn talk(
        self,
        task: Task,
        own: Option<Blob>,
        keep: bool,
        tell: &mut impl FnMut(EngineMessage),
    ) -> Result<LaneEvent, String> {
        let visit = ToEngine::Visit { task, own: own.into(), keep };
        let mut coordinator = Coordinator::start(self, &visit).await?;
        loop {
            match coordinator.hear().await? {
                FromEngine::Event(last) if last.is_last() => {
                    coordinator.end().await;
                    return Ok(last);
                }
                FromEngine::Event(event) => tell(EngineMessage::Event(event)),
                FromEngine::Watch { memory, offset, writers } => {
                    tell(EngineMessage::Watch { memory, offset, writers });
                }
                FromEngine::Result { pixels, seen } => {
                    tell(EngineMessage::Result { pixels, seen });
                }
                FromEngine::Preview(preview) => tell(EngineMessage::Preview(preview)),
                other => return Err(unexpected(&other)),
            }
        }
    }

    /// Makes a turn of a study; afterwards the coordinator and its workers are gone. Dropping the future
    /// terminates them.
    pub(crate) async fn perform(
        self,
        lane: LaneId,
        ops: Vec<WireOp>,
        effort: Effort,
        tick: f64,
        found: &mut dyn FnMut(Vec<Series>),
    ) -> TurnEnd {
        let talk = async {
            let has_trials = ops.iter().any(|op| matches!(op, WireOp::Trial { .. }));
            let trials =
                if has_trials { Some(script("workers/trial/worker.js").await?) } else { None };
            let turn = ToEngine::Perform { lane, ops, effort, tick, trials };
            let mut coordinator = Coordinator::start(self, &turn).await?;
            loop {
                match coordinator.hear().await? {
                    FromEngine::Found { series } => found(series),
                    FromEngine::Performed(end) => {
                        coordinator.end().await;
                        return Ok(end);
                    }
                    other => return Err(unexpected(&other)),
                }
            }
        };
        talk.await.unwrap_or_else(TurnEnd::Failed)
    }

    /// Plays a scenario; afterwards the coordinator and its workers are gone. What was noted is on the clock of
    /// [`protocol::engine::HOURS`].
    pub(crate) async fn record(
        self,
        lane: LaneId,
        scenario: String,
        tick: f64,
        played: &mut dyn FnMut(Box<Played>),
    ) -> TurnEnd {
        let talk = async {
            let turn = ToEngine::Record { lane, scenario, tick };
            let mut coordinator = Coordinator::start(self, &turn).await?;
            loop {
                match coordinator.hear().await? {
                    FromEngine::Played(notes) => played(notes),
                    FromEngine::Performed(end) => {
                        coordinator.end().await;
                        return Ok(end);
                    }
                    other => return Err(unexpected(&other)),
                }
            }
        };
        talk.await.unwrap_or_else(TurnEnd::Failed)
    }

    /// What the clock of its workers can do.
    ///
    /// # Errors
    /// If the engine does not start.
    pub(crate) async fn clock(self) -> Result<Clock, String> {
        let mut coordinator = Coordinator::start(self, &ToEngine::Clock).await?;
        match coordinator.hear().await? {
            FromEngine::Clock(clock) => {
                coordinator.end().await;
                Ok(clock)
            }
            other => Err(unexpected(&other)),
        }
    }
}

/// A coordinator at work. Dropping it terminates it and its workers.
struct Coordinator {
    link: WorkerLink<ToEngine, FromEngine>,
    /// Free once it has ended.
    lock: Option<String>,
}

impl Coordinator {
    async fn start(engine: Engine, first: &ToEngine) -> Result<Self, String> {
        let Program { script, module } = program(engine.folder()).await?;
        let start = Start { module, memory: JsValue::UNDEFINED, role: Role::Coordinate };
        let link = WorkerLink::start_with(&script, &start).map_err(|why| why.to_string())?;
        let mut this = Self { link, lock: None };
        match this.hear().await? {
            FromEngine::Loaded { lock } => this.lock = lock,
            other => return Err(unexpected(&other)),
        }
        this.link.send(first).map_err(|why| why.to_string())?;
        Ok(this)
    }

    async fn hear(&mut self) -> Result<FromEngine, String> {
        let silence = TimeoutFuture::new(SILENCE_LIMIT_MS);
        match select(self.link.receive().boxed_local(), silence).await {
            Either::Left((message, _)) => message.map_err(|why| why.to_string()),
            Either::Right(_) => {
                let seconds = SILENCE_LIMIT_MS / 1000;
                Err(format!("the engine has said nothing for {seconds} s"))
            }
        }
    }

    /// Terminates it, and waits until it is gone where the browser tells: it would disturb the next turn.
    async fn end(self) {
        let Self { link, lock } = self;
        let released: Option<JsFuture> = lock.and_then(|lock| ends::released(&lock).ok());
        drop(link);
        if let Some(released) = released {
            select(released, TimeoutFuture::new(END_LIMIT_MS)).await;
        }
    }
}

fn unexpected(message: &FromEngine) -> String {
    match message {
        FromEngine::Event(LaneEvent::Failed(failure)) => failure.error.clone(),
        other => format!("the engine said something at the wrong time: {other:?}"),
    }
}
