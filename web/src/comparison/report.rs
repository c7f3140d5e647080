//! The report that the page is about: what this visit has found, one that was opened, or the one that comes with the
//! page.

use std::sync::Arc;

use futures::FutureExt;
use futures::channel::oneshot;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::desk::Source;
use protocol::report::Report;
use worker_link::Carried;

use super::{Comparison, Opening, Phase};
use crate::language::spoken;
use crate::shelf::Region;

/// Between two looks at whether a comparison is over.
const PATIENCE_MS: u32 = 500;

impl Comparison {
    /// Looks at the report that the page is about: what this visit has found, or what was opened.
    pub(crate) fn with_report<T>(&self, look: impl FnOnce(&Report) -> T) -> T {
        spoken().track();
        match self.shelf.chosen.get() {
            Some(held) => look(&held.report),
            None => self.findings.with(look),
        }
    }

    /// The same for the desk.
    pub(crate) fn source(&self) -> Source<Carried> {
        match self.shelf.chosen.get() {
            Some(held) => held.source(),
            None => Source::Here(Box::new(self.findings.get())),
        }
    }

    /// Looks at it as a region is to draw it.
    pub(crate) fn with_report_in<T>(&self, region: Region, look: impl FnOnce(&Report) -> T) -> T {
        spoken().track();
        match self.shelf.seen(region) {
            Some(held) => look(&held.report),
            None => self.findings.with(look),
        }
    }

    /// The same, for whoever looks at it for longer.
    pub(crate) fn report_in(&self, region: Region) -> Arc<Report> {
        spoken().track();
        match self.shelf.seen(region) {
            Some(held) => held.report.clone(),
            None => Arc::new(self.findings.get()),
        }
    }

    /// Looks at the report that comes with the page, while there is nothing else to look at.
    pub(super) async fn fill(self) {
        // Nothing is read beside what is measured; and the other way round.
        while untrack(|| self.is_running()) {
            TimeoutFuture::new(PATIENCE_MS).await;
        }
        // It is over, however this ends.
        let (_over, filling) = oneshot::channel();
        self.filling.set_value(Some(filling.shared()));
        let fetched = self.shelf.fetch().await;
        // What was done to read it is one task; drawing it is another.
        TimeoutFuture::new(0).await;
        match fetched {
            Ok(recorded) if self.is_untouched() => self.shelf.chosen.set(Some(recorded)),
            Ok(_) => {}
            Err(why) => leptos::logging::warn!("no recorded report: {why}"),
        }
    }

    /// Whether nothing has been measured, opened or chosen, and nothing goes on.
    fn is_untouched(&self) -> bool {
        let shelf = self.shelf;
        untrack(|| {
            self.phase.get() == Phase::Idle
                && !shelf.is_settled.get_value()
                && shelf.chosen.read().is_none()
                && shelf.opening.get() == Opening::Idle
                && self.findings.read().results.is_empty()
        })
    }
}
