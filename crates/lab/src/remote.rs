//! Lanes on the other side of a connection: turns are ordered, and what they give is told as it comes.
//!
//! The other side is a browser's page: nothing that it says is believed unseen.

use std::cell::RefCell;
use std::rc::Rc;

use futures::stream::LocalBoxStream;
use futures::{Stream, StreamExt};
use protocol::study::{News, Order, TurnEnd};
use protocol::trace::Played;
use protocol::{Availability, LaneId, LaneInfo, LaneKind};

use crate::browser::{browser_does, exhausts};
use crate::clocks::Exchange;
use crate::contract::is_whole;
use crate::lane::{Found, Lane, LaneError, LaneFuture};
use crate::op::{Effort, Op, Series};
use crate::ops::trial::unavailable;
use crate::scenarios::Scenario;

/// Exchanges of the time that are made together.
const EXCHANGES: u32 = 20;

/// A connection to whoever has lanes. Dropping both it and its lanes closes it.
#[derive(Clone)]
pub struct Remote(Rc<RefCell<Wire>>);

struct Wire {
    connection: Connection,
    is_cancelled: Box<dyn Fn() -> bool>,
    successor: Option<Box<dyn FnMut() -> Option<Connection>>>,
    successions: u32,
    turns: u32,
    exhaustion: Exhaustion,
    /// Whether the page is gone for good.
    is_lost: bool,
}

/// What becomes of operations that [`exhausts`] names.
enum Exhaustion {
    /// They are not made: it is somebody's page.
    Spared,
    /// This page makes them, and may be lost.
    Here,
    /// A page makes them that may be lost.
    Elsewhere(Rc<dyn Elsewhere>),
}

/// Makes what may take a page along, on another page than this one.
pub trait Elsewhere {
    /// Makes an operation on [`LaneId::BROWSER_CLONE`], which speaks for a browser's other lanes; returns its rows.
    fn exhaust<'a>(&'a self, op: Op, effort: &'a Effort) -> LaneFuture<'a, Vec<Series>>;
}

/// Both ways of a connection.
pub struct Connection {
    send: Box<dyn Fn(Order) -> bool>,
    news: LocalBoxStream<'static, News>,
}

impl Connection {
    /// `send` passes an order on, and says whether the connection is still there; `news` ends with it.
    pub fn new(
        send: impl Fn(Order) -> bool + 'static,
        news: impl Stream<Item = News> + 'static,
    ) -> Self {
        // A stream that has ended may be asked again.
        Self { send: Box::new(send), news: news.fuse().boxed_local() }
    }
}

impl Remote {
    /// A connection that goes once `is_cancelled` is no failure.
    pub fn new(connection: Connection, is_cancelled: impl Fn() -> bool + 'static) -> Self {
        let is_cancelled = Box::new(is_cancelled);
        let wire = Wire {
            connection,
            is_cancelled,
            successor: None,
            successions: 0,
            turns: 0,
            exhaustion: Exhaustion::Spared,
            is_lost: false,
        };
        Self(Rc::new(RefCell::new(wire)))
    }

    /// Where another connection comes from when this one goes, such as that of a page that was reloaded: the
    /// block is then made again.
    pub fn or_else(&self, successor: impl FnMut() -> Option<Connection> + 'static) {
        self.0.borrow_mut().successor = Some(Box::new(successor));
    }

    /// Nobody minds if this page is lost: it is asked for what may take it along, too.
    pub fn may_be_lost(&self) {
        self.0.borrow_mut().exhaustion = Exhaustion::Here;
    }

    /// What may take the page along is made there instead.
    pub fn exhaust_elsewhere(&self, elsewhere: Rc<dyn Elsewhere>) {
        self.0.borrow_mut().exhaustion = Exhaustion::Elsewhere(elsewhere);
    }

    /// Whether the page is gone, and nobody took its place.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.0.borrow().is_lost
    }

    /// How often another connection took the place of one. Each has a clock of its own.
    #[must_use]
    pub fn successions(&self) -> u32 {
        self.0.borrow().successions
    }

    /// The lanes that it offers.
    #[must_use]
    pub fn lanes(&self, infos: &[LaneInfo]) -> Vec<Box<dyn Lane>> {
        let lane = |info: &LaneInfo| -> Box<dyn Lane> {
            Box::new(RemoteLane { info: info.clone(), remote: self.clone() })
        };
        infos.iter().map(lane).collect()
    }

    /// Asks for the other side's time again and again; `now` is this side's, in nanoseconds. As many
    /// exchanges as were answered.
    #[expect(clippy::await_holding_refcell_ref, reason = "a connection makes one thing at a time")]
    pub async fn exchange_times(&self, now: impl Fn() -> f64) -> Vec<Exchange> {
        let Ok(mut wire) = self.0.try_borrow_mut() else { return Vec::new() };
        let mut all = Vec::new();
        for exchange in 0..EXCHANGES {
            let asked = now();
            if !(wire.connection.send)(Order::Time { exchange }) {
                break;
            }
            let other = loop {
                match wire.connection.news.next().await {
                    Some(News::Time { exchange: of, now }) if of == exchange => break now,
                    Some(_) => {}
                    None => return all,
                }
            };
            all.push(Exchange { asked, other, answered: now() });
        }
        all
    }
}

impl Wire {
    fn gone(&mut self) -> LaneError {
        if (self.is_cancelled)() {
            return LaneError::Cancelled;
        }
        match self.successor.as_mut().and_then(|next| next()) {
            Some(connection) => {
                self.connection = connection;
                self.successions += 1;
                LaneError::Void("the page was opened anew".into())
            }
            None if (self.is_cancelled)() => LaneError::Cancelled,
            None => {
                // Whoever did not come back in time is not waited for again.
                self.successor = None;
                self.is_lost = true;
                LaneError::failed("the browser's page is gone")
            }
        }
    }
}

