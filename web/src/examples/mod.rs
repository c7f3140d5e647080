//! The seed's examples as one uses them: a picture, pages that may crash whoever reads them, and the programs as they
//! were written.

mod picture;
mod scrape;
mod seed;

use futures::FutureExt;
use futures::channel::oneshot;
use leptos::prelude::*;
use texts::text;
use wasm_bindgen_futures::spawn_local;

use crate::comparison::Comparison;
use crate::links::Cancelled;
pub(crate) use picture::{AppearingPicture, Band, MadePicture, PictureExample};
pub(crate) use scrape::{ScrapeExample, ScrapeRow};
pub(crate) use seed::SeedExample;

/// The state of all three.
#[derive(Clone, Copy)]
pub(crate) struct Examples {
    pub(crate) comparison: Comparison,
    pub(crate) picture: PictureExample,
    pub(crate) scrape: ScrapeExample,
    pub(crate) seed: SeedExample,
    cancel: StoredValue<Option<oneshot::Sender<()>>, LocalStorage>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Example {
    Picture,
    Scrape,
    Seed,
}

impl Examples {
    pub(crate) fn new(comparison: Comparison) -> Self {
        Self {
            comparison,
            picture: PictureExample::new(),
            scrape: ScrapeExample::new(),
            seed: SeedExample::new(),
            cancel: StoredValue::new_local(None),
        }
    }

    /// Whether something goes on that an example must not disturb.
    pub(crate) fn is_locked(&self) -> bool {
        self.comparison.is_running()
    }

    /// Whether this one goes on.
    pub(crate) fn is_running(&self, example: Example) -> bool {
        self.comparison.example.get() == Some(example)
    }

    /// Ends what goes on.
    pub(crate) fn cancel(&self) {
        self.cancel.update_value(|cancel| {
            if let Some(cancel) = cancel.take() {
                let _ = cancel.send(());
            }
        });
    }

    /// Runs one, and nothing else meanwhile.
    fn alone<F: Future<Output = ()> + 'static>(
        self,
        example: Example,
        run: impl FnOnce(Cancelled) -> F + 'static,
    ) {
        if untrack(|| self.is_locked()) {
            return;
        }
        let (sender, receiver) = oneshot::channel();
        self.cancel.set_value(Some(sender));
        self.comparison.example.set(Some(example));
        spawn_local(async move {
            run(receiver.shared()).await;
            self.comparison.example.set(None);
        });
    }
}

const AWAY: &str =
    text!("this needs the runner: start `breakeven serve` and open the address that it prints");
