//! What would take a tab along, and gigabytes of memory: a browser of its own does it, under a memory limit, and is
//! thrown away. That its page died is something that the runner sees.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lab::ops::trial::{series, unavailable};
use lab::remote::exhausts;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Series};
use protocol::trial::{Fact, Facts, Tried};
use protocol::{Availability, LaneId, LaneKind};
use tokio::runtime::Runtime;

use super::Kind;
use super::page::{self, NoPage};
use crate::cancel::Cancel;
use crate::timing;

/// Bytes of memory that each process of such a browser may write to.
const DATA: u64 = 1 << 30;
/// A page that has not answered after so long is lost.
const PATIENCE: Duration = Duration::from_secs(90);

/// A lane of a browser that the runner has started.
pub(crate) struct Exhaustible {
    lane: Box<dyn Lane>,
    kind: Kind,
    runtime: Rc<Runtime>,
    cancel: Cancel,
}

impl Exhaustible {
    pub(crate) fn new(
        lane: Box<dyn Lane>,
        kind: Kind,
        runtime: &Rc<Runtime>,
        cancel: &Cancel,
    ) -> Self {
        Self { lane, kind, runtime: Rc::clone(runtime), cancel: cancel.clone() }
    }

    async fn exhaust(&self, op: Op, effort: &Effort) -> Result<Vec<Series>, LaneError> {
        let over = Cancel::default();
        let opened = page::open_within(self.kind, &self.runtime, &self.cancel, DATA);
        let (_browser, guest) = opened.map_err(|why| match why {
            NoPage::Cancelled => LaneError::Cancelled,
            NoPage::Unavailable(why) => LaneError::Unavailable(why),
            NoPage::Failed(why) => LaneError::failed(format!("{why:#}")),
        })?;
        let was_silent = Arc::new(AtomicBool::new(false));
        let watch = {
            let (over, asked, silent) =
                (over.clone(), self.cancel.clone(), Arc::clone(&was_silent));
            self.runtime.spawn(async move {
                tokio::select! {
                    () = asked.asked() => {}
                    () = tokio::time::sleep(PATIENCE) => silent.store(true, Ordering::SeqCst),
                }
                over.ask();
            })
        };
        let infos = guest.offer.lanes.clone();
        let remote = guest.remote(&over);
        remote.may_be_lost();
        let lanes = remote.lanes(&infos);
        let lane = lanes.iter().find(|lane| lane.id() == self.lane.id());
        let lane = lane.ok_or_else(|| LaneError::failed("the browser has no such lane"))?;
        let mut found = Vec::new();
        let mut tell = |series| found.push(series);
        let began = timing::now();
        let result = lane.perform(&[op], effort, &mut tell).await;
        let took = (timing::now() - began) as f64;
        watch.abort();
        match (result, found.pop()) {
            (_, Some(series)) => Ok(series),
            (_, None) if self.cancel.is_asked() => Err(LaneError::Cancelled),
            (_, None) => {
                let silent = was_silent.load(Ordering::SeqCst);
                Ok(series(op, lost(silent, took)))
            }
        }
    }

    async fn perform_apart(
        &self,
        ops: &[Op],
        effort: &Effort,
        found: &mut Found<'_>,
    ) -> Result<(), LaneError> {
        for op in ops {
            if !exhausts(*op) {
                self.lane.perform(&[*op], effort, found).await?;
            } else if self.lane.id() == LaneId::BROWSER_CLONE {
                found(self.exhaust(*op, effort).await?);
            } else {
                found(unavailable(*op, AS_ELSEWHERE));
            }
        }
        Ok(())
    }
}

/// Once is enough.
const AS_ELSEWHERE: &str = "a worker's heap is the same on every lane: browser.clone tries it";

/// The page is gone, and with it the caller and all workers.
fn lost(silent: bool, took: f64) -> Tried {
    let told_by = if silent { "silence" } else { "the end of its connection" };
    let facts = Facts::from([
        ("died".to_owned(), Fact::Text("caller".into())),
        ("told_by".to_owned(), Fact::Text(told_by.into())),
        ("how".to_owned(), Fact::Text("the tab's process ended, and the page with it".into())),
        ("siblings_lost".to_owned(), Fact::Count(1)),
    ]);
    Tried { facts, took, ..Tried::default() }
}

impl Lane for Exhaustible {
    fn id(&self) -> LaneId {
        self.lane.id()
    }

    fn kind(&self) -> LaneKind {
        self.lane.kind()
    }

    fn availability(&self) -> Availability {
        self.lane.availability()
    }

    fn is_visited(&self) -> bool {
        self.lane.is_visited()
    }

    fn does(&self, op: Op) -> bool {
        self.lane.does(op)
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        if !ops.iter().copied().any(exhausts) {
            return self.lane.perform(ops, effort, found);
        }
        Box::pin(self.perform_apart(ops, effort, found))
    }
}
