//! Lanes on the other side of a connection: turns are ordered, and what they give is told as it comes.
//!
//! The other side is a browser's page: nothing that it says is believed unseen.

use std::cell::RefCell;
use std::rc::Rc;

use futures::stream::LocalBoxStream;
use futures::{Stream, StreamExt};
use protocol::study::{News, Order, TurnEnd};
use protocol::{Availability, LaneId, LaneInfo, LaneKind};

use crate::clocks::Exchange;
use crate::contract::is_whole;
use crate::lane::{Found, Lane, LaneError, LaneFuture};
use crate::op::{Effort, Op};
use crate::ops::trial::unavailable;

/// Exchanges of the time that are made together.
const EXCHANGES: u32 = 20;

/// The lanes that a browser has.
pub const BROWSER_LANES: [LaneId; 4] =
    [LaneId::BROWSER_MAIN, LaneId::BROWSER_CLONE, LaneId::BROWSER_TRANSFER, LaneId::BROWSER_SHARED];

/// A connection to whoever has lanes. Dropping both it and its lanes closes it.
#[derive(Clone)]
pub struct Remote(Rc<RefCell<Wire>>);

struct Wire {
    connection: Connection,
    is_cancelled: Box<dyn Fn() -> bool>,
    successor: Option<Box<dyn FnMut() -> Option<Connection>>>,
    successions: u32,
    turns: u32,
    /// Whether nobody minds if the page is lost.
    may_be_lost: bool,
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
            may_be_lost: false,
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
        self.0.borrow_mut().may_be_lost = true;
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

    #[expect(clippy::await_holding_refcell_ref, reason = "a connection makes one thing at a time")]
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
            let Ok(mut wire) = self.remote.0.try_borrow_mut() else {
                return Err(LaneError::failed("the browser is in another turn"));
            };
            if (wire.is_cancelled)() {
                return Err(LaneError::Cancelled);
            }
            let is_spared = |op: &Op| exhausts(*op) && !wire.may_be_lost;
            let (spared, asked): (Vec<Op>, Vec<Op>) = ops.iter().partition(|op| is_spared(op));
            if !spared.is_empty() {
                // Those that are told of come in their order, whoever tells.
                drop(wire);
                return self.perform_but(&spared, &asked, ops, effort, found).await;
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
                        return match end {
                            TurnEnd::Done if told == ops.len() => Ok(()),
                            TurnEnd::Done => Err(LaneError::failed("the page told too little")),
                            TurnEnd::Cancelled => Err(LaneError::Cancelled),
                            TurnEnd::Unavailable(why) => Err(LaneError::Unavailable(why)),
                            TurnEnd::Failed(why) => Err(LaneError::Failed(why)),
                            TurnEnd::Void(why) => Err(LaneError::Void(why)),
                        };
                    }
                    // Of a turn that was given up.
                    _ => {}
                }
            }
        })
    }
}

impl RemoteLane {
    /// The page is not asked for some of the operations: their rows say why.
    async fn perform_but(
        &self,
        spared: &[Op],
        asked: &[Op],
        ops: &[Op],
        effort: &Effort,
        found: &mut Found<'_>,
    ) -> Result<(), LaneError> {
        let mut told = Vec::new();
        let result = if asked.is_empty() {
            Ok(())
        } else {
            self.perform(asked, effort, &mut |series| told.push(series)).await
        };
        let mut told = told.into_iter();
        for op in ops {
            if spared.contains(op) {
                found(unavailable(*op, SPARED));
            } else {
                match told.next() {
                    Some(series) => found(series),
                    // The error is about this one.
                    None => break,
                }
            }
        }
        result
    }
}

/// Why a page is not asked for what [`exhausts`] the browser.
const SPARED: &str = "it would take the tab along, and gigabytes of memory: `breakeven run crash --browser` has a \
                      browser of its own do it, under a limit";

/// Whether an operation takes all the memory that there is.
#[must_use]
pub fn exhausts(op: Op) -> bool {
    let Op::Trial(trial) = op else { return false };
    trial.is_crash() && ["memory-many", "memory-buffers"].contains(&trial.name)
}

/// Whether a lane of a browser does an operation.
#[must_use]
pub fn browser_does(lane: &LaneId, op: Op) -> bool {
    // The caller is alone, and starts nobody.
    *lane != LaneId::BROWSER_MAIN
        || (op.workers() == 1
            && matches!(op, Op::Echo { .. } | Op::Compute { .. } | Op::Dispatch { .. }))
}

