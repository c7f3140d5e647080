//! A visit by one of the two engines: a fresh coordinator, and its end.

use futures::FutureExt;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use protocol::engine::{FromEngine, ToEngine};
use protocol::preview::Preview;
use protocol::{Failure, LaneEvent, LaneId, Stage, Task};
use wasm_bindgen::JsValue;
use web_sys::Blob;
use worker_link::{LinkError, WorkerLink};

use super::Cancelled;

/// How long an engine may be silent: many times the longest run.
const SILENCE_LIMIT_MS: u32 = 60_000;

/// Which of the two builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// With atomics: `browser.shared`.
    Threads,
    /// Without: `browser.clone`.
    Plain,
}

/// What an engine says beside the lane's events.
pub(crate) enum EngineMessage {
    Event(LaneEvent),
    /// The picture will appear in this shared memory, from this byte on.
    Watch {
        memory: JsValue,
        offset: u32,
    },
    /// The picture, scaled down.
    Preview(Preview),
}

impl Engine {
    /// The engine that has this lane.
    pub(crate) fn of(lane: &LaneId) -> Option<Self> {
        if *lane == LaneId::BROWSER_SHARED {
            Some(Self::Threads)
        } else if *lane == LaneId::BROWSER_CLONE {
            Some(Self::Plain)
        } else {
            None
        }
    }

    fn script(self) -> &'static str {
        match self {
            Self::Threads => "./workers/engine/coordinator.js",
            Self::Plain => "./workers/engine-plain/coordinator.js",
        }
    }

    /// Makes a visit, with the visitor's own picture if the task is about one. The last message is an event that is the last; afterwards, whatever happened,
    /// the coordinator and its workers are terminated.
    pub(crate) async fn visit(
        self,
        task: Task,
        own: Option<Blob>,
        cancelled: Cancelled,
        mut tell: impl FnMut(EngineMessage),
    ) {
        let talk = self.talk(task, own, &mut tell).boxed_local();
        let last = match select(talk, cancelled).await {
            Either::Left((Ok(last), _)) => last,
            Either::Left((Err(why), _)) => {
                LaneEvent::Failed(Failure { stage: Stage::Run, error: why.to_string() })
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
        tell: &mut impl FnMut(EngineMessage),
    ) -> Result<LaneEvent, LinkError> {
        let mut link = WorkerLink::<ToEngine, FromEngine>::start(self.script())?;
        let mut visit = Some(ToEngine::Visit { task, own: own.into() });
        loop {
            let message = {
                let silence = TimeoutFuture::new(SILENCE_LIMIT_MS);
                match select(link.receive().boxed_local(), silence).await {
                    Either::Left((message, _)) => message?,
                    Either::Right(_) => {
                        let seconds = SILENCE_LIMIT_MS / 1000;
                        let error = format!("the engine has said nothing for {seconds} s");
                        return Ok(LaneEvent::Failed(Failure { stage: Stage::Run, error }));
                    }
                }
            };
            match message {
                FromEngine::Loaded => {
                    if let Some(visit) = visit.take() {
                        link.send(&visit)?;
                    }
                }
                FromEngine::Event(last) if last.is_last() => return Ok(last),
                FromEngine::Event(event) => tell(EngineMessage::Event(event)),
                FromEngine::Watch { memory, offset } => {
                    tell(EngineMessage::Watch { memory, offset });
                }
                FromEngine::Preview(preview) => tell(EngineMessage::Preview(preview)),
            }
        }
    }
}
