//! A study without a runner: a worker of the page leads it.

use futures::channel::mpsc::unbounded;
use futures::future::{Either, select};
use futures::{FutureExt, StreamExt};
use protocol::study::{FromLeader, Offer, StudyEnd, StudyEvent, ToLeader, Wish};
use texts::tr;
use wasm_bindgen_futures::spawn_local;
use worker_link::{LinkError, WorkerLink};

use super::Cancelled;
use super::turns::{Errand, make_turns};
use crate::assets;

/// Leads a study of the browser's own lanes; the last event is its end.
pub(crate) async fn lead_here(
    wish: Wish,
    offer: Offer,
    cancelled: Cancelled,
    mut tell: impl FnMut(StudyEvent),
) {
    if let Err(why) = talk(wish, offer, cancelled, &mut tell).await {
        let end = StudyEnd::Stopped(tr!(
            "the worker that leads a study here: {}; if the runner was closed, start it again and open its address",
            why
        ));
        tell(StudyEvent::Ended { report: None, standings: Vec::new(), end });
    }
}

async fn talk(
    wish: Wish,
    offer: Offer,
    cancelled: Cancelled,
    tell: &mut impl FnMut(StudyEvent),
) -> Result<(), LinkError> {
    let mut link =
        WorkerLink::<ToLeader, FromLeader>::start(&assets::address("workers/leader/worker.js"))?;
    let (errands, inbox) = unbounded();
    let (sender, mut news) = unbounded();
    let tick = offer.browser.clock.tick;
    spawn_local(make_turns(inbox, tick, move |one| {
        let _ = sender.unbounded_send(one);
    }));
    let mut begin = Some(ToLeader::Begin { wish: Box::new(wish), offer });
    let mut cancelled = Some(cancelled);
    loop {
        enum Step {
            Heard(Result<FromLeader, LinkError>),
            News(ToLeader),
            Cancel,
        }
        let step = {
            let heard = link.receive().map(Step::Heard).boxed_local();
            let told = news.select_next_some().map(|news| Step::News(ToLeader::News(news)));
            let either = select(heard, told.boxed_local()).map(|either| either.factor_first().0);
            match cancelled.take() {
                None => either.await,
                Some(waiting) => match select(either.boxed_local(), waiting).await {
                    Either::Left((step, waiting)) => {
                        cancelled = Some(waiting);
                        step
                    }
                    Either::Right(_) => Step::Cancel,
                },
            }
        };
        match step {
            Step::Heard(message) => match message? {
                FromLeader::Loaded => {
                    if let Some(begin) = begin.take() {
                        link.send(&begin)?;
                    }
                }
                FromLeader::Order(order) => {
                    let _ = errands.unbounded_send(Errand::Order(order));
                }
                FromLeader::Study(event) => {
                    let is_last = matches!(event, StudyEvent::Ended { .. });
                    tell(event);
                    if is_last {
                        return Ok(());
                    }
                }
            },
            Step::News(news) => link.send(&news)?,
            Step::Cancel => {
                let _ = errands.unbounded_send(Errand::Stop);
            }
        }
    }
}