/// The kind of a browser's lane.
#[must_use]
pub fn browser_kind(lane: &LaneId) -> LaneKind {
    if *lane == LaneId::BROWSER_MAIN { LaneKind::Main } else { LaneKind::Thread }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::channel::mpsc::unbounded;
    use futures::executor::block_on;
    use protocol::Nanos;
    use protocol::study::Series;

    use super::*;
    use crate::op::Placement;

    const OP: Op = Op::Echo { bytes: 64 };
    const EFFORT: Effort = Effort {
        samples: 2,
        sample_time: Nanos(1),
        turn_time: Nanos(1),
        placement: Placement::Unpinned,
    };

    fn series(samples: &[f64]) -> Vec<Series> {
        let mut all: Vec<Series> = OP
            .rows()
            .into_iter()
            .map(|(params, unit)| Series {
                params,
                unit,
                crossing: None,
                samples: Ok(samples.to_vec()),
                seen: None,
            })
            .collect();
        for series in &mut all {
            series.crossing =
                Some(protocol::report::Crossing { copied: 128, ..Default::default() });
        }
        all
    }

    /// Has the other side answer the first order with this, and close the connection.
    fn answered(news: impl Fn(u32) -> Vec<News> + 'static) -> (Result<(), LaneError>, usize) {
        let (sender, receiver) = unbounded();
        let sender = Cell::new(Some(sender));
        let send = move |order| {
            let Order::Perform { turn, ops, .. } = order else { panic!("{order:?}") };
            assert_eq!(ops, [OP.to_wire()]);
            let sender = sender.take().unwrap();
            news(turn).into_iter().for_each(|one| sender.unbounded_send(one).unwrap());
            true
        };
        let info = LaneInfo {
            id: LaneId::BROWSER_CLONE,
            kind: LaneKind::Thread,
            pictures: true,
            availability: Availability::Available,
        };
        let remote = Remote::new(Connection::new(send, receiver), || false);
        let lanes = remote.lanes(&[info]);
        let mut count = 0;
        let mut tell = |_| count += 1;
        let result = block_on(lanes[0].perform(&[OP], &EFFORT, &mut tell));
        (result, count)
    }

    #[test]
    fn what_a_turn_gives_is_told() {
        let good = |turn| {
            vec![
                // Left over from a turn that was given up.
                News::Over { turn: turn - 1, end: TurnEnd::Done },
                News::Found { turn, series: series(&[1.0, 2.0]) },
                News::Over { turn, end: TurnEnd::Done },
            ]
        };
        assert_eq!(answered(good), (Ok(()), 1));
    }

    #[test]
    fn nothing_is_believed_unseen() {
        for samples in [&[][..], &[f64::NAN], &[0.0], &[1.0, 2.0, 3.0]] {
            let samples = samples.to_vec();
            let news = move |turn| vec![News::Found { turn, series: series(&samples) }];
            let (result, count) = answered(news);
            assert!(matches!(result, Err(LaneError::Failed(_))), "{result:?}");
            assert_eq!(count, 0);
        }
        let missing = |turn| vec![News::Found { turn, series: series(&[1.0])[1..].to_vec() }];
        assert!(answered(missing).0.is_err());
        let early = |turn| vec![News::Over { turn, end: TurnEnd::Done }];
        assert_eq!(answered(early).0, Err(LaneError::failed("the page told too little")));
    }

    #[test]
    fn a_page_that_goes_is_a_failure_that_says_so() {
        let gone = LaneError::failed("the browser's page is gone");
        assert_eq!(answered(|_| Vec::new()), (Err(gone.clone()), 0));
        let half = |turn| vec![News::Found { turn, series: series(&[1.0]) }];
        assert_eq!(answered(half), (Err(gone), 1));
    }

    #[test]
    fn operations_survive_the_wire() {
        use crate::experiments::{ALL, Extent, Sweep};

        let sweep = Sweep { extent: Extent::Full, cores: 4 };
        for op in ALL.iter().flat_map(|experiment| experiment.operations(sweep)) {
            assert_eq!(Op::from_wire(&op.to_wire()), Ok(op));
        }
        let unknown =
            protocol::study::WireOp::Compute { workload: "rm".into(), pages: 1, workers: 1 };
        assert_eq!(Op::from_wire(&unknown), Err("no workload rm".into()));
        let huge = protocol::study::WireOp::Echo { bytes: u64::MAX };
        assert!(Op::from_wire(&huge).is_err());
    }
}
