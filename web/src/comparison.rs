//! A comparison from the button to the last turn: who runs when, and what became of it.

use futures::FutureExt;
use futures::channel::oneshot;
use lab::Turn;
use leptos::prelude::*;
use protocol::preview::Preview;
use protocol::report::Report;
use protocol::study::{Standing, StudyEnd, StudyEvent, Wish};
use protocol::{Failure, Filter, LaneEvent, LaneInfo, Picture, Stage, Task};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};
use workloads::Dimensions;

use crate::environment;
use crate::links::{
    Cancelled, Engine, EngineMessage, RunnerLink, RunnerState, connect, lead_here, open_picture,
};
use crate::model::{Outcome, Rows};
use crate::note::Note;
use crate::settings::Settings;
use crate::tabs::{Tabs, Word};

/// The page's state: what was chosen, what goes on, what has been measured.
#[derive(Clone, Copy)]
pub(crate) struct Comparison {
    pub(crate) settings: RwSignal<Settings>,
    pub(crate) phase: RwSignal<Phase>,
    pub(crate) rows: RwSignal<Rows>,
    pub(crate) study: RwSignal<Option<Study>>,
    /// What the page shows.
    pub(crate) shown: RwSignal<Option<Shown>, LocalStorage>,
    /// The own picture's name, while that is what is filtered.
    pub(crate) own_name: RwSignal<Option<String>>,
    pub(crate) opening: RwSignal<Opening>,
    /// [`Comparison::own_name`] of the comparison whose results are shown.
    pub(crate) measured_name: RwSignal<Option<String>>,
    pub(crate) runner: RwSignal<RunnerState>,
    own: StoredValue<Option<Blob>, LocalStorage>,
    link: StoredValue<Option<RunnerLink>, LocalStorage>,
    cancel: StoredValue<Option<oneshot::Sender<()>>, LocalStorage>,
    /// The page's other tabs.
    tabs: StoredValue<Option<Tabs>, LocalStorage>,
}

/// Where a comparison stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// None has been run.
    Idle,
    /// One is running.
    Running(Progress),
    /// One is running in another tab.
    Elsewhere(Progress),
    /// It ran to its end, with these settings.
    Finished(Settings),
    /// It was cancelled; what was measured is still there.
    Cancelled(Settings),
}

/// Where a comparison began.
enum Beginning {
    /// On this page.
    Here,
    /// On this page before it was reloaded.
    Noted(Note),
    /// At the runner, where its study goes on; these are the pictures' rows.
    Found(Rows),
}

/// Another one each time, of as many bits as JavaScript's numbers have.
fn random_seed() -> u64 {
    (js_sys::Math::random() * 2_f64.powi(53)) as u64
}

/// How far a comparison is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    pub(crate) settings: Settings,
    /// Whose turn it is, in words.
    pub(crate) turn: String,
    /// How much is done, of 1.
    pub(crate) part: f64,
    /// Seconds that are left, once that is known.
    pub(crate) seconds_left: Option<f64>,
    /// Somebody cancelled, and the last workers are being ended.
    pub(crate) cancelling: bool,
}

/// What the experiments gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Study {
    /// As far as it is; none before the first block.
    pub(crate) report: Option<Report>,
    /// How its rows stand to each other, once it is over.
    pub(crate) standings: Vec<Standing>,
    /// How it ended, if it has.
    pub(crate) end: Option<StudyEnd>,
}

/// What becomes of a file that the visitor chose.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Opening {
    /// None is being opened.
    Idle,
    /// The file of this name is.
    Reading(String),
    /// It could not be, for this reason.
    Failed(String),
}

/// A picture on the page.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) origin: Origin,
    /// The own picture's name, if it is that.
    pub(crate) name: Option<String>,
    pub(crate) pixels: Pixels,
}

/// How it came about.
#[derive(Clone)]
pub(crate) enum Origin {
    /// As the visitor chose it.
    Chosen,
    /// By an untimed run.
    Made { turn: Turn, filter: Filter },
}

