//! Reports that the visitor opened, beside what this visit has found.

use std::sync::Arc;

use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::desk::{Form, MAX_REPORT_BYTES, Source};
use protocol::report::Report;
use protocol::study::Standing;
use texts::{tr, translated};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File, Response};
use worker_link::Carried;

use crate::assets;
use crate::comparison::Opening;
use crate::download;
use crate::links::open_report;

/// What lies on it, and what is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Shelf {
    pub(crate) held: RwSignal<Vec<Arc<Held>>>,
    /// The one that is looked at; none of them, while it is what this visit has found.
    pub(crate) chosen: RwSignal<Option<Arc<Held>>>,
    /// The same as each region sees it: see [`Region`].
    seen: [RwSignal<Option<Arc<Held>>>; Region::ALL],
    /// Those that lie beside it, to be compared with.
    pub(crate) beside: RwSignal<Vec<Arc<Held>>>,
    pub(crate) opening: RwSignal<Opening>,
    /// Whether the visitor has said what is to be looked at.
    pub(crate) is_settled: StoredValue<bool>,
    /// How many were begun to be opened.
    begun: StoredValue<u32>,
    /// Which of them is looked at: of several at once the later one, whichever is there last.
    latest: StoredValue<u32>,
}

/// A report that was opened.
#[derive(Debug)]
pub(crate) struct Held {
    /// Of its file, if the visitor brought it.
    file: String,
    pub(crate) origin: Origin,
    /// Where the desk finds it again.
    place: Place,
    pub(crate) report: Arc<Report>,
    pub(crate) standings: Arc<Vec<Standing>>,
}

/// Where a report was read from: the desk reads it again there, so that the page need not tell it.
#[derive(Clone, Debug)]
enum Place {
    File(StoredValue<Blob, LocalStorage>),
    Link(String),
}

impl Place {
    fn file(file: Blob) -> Self {
        Self::File(StoredValue::new_local(file))
    }

    fn source(&self) -> Source<Carried> {
        match self {
            Self::File(file) => Source::File(Carried(file.get_value().into())),
            Self::Link(letters) => Source::Link(letters.clone()),
        }
    }
}

// A report on the shelf is what it is: nobody compares half a million samples to know whether it is another one.
impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.report, &other.report)
    }
}

impl Held {
    /// For the desk.
    pub(crate) fn source(&self) -> Source<Carried> {
        self.place.source()
    }

    /// As the visitor knows it.
    pub(crate) fn name(&self) -> String {
        let machine = &self.report.machine;
        match self.origin {
            Origin::Brought => self.file.clone(),
            Origin::Recorded => tr!("Recorded on {} cores of an {}", machine.cores, machine.cpu),
        }
    }
}

/// What draws the report that is looked at, below the results: each in a task of its own, so that the page answers in
/// between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Claims,
    Matrix,
    Flow,
    Guide,
}

impl Region {
    const ALL: usize = 4;
}

/// How a report came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The visitor brought it.
    Brought,
    /// It came with the page.
    Recorded,
}

/// Comes with the page: what was measured on a machine that the report names. `cargo xtask record` makes it anew.
const RECORDED: &str = "recorded/report.json";

impl Shelf {
    pub(crate) fn new() -> Self {
        let this = Self {
            held: RwSignal::default(),
            chosen: RwSignal::new(None),
            seen: [(); Region::ALL].map(|()| RwSignal::new(None)),
            beside: RwSignal::default(),
            opening: RwSignal::new(Opening::Idle),
            is_settled: StoredValue::new(false),
            begun: StoredValue::new(0),
            latest: StoredValue::new(0),
        };
        Effect::new(move |_| {
            this.chosen.track();
            spawn_local(this.show());
        });
        this
    }

    /// Shows the regions what is looked at, one after another.
    async fn show(self) {
        for seen in self.seen {
            TimeoutFuture::new(0).await;
            // Another one may have been chosen meanwhile.
            let chosen = self.chosen.get_untracked();
            if seen.get_untracked() != chosen {
                seen.set(chosen);
            }
        }
    }

    /// What a region is to draw.
    pub(crate) fn seen(self, region: Region) -> Option<Arc<Held>> {
        self.seen[region as usize].get()
    }