struct RemoteLane {
    info: LaneInfo,
    remote: Remote,
}

impl Lane for RemoteLane {
    fn id(&self) -> LaneId {
        self.info.id.clone()
    }

    fn kind(&self) -> LaneKind {
        self.info.kind
    }

    fn availability(&self) -> Availability {
        self.info.availability.clone()
    }

    fn is_visited(&self) -> bool {
        false
    }

    fn does(&self, op: Op) -> bool {
        browser_does(&self.info.id, op)
    }

    fn record<'a>(&'a self, scenario: &'static Scenario) -> LaneFuture<'a, Played> {
        Box::pin(async move {
            if let Availability::Unavailable { reason } = &self.info.availability {
                return Err(LaneError::Unavailable(reason.clone()));
            }
            self.make_recording(scenario).await
        })
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        Box::pin(async move {
            ops.iter().try_for_each(|op| op.check()).map_err(LaneError::Failed)?;
            if let Availability::Unavailable { reason } = &self.info.availability {
                return Err(LaneError::Unavailable(reason.clone()));
            }
            for alike in ops.chunk_by(|one, other| exhausts(*one) == exhausts(*other)) {
                if !exhausts(alike[0]) || self.may_be_lost() {
                    self.make_turn(alike, effort, found).await?;
                    continue;
                }
                for op in alike {
                    found(self.spare(*op, effort).await?);
                }
            }
            Ok(())
        })
    }
}

impl RemoteLane {
    fn may_be_lost(&self) -> bool {
        let wire = self.remote.0.try_borrow();
        wire.is_ok_and(|wire| matches!(wire.exhaustion, Exhaustion::Here))
    }

    /// The rows of what this page is not asked for.
    async fn spare(&self, op: Op, effort: &Effort) -> Result<Vec<Series>, LaneError> {
        let elsewhere = match &self.remote.0.borrow().exhaustion {
            Exhaustion::Elsewhere(elsewhere) => Rc::clone(elsewhere),
            _ => return Ok(unavailable(op, SPARED)),
        };
        if self.info.id != LaneId::BROWSER_CLONE {
            return Ok(unavailable(op, ONCE));
        }
        elsewhere.exhaust(op, effort).await
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "a connection makes one thing at a time")]
    async fn make_recording(&self, scenario: &Scenario) -> Result<Played, LaneError> {
        let Ok(mut wire) = self.remote.0.try_borrow_mut() else {
            return Err(LaneError::failed("the browser is in another turn"));
        };
        if (wire.is_cancelled)() {
            return Err(LaneError::Cancelled);
        }
        wire.turns += 1;
        let (turn, lane) = (wire.turns, self.info.id.clone());
        let order = Order::Record { turn, lane, scenario: scenario.id.to_owned() };
        if !(wire.connection.send)(order) {
            return Err(wire.gone());
        }
        let mut told = None;
        loop {
            let Some(news) = wire.connection.news.next().await else {
                return Err(wire.gone());
            };
            match news {
                News::Played { turn: of, played } if of == turn => told = Some(*played),
                News::Over { turn: of, end } if of == turn => {
                    ended(end)?;
                    return told.ok_or_else(|| LaneError::failed("the page told too little"));
                }
                // Of a turn that was given up.
                _ => {}
            }
        }
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "a connection makes one thing at a time")]
    async fn make_turn(
        &self,
        ops: &[Op],
        effort: &Effort,
        found: &mut Found<'_>,
    ) -> Result<(), LaneError> {
        let Ok(mut wire) = self.remote.0.try_borrow_mut() else {
            return Err(LaneError::failed("the browser is in another turn"));
        };
        if (wire.is_cancelled)() {
            return Err(LaneError::Cancelled);
        }
        wire.turns += 1;
        let turn = wire.turns;
        let lane = self.info.id.clone();
        let wired = ops.iter().map(|op| op.to_wire()).collect();
        if !(wire.connection.send)(Order::Perform { turn, lane, ops: wired, effort: *effort }) {
            return Err(wire.gone());
        }
        let mut told = 0;
        loop {
            let Some(news) = wire.connection.news.next().await else {
                return Err(wire.gone());
            };
            match news {
                News::Found { turn: of, series } if of == turn => {
                    let Some(op) = ops.get(told) else {
                        return Err(LaneError::failed("the page told more than was asked"));
                    };
                    is_whole(*op, effort, &series)
                        .map_err(|why| LaneError::Failed(format!("{op}: {why}")))?;
                    told += 1;
                    found(series);
                }
                News::Over { turn: of, end } if of == turn => {
                    ended(end)?;
                    return if told == ops.len() {
                        Ok(())
                    } else {
                        Err(LaneError::failed("the page told too little"))
                    };
                }
                // Of a turn that was given up.
                _ => {}
            }
        }
    }
}

fn ended(end: TurnEnd) -> Result<(), LaneError> {
    match end {
        TurnEnd::Done => Ok(()),
        TurnEnd::Cancelled => Err(LaneError::Cancelled),
        TurnEnd::Unavailable(why) => Err(LaneError::Unavailable(why)),
        TurnEnd::Failed(why) => Err(LaneError::Failed(why)),
        TurnEnd::Void(why) => Err(LaneError::Void(why)),
    }
}

/// Why a page is not asked for what [`exhausts`] the browser.
const SPARED: &str = "it would take the tab along, and gigabytes of memory: `breakeven run crash --browser chromium` \
                      has a browser of its own do it, under a limit";

/// Why the other lanes of a browser are not asked either.
const ONCE: &str = "a worker's heap is the same on every lane: browser.clone tries it";

#[cfg(test)]
mod tests;
