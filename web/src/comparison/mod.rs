//! A comparison from the button to the last turn: who runs when, and what became of it.

mod experiments;
mod own_picture;
mod pictures;
mod report;
mod tabs;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::Shared;
use lab::Turn;
use leptos::prelude::*;
use protocol::preview::Preview;
use protocol::report::Report;
use protocol::study::{Proof, Standing, StudyEnd, TraceWish, Wish};
use protocol::{Filter, LaneId, LaneInfo};
use texts::tr;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;
use workloads::Dimensions;

use crate::environment;
use crate::examples::Example;
use crate::findings;
use crate::fragment;
use crate::guide::GUIDE;
use crate::links::{Cancelled, Connected, RunnerLink, RunnerState, connect, pair};
use crate::model::Rows;
use crate::note::Note;
use crate::settings::Settings;
use crate::shelf::Shelf;
use crate::tabs::{Tabs, Word};

/// The page's state: what was chosen, what goes on, what has been measured.
#[derive(Clone, Copy)]
pub(crate) struct Comparison {
    pub(crate) settings: RwSignal<Settings>,
    pub(crate) phase: RwSignal<Phase>,
    pub(crate) rows: RwSignal<Rows>,
    pub(crate) study: RwSignal<Option<Study>>,
    /// What all studies of this visit have found together.
    pub(crate) findings: RwSignal<Report>,
    pub(crate) shelf: Shelf,
    /// What the page shows.
    pub(crate) shown: RwSignal<Option<Shown>, LocalStorage>,
    /// The own picture's name, while that is what is filtered.
    pub(crate) own_name: RwSignal<Option<String>>,
    pub(crate) opening: RwSignal<Opening>,
    /// [`Comparison::own_name`] of the comparison whose results are shown.
    pub(crate) measured_name: RwSignal<Option<String>>,
    pub(crate) runner: RwSignal<RunnerState>,
    /// Whether what runs, or ran last, is for the decision guide.
    pub(crate) guided: RwSignal<bool>,
    /// Whether it is for the flow diagram.
    pub(crate) is_traced: RwSignal<bool>,
    /// What was recorded last: the scenario's name, and the lane.
    pub(crate) recorded: RwSignal<Option<(String, LaneId)>>,
    /// The example that goes on, which nothing else may disturb.
    pub(crate) example: RwSignal<Option<Example>>,
    /// The own picture's pixels.
    pub(crate) own: StoredValue<Option<Blob>, LocalStorage>,
    /// How the own picture looks.
    pub(crate) own_preview: StoredValue<Option<Preview>, LocalStorage>,
    pub(crate) link: StoredValue<Option<RunnerLink>, LocalStorage>,
    cancel: StoredValue<Option<oneshot::Sender<()>>, LocalStorage>,
    /// Is over when the report that comes with the page has been read, if somebody does.
    filling: StoredValue<Option<Filling>, LocalStorage>,
    /// The page's other tabs.
    tabs: StoredValue<Option<Tabs>, LocalStorage>,
}

type Filling = Shared<oneshot::Receiver<()>>;

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
    /// By the button of the page, which has the lanes recorded, too.
    Button,
    /// By the decision guide, to prove itself.
    Proof(Proof),
    /// By the flow diagram, to have lanes recorded and nothing else.
    Trace(TraceWish),
    /// On this page before it was reloaded.
    Noted(Note),
    /// At the runner, where its study goes on; these are the pictures' rows.
    Found(Rows),
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

