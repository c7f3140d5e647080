//! Reports that the visitor opened, beside what this visit has found.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::desk::MAX_REPORT_BYTES;
use protocol::report::Report;
use protocol::study::Standing;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

use crate::comparison::Opening;
use crate::links::open_report;

/// What lies on it, and what is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Shelf {
    pub(crate) held: RwSignal<Vec<Arc<Held>>>,
    /// The one that is looked at; none of them, while it is what this visit has found.
    pub(crate) chosen: RwSignal<Option<Arc<Held>>>,
    pub(crate) opening: RwSignal<Opening>,
    /// How many were begun to be opened.
    begun: StoredValue<u32>,
    /// Which of them is looked at: of several at once the later one, whichever is there last.
    latest: StoredValue<u32>,
}

/// A report that was opened.
#[derive(Debug, PartialEq)]
pub(crate) struct Held {
    /// Of its file.
    pub(crate) name: String,
    pub(crate) report: Report,
    pub(crate) standings: Vec<Standing>,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self {
            held: RwSignal::default(),
            chosen: RwSignal::new(None),
            opening: RwSignal::new(Opening::Idle),
            begun: StoredValue::new(0),
            latest: StoredValue::new(0),
        }
    }

    /// Opens a file, and looks at it when it is there.
    pub(crate) fn open(self, file: File) {
        let name = file.name();
        if file.size() > MAX_REPORT_BYTES as f64 {
            let most = lab::format::size(MAX_REPORT_BYTES);
            let why = format!("{name}: it has more than {most}, and no report is so long");
            return self.opening.set(Opening::Failed(why));
        }
        self.read(name, async move {
            let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
            text.ok_or_else(|| "the browser could not read it: choose it again".to_owned())
        });
    }

    /// Opens text that was pasted.
    pub(crate) fn paste(self, text: String) {
        self.read("what was pasted".to_owned(), async move { Ok(text) });
    }

    fn read(self, name: String, text: impl Future<Output = Result<String, String>> + 'static) {
        self.opening.set(Opening::Reading(name.clone()));
        let place = self.begun.get_value() + 1;
        self.begun.set_value(place);
        spawn_local(async move {
            let opened = match text.await {
                Ok(text) => open_report(text).await,
                Err(why) => Err(why),
            };
            match opened {
                Ok((report, standings)) => {
                    let held = self.put(Held { name, report, standings });
                    if place > self.latest.get_value() {
                        self.latest.set_value(place);
                        self.chosen.set(Some(held));
                    }
                    if place == self.begun.get_value() {
                        self.opening.set(Opening::Idle);
                    }
                }
                Err(why) => self.opening.set(Opening::Failed(format!("{name}: {why}"))),
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

    /// Takes it off the shelf.
    pub(crate) fn remove(self, held: &Arc<Held>) {
        self.held.update(|all| all.retain(|it| !Arc::ptr_eq(it, held)));
        if self.chosen.get_untracked().is_some_and(|it| Arc::ptr_eq(&it, held)) {
            self.chosen.set(None);
        }
    }
}