    /// Opens a file, and looks at it when it is there.
    pub(crate) fn open(self, file: File) {
        let name = file.name();
        if file.size() > MAX_REPORT_BYTES as f64 {
            let most = lab::format::size(MAX_REPORT_BYTES);
            let why = tr!("{}: it has more than {}, and no report is so long", name, most);
            return self.opening.set(Opening::Failed(why));
        }
        self.read(name, Place::file(file.into()));
    }

    /// Opens text that was pasted.
    pub(crate) fn paste(self, text: &str) {
        let name = tr!("what was pasted").to_owned();
        match download::text(text, Form::Json.kind()) {
            Ok(file) => self.read(name, Place::file(file)),
            Err(why) => {
                self.opening.set(Opening::Failed(format!("{name}: {}", worker_link::text(&why))));
            }
        }
    }

    /// Opens the summary that an address shares.
    pub(crate) fn share(self, letters: String) {
        self.read(tr!("what the address shares").to_owned(), Place::Link(letters));
    }

    /// Puts the report that comes with the page on the shelf.
    ///
    /// # Errors
    /// Why it is not there.
    pub(crate) async fn fetch(self) -> Result<Arc<Held>, String> {
        let answer = Request::get(&assets::address(RECORDED)).send().await;
        let answer: Response = answer.map_err(|why| why.to_string())?.into();
        let file = answer.blob().map(JsFuture::from);
        let file = file.map_err(|why| worker_link::text(&why))?.await;
        let file = file.map_err(|why| worker_link::text(&why))?;
        let place = Place::file(file.unchecked_into());
        let (report, standings) = open_report(place.source()).await?;
        Ok(self.put(Held {
            file: String::new(),
            origin: Origin::Recorded,
            place,
            report: Arc::new(report),
            standings: Arc::new(standings),
        }))
    }

    fn read(self, name: String, place: Place) {
        self.opening.set(Opening::Reading(name.clone()));
        let number = self.begun.get_value() + 1;
        self.begun.set_value(number);
        spawn_local(async move {
            match open_report(place.source()).await {
                Ok((report, standings)) => {
                    let (report, standings) = (Arc::new(report), Arc::new(standings));
                    let origin = Origin::Brought;
                    // What was done to read it is one task; drawing it is another.
                    TimeoutFuture::new(0).await;
                    let held = self.put(Held { file: name, origin, place, report, standings });
                    if number > self.latest.get_value() {
                        self.latest.set_value(number);
                        self.chosen.set(Some(held));
                    }
                    if number == self.begun.get_value() {
                        self.opening.set(Opening::Idle);
                    }
                }
                Err(why) => {
                    self.opening.set(Opening::Failed(format!("{name}: {}", translated(&why))));
                }
            }
        });
    }

    /// Puts it on the shelf, unless it is there.
    fn put(self, held: Held) -> Arc<Held> {
        let known = self.held.read_untracked().iter().find(|it| it.report == held.report).cloned();
        known.unwrap_or_else(|| {
            let held = Arc::new(held);
            self.held.update(|all| all.push(held.clone()));
            held
        })
    }

    /// Looks at it; none of them: at what this visit has found.
    pub(crate) fn choose(self, held: Option<Arc<Held>>) {
        self.is_settled.set_value(true);
        self.chosen.set(held);
    }

    /// Lays it beside what is looked at, or takes it away from there.
    pub(crate) fn turn_beside(self, held: &Arc<Held>) {
        self.beside.update(|all| {
            let before = all.len();
            all.retain(|it| !Arc::ptr_eq(it, held));
            if all.len() == before {
                all.push(held.clone());
            }
        });
    }

    /// Takes it off the shelf.
    pub(crate) fn remove(self, held: &Arc<Held>) {
        self.held.update(|all| all.retain(|it| !Arc::ptr_eq(it, held)));
        self.beside.update(|all| all.retain(|it| !Arc::ptr_eq(it, held)));
        if self.chosen.get_untracked().is_some_and(|it| Arc::ptr_eq(&it, held)) {
            self.chosen.set(None);
        }
    }
}
