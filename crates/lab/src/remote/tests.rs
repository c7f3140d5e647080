//! What a connection may say, and what is made of it.

use std::cell::Cell;

use futures::channel::mpsc::unbounded;
use futures::executor::block_on;
use protocol::Nanos;

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
        series.crossing = Some(protocol::report::Crossing { copied: 128, ..Default::default() });
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

    let sweep = Sweep { extent: Extent::Full, cores: 4, load: None };
    for op in ALL.iter().flat_map(|experiment| experiment.operations(sweep)) {
        assert_eq!(Op::from_wire(&op.to_wire()), Ok(op));
    }
    let unknown = protocol::study::WireOp::Compute { workload: "rm".into(), pages: 1, workers: 1 };
    assert_eq!(Op::from_wire(&unknown), Err("no workload rm".into()));
    let huge = protocol::study::WireOp::Echo { bytes: u64::MAX };
    assert!(Op::from_wire(&huge).is_err());
}

/// Makes what it is asked for, and counts.
struct Other(Cell<u32>);

impl Elsewhere for Other {
    fn exhaust<'a>(&'a self, op: Op, _effort: &'a Effort) -> LaneFuture<'a, Vec<Series>> {
        self.0.set(self.0.get() + 1);
        Box::pin(std::future::ready(Ok(unavailable(op, "elsewhere"))))
    }
}

/// Which operations the page is asked for, and the reasons that are told for the others.
fn asked_of(
    id: LaneId,
    prepare: impl FnOnce(&Remote),
) -> (Vec<protocol::study::WireOp>, Vec<String>) {
    let crash = |name| Op::Trial(crate::experiments::find_trial("crash", name).unwrap());
    let ops = [crash("throw"), crash("memory-many"), crash("exit"), crash("memory-buffers")];
    let asked: Rc<RefCell<Vec<protocol::study::WireOp>>> = Rc::default();
    let (sender, receiver) = unbounded();
    let log = Rc::clone(&asked);
    let send = move |order| {
        let Order::Perform { turn, ops, .. } = order else { panic!("{order:?}") };
        for wired in ops {
            let series = unavailable(Op::from_wire(&wired).unwrap(), "here");
            sender.unbounded_send(News::Found { turn, series }).unwrap();
            log.borrow_mut().push(wired);
        }
        sender.unbounded_send(News::Over { turn, end: TurnEnd::Done }).unwrap();
        true
    };
    let remote = Remote::new(Connection::new(send, receiver), || false);
    prepare(&remote);
    let info = LaneInfo {
        id,
        kind: LaneKind::Thread,
        pictures: true,
        availability: Availability::Available,
    };
    let lane = remote.lanes(&[info]).remove(0);
    let mut told = Vec::new();
    let mut tell = |series: Vec<Series>| told.push(series[0].samples.clone().unwrap_err());
    block_on(lane.perform(&ops, &EFFORT, &mut tell)).unwrap();
    let asked = asked.borrow().clone();
    (asked, told)
}

#[test]
fn a_visitor_s_page_is_asked_for_nothing_that_may_take_it_along() {
    let (asked, told) = asked_of(LaneId::BROWSER_CLONE, |_| {});
    assert_eq!((asked.len(), told.len()), (2, 4));
    assert!(
        told[1].contains("run crash --browser chromium") && told[0] == "here" && told[2] == "here"
    );

    let other = Rc::new(Other(Cell::new(0)));
    let (asked, told) =
        asked_of(LaneId::BROWSER_CLONE, |remote| remote.exhaust_elsewhere(Rc::clone(&other) as _));
    assert_eq!((asked.len(), other.0.get()), (2, 2));
    assert_eq!(told, ["here", "elsewhere", "here", "elsewhere"], "in their order");

    let (asked, told) =
        asked_of(LaneId::BROWSER_SHARED, |remote| remote.exhaust_elsewhere(Rc::clone(&other) as _));
    assert_eq!((asked.len(), other.0.get()), (2, 2), "once is enough for all lanes");
    assert!(told[1].contains("browser.clone tries it") && told[0] == "here", "{told:?}");

    let (asked, told) = asked_of(LaneId::BROWSER_CLONE, Remote::may_be_lost);
    assert_eq!((asked.len(), told), (4, vec!["here".to_owned(); 4]));
}
