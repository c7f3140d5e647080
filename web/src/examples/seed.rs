//! The seed's programs as they are written.

use leptos::prelude::*;
use protocol::LaneId;
use protocol::example::{Became, ExampleEvent, Filled, Ran, Read, Swept};
use protocol::scrape::Child;
use texts::tr;

use super::{AWAY, Example, Examples};

/// What came of them.
#[derive(Clone, Copy)]
pub(crate) struct SeedExample {
    pub(crate) status: RwSignal<String>,
    pub(crate) trouble: RwSignal<Option<String>>,
    pub(crate) found: RwSignal<Found>,
}

/// What one run has found, as far as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) ran: Vec<Ran>,
    pub(crate) swept: Vec<Swept>,
    pub(crate) filled: Vec<(LaneId, Became<Filled>)>,
    pub(crate) read: Vec<(Child, Became<Read>)>,
}

impl SeedExample {
    pub(super) fn new() -> Self {
        Self {
            status: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
            found: RwSignal::new(Found::default()),
        }
    }

    fn take(&self, event: ExampleEvent) {
        match event {
            // What was found before stays until there is something else.
            ExampleEvent::Ran(ran) => self.found.update(|found| {
                if !found.swept.is_empty() {
                    *found = Found::default();
                }
                found.ran.push(ran);
            }),
            ExampleEvent::Swept(swept) => self.found.update(|found| found.swept.push(swept)),
            ExampleEvent::Filled { lane, outcome } => {
                self.found.update(|found| found.filled.push((lane, outcome)));
            }
            ExampleEvent::Read { child, outcome } => {
                self.found.update(|found| found.read.push((child, outcome)));
            }
            ExampleEvent::Ended { cancelled: true, .. } => {
                self.status.set(tr!("Cancelled.").into());
            }
            ExampleEvent::Ended { node, .. } => self.status.set(tr!("Done, with Node {}.", node)),
            ExampleEvent::Failed { error, .. } => {
                self.status.set(String::new());
                self.trouble.set(Some(error));
            }
        }
    }
}

impl Examples {
    /// Runs both, and the sweep over sizes of a page.
    pub(crate) fn run_seed(self) {
        self.alone(Example::Seed, move |cancelled| async move {
            let seed = self.seed;
            seed.trouble.set(None);
            let Some(link) = self.comparison.link.get_value() else {
                return seed.trouble.set(Some(AWAY.into()));
            };
            seed.status.set(tr!("Running…").into());
            link.examples(cancelled, |event| seed.take(event)).await;
        });
    }
}
