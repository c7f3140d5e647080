//! A comparison from the button to the last turn: who runs when, and what became of it.

use futures::FutureExt;
use futures::channel::oneshot;
use js_sys::Uint8Array;
use lab::Turn;
use leptos::prelude::*;
use protocol::{Filter, LaneInfo, Task};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use workloads::Dimensions;

use crate::environment;
use crate::links::{Cancelled, Engine, EngineMessage, RunnerLink, RunnerState, connect};
use crate::model::{Outcome, Rows};
use crate::settings::Settings;

/// The page's state: what was chosen, what goes on, what has been measured.
#[derive(Clone, Copy)]
pub(crate) struct Comparison {
    pub(crate) settings: RwSignal<Settings>,
    pub(crate) phase: RwSignal<Phase>,
    pub(crate) rows: RwSignal<Rows>,
    pub(crate) picture: RwSignal<Option<Picture>, LocalStorage>,
    pub(crate) runner: RwSignal<RunnerState>,
    link: StoredValue<Option<RunnerLink>, LocalStorage>,
    cancel: StoredValue<Option<oneshot::Sender<()>>, LocalStorage>,
}

/// Where a comparison stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// None has been run.
    Idle,
    /// One is running.
    Running(Progress),
    /// It ran to its end, with these settings.
    Finished(Settings),
    /// It was cancelled; what was measured is still there.
    Cancelled(Settings),
}

/// How far a comparison is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    pub(crate) settings: Settings,
    /// Whose turn it is.
    pub(crate) turn: Option<Turn>,
    /// Turns that are over.
    pub(crate) done: usize,
    /// Turns in all.
    pub(crate) total: usize,
    /// Seconds that are left at this pace, once there is one.
    pub(crate) seconds_left: Option<f64>,
    /// Somebody cancelled, and the last workers are being ended.
    pub(crate) cancelling: bool,
}

/// A picture of an untimed run, as it appears or as it is.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) turn: Turn,
    pub(crate) filter: Filter,
    pub(crate) pixels: Pixels,
}

#[derive(Clone)]
pub(crate) enum Pixels {
    /// In the engine's shared memory, while the workers write it.
    Live { memory: JsValue, offset: u32, dimensions: Dimensions },
    /// Whole, scaled down.
    Still { width: u32, height: u32, bytes: Uint8Array },
}

impl Comparison {
    pub(crate) fn new() -> Self {
        let cores = environment::cores();
        let comparison = Self {
            settings: RwSignal::new(Settings::new(cores)),
            phase: RwSignal::new(Phase::Idle),
            rows: RwSignal::new(Rows::default()),
            picture: RwSignal::new_local(None),
            runner: RwSignal::new(RunnerState::Connecting),
            link: StoredValue::new_local(None),
            cancel: StoredValue::new_local(None),
        };
        spawn_local(async move {
            let link = connect(comparison.runner).await;
            comparison.link.set_value(link);
        });
        comparison
    }

    /// All lanes, the browser's first.
    pub(crate) fn lanes(&self) -> Vec<LaneInfo> {
        let mut lanes = environment::browser_lanes();
        lanes.extend(self.runner.get().lanes());
        lanes
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.phase.get(), Phase::Running(_))
    }

    /// Starts a comparison with the settings as they are.
    pub(crate) fn start(self) {
        let (sender, receiver) = oneshot::channel();
        self.cancel.set_value(Some(sender));
        spawn_local(self.run(self.settings.get_untracked(), receiver.shared()));
    }

    /// Ends the comparison that is running.
    pub(crate) fn cancel(&self) {
        self.phase.update(|phase| {
            if let Phase::Running(progress) = phase {
                progress.cancelling = true;
            }
        });
        self.cancel.update_value(|cancel| {
            if let Some(cancel) = cancel.take() {
                let _ = cancel.send(());
            }
        });
    }

    async fn run(self, settings: Settings, cancelled: Cancelled) {
        let lanes = untrack(|| self.lanes());
        self.rows.set(Rows::new(&lanes, settings.max_workers));
        let turns = {
            let waiting = self.rows.read_untracked();
            let able = waiting.iter().filter(|row| row.outcome() == Outcome::Pending);
            let mut ids: Vec<_> = able.map(|row| row.turn.lane.clone()).collect();
            ids.dedup();
            let seed = (js_sys::Math::random() * 2_f64.powi(53)) as u64;
            lab::schedule(&ids, settings.max_workers, settings.rounds, seed)
        };
        let started = js_sys::Date::now();
        let mut progress = Progress {
            settings,
            turn: None,
            done: 0,
            total: turns.len(),
            seconds_left: None,
            cancelling: false,
        };
        for (done, turn) in turns.into_iter().enumerate() {
            progress.turn = Some(turn.clone());
            progress.done = done;
            progress.seconds_left = (done > 0).then(|| {
                let per_turn = (js_sys::Date::now() - started) / 1e3 / done as f64;
                per_turn * (progress.total - done) as f64
            });
            self.phase.set(Phase::Running(progress.clone()));
            self.visit(&turn, &settings, cancelled.clone()).await;
            if cancelled.peek().is_some() {
                self.phase.set(Phase::Cancelled(settings));
                return;
            }
        }
        self.phase.set(Phase::Finished(settings));
    }

    async fn visit(&self, turn: &Turn, settings: &Settings, cancelled: Cancelled) {
        let task = settings.task(turn.workers);
        if let Some(engine) = Engine::of(&turn.lane) {
            let tell = |message| self.hear(turn, &task, message);
            engine.visit(task.clone(), cancelled, tell).await;
            // A picture that was cancelled half-way will not get any further.
            self.picture.update(|picture| {
                picture.take_if(|picture| matches!(picture.pixels, Pixels::Live { .. }));
            });
        } else if let Some(link) = self.link.get_value() {
            let tell = |event| self.rows.update(|rows| rows.take(turn, &event));
            link.visit(turn.lane.clone(), task, cancelled, tell).await;
        }
    }

    fn hear(&self, turn: &Turn, task: &Task, message: EngineMessage) {
        let pixels = match message {
            EngineMessage::Event(event) => {
                self.rows.update(|rows| rows.take(turn, &event));
                return;
            }
            EngineMessage::Watch { memory, offset } => match task.check() {
                Ok((dimensions, _)) => Pixels::Live { memory, offset, dimensions },
                Err(_) => return,
            },
            EngineMessage::Preview { width, height, pixels } => {
                Pixels::Still { width, height, bytes: pixels }
            }
        };
        self.picture.set(Some(Picture { turn: turn.clone(), filter: task.filter, pixels }));
    }
}
