//! Each lane of the runner keeps the contract, and leaves nothing behind.

#![allow(clippy::disallowed_methods, reason = "a test's helpers are no children of the runner")]

use std::collections::BTreeSet;
use std::fs;
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::executor::block_on;
use native_runner::{Cancel, Laboratory, Visit, lanes};
use protocol::trace::{Event, What};
use protocol::{Availability, Filter, LaneEvent, LaneId, Picture, Stage, Task};

#[test]
fn every_lane_keeps_the_contract() {
    let _turn = alone();
    for lane in lanes::all(&Cancel::default()) {
        // Some processors have no wider vectors; nothing else may be missing.
        if lane.id() == LaneId::NATIVE_THREAD_WIDE && lane.availability() != Availability::Available
        {
            continue;
        }
        if lane.is_visited()
            && let Err(why) = block_on(lab::contract::check(lane.as_ref()))
        {
            panic!("{}: {why}", lane.id());
        }
        if let Err(why) = block_on(lab::contract::check_operations(lane.as_ref())) {
            panic!("{}: {why}", lane.id());
        }
        let id = lane.id();
        // A lane may keep a caller for its turns; nothing is left once it is gone itself.
        drop(lane);
        assert!(children().is_empty(), "{id} leaves no child");
    }
}

#[test]
fn every_lane_is_recorded_as_it_is() {
    let _turn = alone();
    for lane in lanes::all(&Cancel::default()) {
        if lane.id() == LaneId::NATIVE_THREAD_WIDE {
            continue;
        }
        let id = lane.id();
        let recorded = block_on(lab::contract::check_recordings(lane.as_ref()));
        let recorded = recorded.unwrap_or_else(|why| panic!("{id}: {why}"));
        for (scenario, recording) in lab::scenarios::ALL.iter().zip(recorded) {
            let scrapes = [LaneId::PROCESS_PIPE, LaneId::PROCESS_SOCKET].contains(&id);
            if scenario.id == "scraper" && !scrapes {
                assert!(recording.unwrap_err().contains("those of process lanes do"), "{id}");
                continue;
            }
            let recording =
                recording.unwrap_or_else(|why| panic!("{} on {id}: {why}", scenario.id));
            let is_crash = |event: &&Event| matches!(event.what, What::Crash { .. });
            let is_replaced = |event: &&Event| matches!(event.what, What::Replaced { .. });
            // Who read too deep a page, and who tried it again.
            let expected = match scenario.id {
                "crash" => 1,
                "scraper" => 2,
                _ => 0,
            };
            assert_eq!(recording.events.iter().filter(is_crash).count(), expected, "{id}");
            assert_eq!(recording.events.iter().filter(is_replaced).count(), expected, "{id}");
        }
        drop(lane);
        assert!(children().is_empty(), "{id} leaves no child");
    }
}

#[test]
fn nothing_is_left_open() {
    let _turn = alone();
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    let effort = lab::Effort {
        samples: 1,
        sample_time: protocol::Nanos(1000),
        turn_time: protocol::Nanos(1000),
        placement: lab::Placement::Unpinned,
    };
    let round = || {
        for lane in lanes::all(&Cancel::default()) {
            let op = [lab::Op::Echo { bytes: 64 }];
            let _ = block_on(lane.perform(&op, &effort, &mut |_| {}));
        }
    };
    // What is kept for good, such as the child program in memory, is there after the first round.
    round();
    let before = open();
    (0..3).for_each(|_| round());
    assert_eq!(open(), before);
}

#[test]
fn lanes_have_names_of_their_own() {
    let _turn = alone();
    let lanes = lanes::all(&Cancel::default());
    let names: BTreeSet<LaneId> = lanes.iter().map(|lane| lane.id()).collect();
    assert_eq!(names.len(), lanes.len());
}

const BIG: Task = Task {
    filter: Filter::Blur { sigma: 20.0 },
    picture: Picture::BuiltIn,
    width: 4000,
    height: 3000,
    workers: 3,
    runs: 100,
};

fn visit(lane: LaneId, task: Task) -> Visit {
    Visit { lane, task, own: None, keep: None }
}

#[test]
fn a_cancelled_visit_ends_soon_and_leaves_no_child() {
    let _turn = alone();
    let laboratory = Laboratory::start().unwrap();
    let (sender, events) = channel();
    let report = move |event| sender.send(event).unwrap();
    let run = laboratory.visit(visit(LaneId::PROCESS_SOCKET, BIG), report).unwrap();
    let first = events.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(matches!(first, LaneEvent::Ready { .. }), "{first:?}");
    assert_eq!(children().len(), 3);

    laboratory.cancel(run);
    let last = loop {
        let event = events.recv_timeout(Duration::from_secs(60)).unwrap();
        if event.is_last() {
            break event;
        }
    };
    assert_eq!(last, LaneEvent::Cancelled);
    assert!(children().is_empty());

    // The laboratory takes the next order.
    let (sender, events) = channel();
    let small = Task { width: 10, height: 10, runs: 1, ..BIG };
    let report = move |event| sender.send(event).unwrap();
    laboratory.visit(visit(LaneId::PROCESS_SOCKET, small), report).unwrap();
    // What has ended is not cancelled once more, and nothing else instead of it.
    laboratory.cancel(run);
    let last = events.iter().last().unwrap();
    assert!(matches!(last, LaneEvent::Closed { teardown: Some(_) }), "{last:?}");
    assert!(children().is_empty());
}

#[test]
fn a_child_that_is_killed_is_a_failure_that_says_how() {
    let _turn = alone();
    let laboratory = Laboratory::start().unwrap();
    let (sender, events) = channel();
    let report = move |event| sender.send(event).unwrap();
    laboratory.visit(visit(LaneId::PROCESS_SOCKET, BIG), report).unwrap();
    let ready = events.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(matches!(ready, LaneEvent::Ready { .. }));
    let victim = children()[0];
    let status = std::process::Command::new("kill").args(["-9", &victim.to_string()]).status();
    assert!(status.unwrap().success());
    let last = events.iter().last().unwrap();
    let LaneEvent::Failed(failure) = last else { panic!("{last:?}") };
    assert!(matches!(failure.stage, Stage::WarmUp | Stage::Run), "{failure}");
    assert!(failure.error.contains(&format!("child process {victim}")), "{failure}");
    assert!(failure.error.contains("signal: 9"), "{failure}");
    assert!(children().is_empty());
}

#[test]
fn an_unknown_lane_and_a_second_visit_are_refused() {
    let _turn = alone();
    let laboratory = Laboratory::start().unwrap();
    let (sender, events) = channel();
    let report = move |event| sender.send(event).unwrap();
    laboratory.visit(visit(LaneId::from("process.telepathy"), BIG), report).unwrap();
    let LaneEvent::Failed(failure) = events.recv().unwrap() else { panic!() };
    assert_eq!(failure.error, "the runner has no lane process.telepathy");

    laboratory.visit(visit(LaneId::NATIVE_THREAD, BIG), |_| {}).unwrap();
    assert!(laboratory.visit(visit(LaneId::NATIVE_THREAD, BIG), |_| {}).is_err());
}

/// The tests count this process's children, so they take turns.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The process ids of this process's children, zombies included.
fn children() -> Vec<u32> {
    let me = std::process::id();
    let tasks = fs::read_dir(format!("/proc/{me}/task")).unwrap();
    tasks
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("children")).ok())
        .flat_map(|line| {
            line.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<u32>>()
        })
        .collect()
}
