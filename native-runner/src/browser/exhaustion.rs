//! What would take a tab along, and gigabytes of memory: a browser of its own does it, under a memory limit, and is
//! thrown away. That its page died is something that the runner sees.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lab::ops::trial::series;
use lab::remote::Elsewhere;
use lab::{Effort, LaneError, LaneFuture, Op, Series};
use protocol::LaneId;
use protocol::trial::{Fact, Facts, Tried};
use tokio::runtime::Runtime;

use super::Kind;
use super::page::{self, NoPage};
use crate::cancel::Cancel;
use crate::timing;

/// Bytes of memory that each process of such a browser may write to.
const DATA: u64 = 1 << 30;
/// A page that has not answered after so long is lost.
const PATIENCE: Duration = Duration::from_secs(90);

/// Starts such browsers.
pub(crate) struct OtherBrowser {
    pub(crate) kind: Kind,
    pub(crate) runtime: Rc<Runtime>,
    pub(crate) cancel: Cancel,
}

impl Elsewhere for OtherBrowser {
    fn exhaust<'a>(&'a self, op: Op, effort: &'a Effort) -> LaneFuture<'a, Vec<Series>> {
        Box::pin(self.try_out(op, effort))
    }
}

impl OtherBrowser {
    async fn try_out(&self, op: Op, effort: &Effort) -> Result<Vec<Series>, LaneError> {
        let opened = page::open_within(self.kind, &self.runtime, &self.cancel, DATA);
        let (mut browser, guest) = opened.map_err(|why| match why {
            NoPage::Cancelled => LaneError::Cancelled,
            NoPage::Unavailable(why) => LaneError::Unavailable(why),
            NoPage::Failed(why) => LaneError::failed(format!("{why:#}")),
        })?;
        let (over, was_silent) = (Cancel::default(), Arc::new(AtomicBool::new(false)));
        let watch = self.runtime.spawn({
            let (over, asked, silent) =
                (over.clone(), self.cancel.clone(), Arc::clone(&was_silent));
            async move {
                tokio::select! {
                    () = asked.asked() => {}
                    () = tokio::time::sleep(PATIENCE) => silent.store(true, Ordering::SeqCst),
                }
                over.ask();
            }
        });
        let infos = guest.offer.lanes.clone();
        let remote = guest.remote(&over);
        remote.may_be_lost();
        let lanes = remote.lanes(&infos);
        let lane = lanes.iter().find(|it| it.id() == LaneId::BROWSER_CLONE);
        let lane = lane.ok_or_else(|| LaneError::failed("the browser has no such lane"))?;
        let mut found = Vec::new();
        let mut tell = |series| found.push(series);
        let began = timing::now();
        let result = lane.perform(&[op], effort, &mut tell).await;
        let took = (timing::now() - began) as f64;
        watch.abort();
        let told_by = if was_silent.load(Ordering::SeqCst) {
            "silence"
        } else if remote.is_lost() {
            "the end of its connection"
        } else {
            // The page is there, and said what came of it; or somebody cancelled.
            result?;
            return found.pop().ok_or_else(|| LaneError::failed("the page told nothing"));
        };
        let how = match browser.ended() {
            None => "the tab's process ended, and the page with it",
            Some(_) => "the whole browser ended",
        };
        Ok(series(op, lost(told_by, how, took)))
    }
}

/// The page is gone, and with it the caller and all workers.
fn lost(told_by: &str, how: &str, took: f64) -> Tried {
    let facts = [("died", "caller"), ("told_by", told_by), ("how", how)];
    let mut facts: Facts =
        facts.map(|(name, text)| (name.to_owned(), Fact::Text(text.to_owned()))).into();
    facts.insert("siblings_lost".to_owned(), Fact::Count(1));
    Tried { facts, took, ..Tried::default() }
}