#[derive(Clone)]
pub(crate) enum Pixels {
    /// In the engine's shared memory, while the workers write it.
    Live { memory: JsValue, offset: u32, dimensions: Dimensions },
    /// Whole, scaled down.
    Still(Preview),
}

impl Comparison {
    pub(crate) fn new() -> Self {
        let cores = environment::cores();
        let comparison = Self {
            settings: RwSignal::new(Settings::new(cores)),
            phase: RwSignal::new(Phase::Idle),
            rows: RwSignal::new(Rows::default()),
            study: RwSignal::new(None),
            shown: RwSignal::new_local(None),
            own_name: RwSignal::new(None),
            opening: RwSignal::new(Opening::Idle),
            measured_name: RwSignal::new(None),
            runner: RwSignal::new(RunnerState::Connecting),
            own: StoredValue::new_local(None),
            link: StoredValue::new_local(None),
            cancel: StoredValue::new_local(None),
            tabs: StoredValue::new_local(None),
        };
        comparison.tabs.set_value(Tabs::join(move |word| comparison.hear_tab(word)));
        spawn_local(async move {
            let connected = connect(comparison.runner).await;
            let running = connected.and_then(|connected| {
                comparison.link.set_value(Some(connected.link));
                connected.running
            });
            // Nobody may have begun another one meanwhile, here or elsewhere.
            if untrack(|| !comparison.is_running()) || running.is_some() {
                comparison.take_up(running.as_ref(), Note::read());
            }
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
        matches!(self.phase.get(), Phase::Running(_) | Phase::Elsewhere(_))
    }

    /// Opens a picture of the visitor's own; it takes the place of the one before when it is there.
    pub(crate) fn choose(self, file: File) {
        let name = file.name();
        if untrack(|| self.is_running()) {
            let why = "a comparison is running: cancel it or wait, then choose the picture again";
            self.opening.set(Opening::Failed(format!("{name}: {why}")));
            return;
        }
        let reading = Opening::Reading(name.clone());
        if self.opening.get_untracked() == reading {
            return;
        }
        self.opening.set(reading.clone());
        spawn_local(async move {
            let opened = open_picture(file.into()).await;
            // Another one may have been chosen meanwhile.
            if self.opening.get_untracked() != reading {
                return;
            }
            match opened {
                Ok(own) => {
                    self.settings.update(|settings| {
                        (settings.picture, settings.dimensions) = (own.picture, own.dimensions);
                    });
                    self.own.set_value(Some(own.pixels));
                    self.own_name.set(Some(name.clone()));
                    let (origin, pixels) = (Origin::Chosen, Pixels::Still(own.preview));
                    self.shown.set(Some(Shown { origin, name: Some(name), pixels }));
                    self.opening.set(Opening::Idle);
                }
                Err(why) => self.opening.set(Opening::Failed(format!("{name}: {why}"))),
            }
        });
    }

    /// Goes back to the built-in picture.
    pub(crate) fn choose_built_in(self) {
        self.settings.update(|settings| {
            (settings.picture, settings.dimensions) = (Picture::BuiltIn, Dimensions::BUILT_IN);
        });
        self.own.set_value(None);
        self.own_name.set(None);
        self.shown.set(None);
        self.opening.set(Opening::Idle);
    }

    /// Starts a comparison with the settings as they are.
    pub(crate) fn start(self) {
        self.begin(self.settings.get_untracked(), Beginning::Here);
    }

    /// Ends the comparison that is running.
    pub(crate) fn cancel(&self) {
        if let Phase::Elsewhere(progress) = self.phase.get_untracked() {
            self.say(&Word::Cancel);
            self.phase.set(Phase::Cancelled(progress.settings));
            return;
        }
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

    /// Takes up what goes on already: a study at the runner, which this page or another one began, and what
    /// this tab noted before it was reloaded.
    fn take_up(self, running: Option<&Wish>, note: Option<Note>) {
        let before = self.settings.get_untracked();
        let (settings, beginning) = match (running, note) {
            (Some(_), Some(note)) => (note.settings(before), Beginning::Found(note.rows)),
            (Some(wish), None) => (before.of_study(wish), Beginning::Found(Rows::default())),
            (None, Some(note)) => (note.settings(before), Beginning::Noted(note)),
            (None, None) => return,
        };
        self.settings.set(settings);
        self.begin(settings, beginning);
    }

    fn begin(self, settings: Settings, beginning: Beginning) {
        let (sender, receiver) = oneshot::channel();
        self.cancel.set_value(Some(sender));
        spawn_local(self.run(settings, receiver.shared(), beginning));
    }

    async fn run(self, settings: Settings, cancelled: Cancelled, beginning: Beginning) {
        let progress = Progress {
            settings,
            turn: String::new(),
            part: 0.0,
            seconds_left: None,
            cancelling: false,
        };
        self.phase.set(Phase::Running(progress));
        self.rows.set(Rows::default());
        self.study.set(None);
        if let Beginning::Found(rows) = beginning {
            self.rows.set(rows);
            self.follow_study(&cancelled).await;
        } else {
            let note = if let Beginning::Noted(note) = beginning { Some(note) } else { None };
            if settings.pictures {
                self.make_pictures(&settings, note, &cancelled).await;
            }
            if cancelled.peek().is_none()
                && let Some(wish) = settings.wish()
            {
                self.make_study(wish, &cancelled).await;
            }
        }
        Note::forget();
        self.phase.set(if cancelled.peek().is_some() {
            Phase::Cancelled(settings)
        } else {
            Phase::Finished(settings)
        });
        self.say(&Word::Over);
    }

    /// What another tab says.
    fn hear_tab(self, word: Word) {
        let phase = self.phase.get_untracked();
        let is_running = matches!(phase, Phase::Running(_));
        match word {
            Word::WhoRuns => self.tell_tabs(),
            Word::Cancel if is_running => self.cancel(),
            Word::Running { turn, part, seconds_left } if !is_running => {
                let settings = self.settings.get_untracked();
                let progress = Progress { settings, turn, part, seconds_left, cancelling: false };
                self.phase.set(Phase::Elsewhere(progress));
            }
            Word::Over if matches!(phase, Phase::Elsewhere(_)) => self.phase.set(Phase::Idle),
            _ => {}
        }
    }

    /// Tells the other tabs how far the comparison is, if this one makes one.
    fn tell_tabs(&self) {
        if let Phase::Running(Progress { turn, part, seconds_left, .. }) =
            self.phase.get_untracked()
        {
            self.say(&Word::Running { turn, part, seconds_left });
        }
    }

    fn say(&self, word: &Word) {
        self.tabs.with_value(|tabs| tabs.iter().for_each(|tabs| tabs.say(word)));
    }

    /// All turns, or those that are left of a note's.
    async fn make_pictures(&self, settings: &Settings, note: Option<Note>, cancelled: &Cancelled) {
        let lanes = untrack(|| self.lanes());
        self.rows.set(Rows::new(&lanes, settings.max_workers));
        self.measured_name.set(self.own_name.get_untracked());
        // Where there are other lanes now, nothing of it can be gone on with.
        let note = note.filter(|note| note.rows.has_turns_of(&self.rows.read_untracked()));
        let seed = note.as_ref().map_or_else(random_seed, |note| note.seed);
        let turns = {
            let waiting = self.rows.read_untracked();
            let able = waiting.iter().filter(|row| row.outcome() == Outcome::Pending);
            let mut ids: Vec<_> = able.map(|row| row.turn.lane.clone()).collect();
            ids.dedup();
            lab::schedule(&ids, settings.max_workers, settings.rounds, seed)
        };
        let before = note.map_or(0, |note| {
            self.rows.set(note.rows);
            note.done
        });
        let keep = |done| {
            let rows = self.rows.get_untracked();
            Note::of(settings, seed, done, rows).iter().for_each(Note::keep);
        };
        keep(before);
        let (started, all) = (js_sys::Date::now(), turns.len());
        for (done, turn) in turns.into_iter().enumerate().skip(before) {
            let workers = lab::format::workers(turn.workers);
            let words = format!("Turn {} of {all}: {}, {workers}", done + 1, turn.lane);
            let per_turn = (js_sys::Date::now() - started) / 1e3 / (done - before).max(1) as f64;
            let seconds_left = (done > before).then(|| per_turn * (all - done) as f64);
            self.progress(words, done as f64 / all as f64, seconds_left);
            self.visit(&turn, settings, cancelled.clone()).await;
            if cancelled.peek().is_some() {
                return;
            }
            keep(done + 1);
        }
    }

    async fn make_study(&self, wish: Wish, cancelled: &Cancelled) {
        let offer = environment::offer().await;
        let tell = self.begin_study();
        match self.link.get_value() {
            Some(link) if untrack(|| self.runner.get().is_connected()) => {
                link.study(wish, cancelled.clone(), tell).await;
            }
            _ => {
                // The runner's lanes take part with the reason why they cannot.
                let mut offer = offer;
                offer.lanes.extend(untrack(|| self.runner.get().lanes()));
                lead_here(wish, offer, cancelled.clone(), tell).await;
            }
        }
    }

    async fn follow_study(&self, cancelled: &Cancelled) {
        let tell = self.begin_study();
        if let Some(link) = self.link.get_value() {
            link.follow(cancelled.clone(), tell).await;
        }
    }

    /// An empty study, and what its events are told.
    fn begin_study(&self) -> impl FnMut(StudyEvent) + use<> {
        let this = *self;
        this.study.set(Some(Study { report: None, standings: Vec::new(), end: None }));
        let started = js_sys::Date::now();
        move |event| match event {
            StudyEvent::Turn { done, all, seconds_left, lane, experiment } => {
                let spent = (js_sys::Date::now() - started) / 1e3;
                // It ends with its last turn or when its time is over, whichever comes first.
                let by_turns = f64::from(done) / f64::from(all.max(1));
                let by_time = seconds_left.map_or(0.0, |left| spent / (spent + left).max(1.0));
                let words = format!("{experiment} on {lane}");
                this.progress(words, by_turns.max(by_time), seconds_left);
            }
            StudyEvent::Block(report) => this.study.update(|study| {
                if let Some(study) = study {
                    study.report = Some(*report);
                }
            }),
            StudyEvent::Ended { report, standings, end } => this.study.update(|study| {
                if let Some(study) = study {
                    // What was there before a connection ended is kept.
                    study.report = report.map(|report| *report).or(study.report.take());
                    (study.standings, study.end) = (standings, Some(end));
                }
            }),
        }
    }

    fn progress(&self, words: String, done: f64, left: Option<f64>) {
        self.phase.update(|phase| {
            if let Phase::Running(progress) = phase {
                (progress.turn, progress.part, progress.seconds_left) = (words, done, left);
            }
        });
        self.tell_tabs();
    }

    async fn visit(&self, turn: &Turn, settings: &Settings, cancelled: Cancelled) {
        let task = settings.task(turn.workers);
        let own = self.own.get_value();
        if let Some(engine) = Engine::of(&turn.lane) {
            let tell = |message| self.hear(turn, &task, message);
            engine.visit(task.clone(), own, cancelled, tell).await;
            // A picture that was cancelled half-way will not get any further.
            self.shown.update(|shown| {
                shown.take_if(|shown| matches!(shown.pixels, Pixels::Live { .. }));
            });
        } else if let Some(link) = self.link.get_value() {
            let tell = |event| self.rows.update(|rows| rows.take(turn, &event));
            if let Some(own) = own
                && let Err(error) = link.send_picture(task.picture, &own).await
            {
                return tell(LaneEvent::Failed(Failure { stage: Stage::Prepare, error }));
            }
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
            EngineMessage::Preview(preview) => Pixels::Still(preview),
        };
        let origin = Origin::Made { turn: turn.clone(), filter: task.filter };
        let name = self.own_name.get_untracked();
        self.shown.set(Some(Shown { origin, name, pixels }));
    }
}
