//! The seed's programs as they are written.

use leptos::prelude::*;
use protocol::example::{ExampleEvent, Ran, Swept};

use super::{AWAY, Example, Examples};

/// What came of them.
#[derive(Clone, Copy)]
pub(crate) struct SeedExample {
    pub(crate) status: RwSignal<String>,
    pub(crate) trouble: RwSignal<Option<String>>,
    pub(crate) ran: RwSignal<Vec<Ran>>,
    pub(crate) swept: RwSignal<Vec<Swept>>,
}

impl SeedExample {
    pub(super) fn new() -> Self {
        Self {
            status: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
            ran: RwSignal::new(Vec::new()),
            swept: RwSignal::new(Vec::new()),
        }
    }

    fn take(&self, event: ExampleEvent) {
        match event {
            ExampleEvent::Ran(ran) => self.ran.update(|all| all.push(ran)),
            ExampleEvent::Swept(swept) => self.swept.update(|all| all.push(swept)),
            ExampleEvent::Ended { cancelled: true, .. } => self.status.set("Cancelled.".into()),
            ExampleEvent::Ended { node, .. } => self.status.set(format!("Done, with Node {node}.")),
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
            seed.ran.set(Vec::new());
            seed.swept.set(Vec::new());
            let Some(link) = self.comparison.link.get_value() else {
                return seed.trouble.set(Some(AWAY.into()));
            };
            seed.status.set("Running…".into());
            link.examples(cancelled, |event| seed.take(event)).await;
        });
    }
}
