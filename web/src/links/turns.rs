//! The page's part in a study: it makes the turns on the browser's lanes that the leader orders.

use std::cell::RefCell;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{Either, LocalBoxFuture, pending, select};
use futures::{FutureExt, StreamExt};
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::{document, window_event_listener_untyped};
use protocol::LaneId;
use protocol::engine::HOURS;
use protocol::study::{News, Order, TurnEnd};
use protocol::trace::Played;

use super::engine::Engine;

/// To whoever makes the turns.
pub(crate) enum Errand {
    /// From the leader.
    Order(Order),
    /// The turn that is going on, if any is, ends now.
    Stop,
}

/// Makes what is ordered, until nobody can order any more. `tick` is a step of the engines' clock in
/// nanoseconds.
pub(crate) async fn make_turns(
    mut errands: UnboundedReceiver<Errand>,
    tick: f64,
    tell: impl Fn(News) + Clone + 'static,
) {
    let mut current: Option<(u32, LocalBoxFuture<'static, ()>)> = None;
    loop {
        let step = {
            let working = match &mut current {
                Some((_, turn)) => Either::Left(turn),
                None => Either::Right(pending()),
            };
            match select(errands.next(), working).await {
                Either::Left((errand, _)) => Some(errand),
                Either::Right(_) => None,
            }
        };
        let Some(errand) = step else {
            current = None;
            continue;
        };
        // Whoever says something new has given up what goes on; dropping it ends its workers.
        let stopped = current.take().map(|(turn, _)| turn);
        match errand {
            None => return,
            Some(Errand::Stop) => {
                if let Some(turn) = stopped {
                    tell(News::Over { turn, end: TurnEnd::Cancelled });
                }
            }
            Some(Errand::Order(Order::Time { exchange })) => {
                tell(News::Time { exchange, now: now() });
            }
            Some(Errand::Order(Order::Perform { turn, lane, ops, effort })) => {
                let told = tell.clone();
                let mut found = move |series| told(News::Found { turn, series });
                let work = async move {
                    match Engine::of(&lane) {
                        Some(engine) => engine.perform(lane, ops, effort, tick, &mut found).await,
                        None => missing(&lane),
                    }
                };
                current = Some((turn, in_sight(turn, work, tell.clone()).boxed_local()));
            }
            Some(Errand::Order(Order::Record { turn, lane, scenario })) => {
                let told = tell.clone();
                let mut noted = move |mut played: Box<Played>| {
                    let Played { caller, workers, .. } = &mut *played;
                    let workers = workers.iter_mut().map(|(_, trail)| trail);
                    for trail in std::iter::once(caller).chain(workers) {
                        let notes = trail.notes.iter_mut();
                        notes.for_each(|note| note.at = since_the_page_began(note.at));
                    }
                    told(News::Played { turn, played });
                };
                let work = async move {
                    match Engine::of(&lane) {
                        Some(engine) => engine.record(lane, scenario, tick, &mut noted).await,
                        None => missing(&lane),
                    }
                };
                current = Some((turn, in_sight(turn, work, tell.clone()).boxed_local()));
            }
        }
    }
}

/// Does work while somebody sees the page, and tells how it ended.
async fn in_sight(turn: u32, work: impl Future<Output = TurnEnd>, tell: impl Fn(News)) {
    let visible = Visibility::watch();
    if document().hidden() {
        tell(News::Hidden { turn });
        visible.shown().await;
    }
    let end = match select(work.boxed_local(), visible.hidden().boxed_local()).await {
        Either::Left((end, _)) => end,
        Either::Right(_) => TurnEnd::Void(HIDDEN.into()),
    };
    tell(News::Over { turn, end });
}

fn missing(lane: &LaneId) -> TurnEnd {
    TurnEnd::Failed(format!("the page has no lane {lane}"))
}

/// A time of the workers' clock in nanoseconds since the page began.
fn since_the_page_began(at: u64) -> u64 {
    let origin = web_sys::window().and_then(|window| window.performance());
    let origin = origin.map_or(0.0, |clock| clock.time_origin() % HOURS);
    // The workers' clock may have begun anew meanwhile.
    (at as f64 - origin * 1e6).rem_euclid(HOURS * 1e6) as u64
}

const HIDDEN: &str =
    "the page was hidden, and browsers slow down what nobody sees: keep it in sight";

/// Whether somebody sees the page.
struct Visibility {
    /// Whether it was hidden by each change.
    changes: RefCell<UnboundedReceiver<bool>>,
    listener: Option<WindowListenerHandle>,
}

impl Visibility {
    fn watch() -> Self {
        let (sender, changes) = unbounded();
        let listener = window_event_listener_untyped("visibilitychange", move |_| {
            let _ = sender.unbounded_send(document().hidden());
        });
        Self { changes: changes.into(), listener: Some(listener) }
    }

    /// Resolves when the page is seen.
    async fn shown(&self) {
        self.until(false).await;
    }

    /// Resolves when it is not, or was not in between.
    async fn hidden(&self) {
        self.until(true).await;
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "one waits at a time")]
    async fn until(&self, hidden: bool) {
        if document().hidden() == hidden {
            return;
        }
        let mut changes = self.changes.borrow_mut();
        while let Some(is) = changes.next().await
            && is != hidden
        {}
    }
}

impl Drop for Visibility {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.remove();
        }
    }
}

/// On the page's clock, in nanoseconds.
fn now() -> f64 {
    let clock = web_sys::window().and_then(|window| window.performance());
    clock.map_or(0.0, |clock| clock.now() * 1e6)
}
