//! The page's part in a study: it makes the turns on the browser's lanes that the leader orders.

use std::cell::RefCell;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{Either, LocalBoxFuture, pending, select};
use futures::{FutureExt, StreamExt};
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::{document, window_event_listener_untyped};
use protocol::study::{News, Order, TurnEnd};

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
                let tell = tell.clone();
                let make = async move {
                    let end = match Engine::of(&lane) {
                        None => TurnEnd::Failed(format!("the page has no lane {lane}")),
                        Some(engine) => {
                            let mut found = |series| tell(News::Found { turn, series });
                            let visible = Visibility::watch();
                            if document().hidden() {
                                tell(News::Hidden { turn });
                                visible.shown().await;
                            }
                            let work = engine.perform(lane, ops, effort, tick, &mut found);
                            match select(work.boxed_local(), visible.hidden().boxed_local()).await {
                                Either::Left((end, _)) => end,
                                Either::Right(_) => TurnEnd::Void(HIDDEN.into()),
                            }
                        }
                    };
                    tell(News::Over { turn, end });
                };
                current = Some((turn, make.boxed_local()));
            }
        }
    }
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