impl Progress {
    /// Whose turn it is, and how long it takes yet.
    pub(crate) fn words(&self) -> String {
        let left = self.seconds_left.map(|seconds| tr!(", about {} s left", seconds.ceil()));
        format!("{}{}", self.turn, left.unwrap_or_default())
    }
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
            settings: RwSignal::new(match fragment::shared() {
                Some(shared) if !shared.starts_with(GUIDE) => Settings::new(cores).read(&shared),
                _ => Settings::new(cores),
            }),
            phase: RwSignal::new(Phase::Idle),
            rows: RwSignal::new(Rows::default()),
            study: RwSignal::new(None),
            findings: RwSignal::new(findings::none()),
            shelf: Shelf::new(),
            shown: RwSignal::new_local(None),
            own_name: RwSignal::new(None),
            opening: RwSignal::new(Opening::Idle),
            measured_name: RwSignal::new(None),
            runner: RwSignal::new(RunnerState::Connecting),
            guided: RwSignal::new(false),
            is_traced: RwSignal::new(false),
            recorded: RwSignal::new(None),
            example: RwSignal::new(None),
            own: StoredValue::new_local(None),
            own_preview: StoredValue::new_local(None),
            link: StoredValue::new_local(None),
            cancel: StoredValue::new_local(None),
            filling: StoredValue::new_local(None),
            tabs: StoredValue::new_local(None),
        };
        comparison.tabs.set_value(Tabs::join(move |word| comparison.hear_tab(word)));
        spawn_local(async move {
            let running = comparison.adopt(connect(comparison.runner).await);
            // Nobody may have begun another one meanwhile, here or elsewhere.
            if untrack(|| !comparison.is_running()) || running.is_some() {
                comparison.take_up(running.as_ref(), Note::read());
            }
            comparison.fill().await;
        });
        if let Some(summary) = fragment::shared_report() {
            comparison.shelf.share(summary);
        }
        comparison
    }

    /// All lanes, the browser's first.
    pub(crate) fn lanes(&self) -> Vec<LaneInfo> {
        let mut lanes = environment::browser_lanes();
        lanes.extend(self.runner.get().lanes());
        lanes
    }

    pub(crate) fn is_running(&self) -> bool {
        self.example.get().is_some()
            || matches!(self.phase.get(), Phase::Running(_) | Phase::Elsewhere(_))
    }

    /// Takes the connection, and tells the study that goes on at the runner.
    fn adopt(&self, connected: Option<Connected>) -> Option<Wish> {
        let Connected { link, running } = connected?;
        self.link.set_value(Some(link));
        running
    }

    /// Asks a runner on this machine to let this page of a host in.
    pub(crate) fn pair(self, port: u16) {
        spawn_local(async move {
            let running = self.adopt(pair(port, self.runner).await);
            if running.is_some() && untrack(|| !self.is_running()) {
                self.take_up(running.as_ref(), None);
            }
        });
    }

    /// Starts a comparison with the settings as they are.
    pub(crate) fn start(self) {
        self.begin(self.settings.get_untracked(), Beginning::Button);
    }

    /// Has lanes recorded, for the flow diagram.
    pub(crate) fn run_trace(self, trace: TraceWish) {
        self.begin(self.settings.get_untracked(), Beginning::Trace(trace));
        self.is_traced.set(true);
    }

    /// Runs these experiments alone, whatever else is chosen.
    pub(crate) fn run_experiments(self, names: Vec<&'static str>) {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let settings = self.settings.get_untracked();
        let settings = Settings { pictures: false, ..settings.with_experiments(&names) };
        self.begin(settings, Beginning::Here);
    }

    /// Runs a workload on some lanes, as the decision guide proves itself.
    pub(crate) fn run_proof(self, proof: Proof) {
        self.begin(self.settings.get_untracked(), Beginning::Proof(proof));
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
        self.shelf.chosen.set(None);
        self.guided.set(false);
        self.is_traced.set(false);
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
        // Nothing is measured beside that.
        if let Some(filling) = self.filling.get_value() {
            let _ = filling.await;
        }
        if let Beginning::Found(rows) = beginning {
            self.rows.set(rows);
            self.follow_study(&cancelled).await;
        } else if let Beginning::Proof(proof) = beginning {
            let wish = Wish { proof: Some(proof), ..Wish::default() };
            self.make_study(wish, &cancelled).await;
        } else if let Beginning::Trace(trace) = beginning {
            let wish = Wish { trace: Some(trace), ..Wish::default() };
            self.make_study(wish, &cancelled).await;
        } else {
            let trace = matches!(beginning, Beginning::Button).then(at_a_glance);
            let note = if let Beginning::Noted(note) = beginning { Some(note) } else { None };
            if settings.pictures {
                self.make_pictures(&settings, note, &cancelled).await;
            } else {
                // A study that this page leads itself begins anew after a reload.
                Note::of(&settings, 0, 0, Rows::default()).iter().for_each(Note::keep);
            }
            if cancelled.peek().is_none()
                && let Some(wish) = settings.wish()
            {
                self.make_study(Wish { trace, ..wish }, &cancelled).await;
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

    /// Whether the runner is there.
    fn is_connected(&self) -> bool {
        self.runner.with_untracked(RunnerState::is_connected)
    }

    fn progress(&self, words: String, done: f64, left: Option<f64>) {
        self.phase.update(|phase| {
            if let Phase::Running(progress) = phase {
                (progress.turn, progress.part, progress.seconds_left) = (words, done, left);
            }
        });
        self.tell_tabs();
    }
}

/// What is recorded of all lanes when a comparison has its figures.
fn at_a_glance() -> TraceWish {
    TraceWish { scenarios: vec![lab::scenarios::ALL[0].id.to_owned()], lanes: Vec::new() }
}
