//! A workload that is run to prove the decision guide, over the API.

use protocol::LaneId;
use protocol::load::{Amount, Load, Task};
use protocol::report::RowOutcome;
use protocol::runner::{FromRunner, ToRunner};
use protocol::study::{Proof, StudyEnd, StudyEvent, Wish};

use crate::harness::{Socket, connect, receive, send, start};

async fn ended(socket: &mut Socket, load: Load) -> StudyEvent {
    let lanes = vec![LaneId::NATIVE_THREAD, LaneId::from("process.telepathy")];
    let proof = Some(Proof { load, lanes });
    send(socket, &ToRunner::Study(Wish { proof, ..Wish::default() })).await;
    loop {
        match receive(socket).await {
            FromRunner::Study(end @ StudyEvent::Ended { .. }) => return end,
            FromRunner::Study(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_page_may_have_a_workload_run_within_bounds() {
    let server = start().await;
    let mut socket = connect(&server).await;
    let task = Task { payload: 1000, reply: 10, rounds: 1000 };
    let load = Load { task, workers: 2, fresh: false, amount: Amount::Tasks(10) };
    let StudyEvent::Ended { report: Some(report), end: StudyEnd::Done, .. } =
        ended(&mut socket, load).await
    else {
        panic!("it did not end well")
    };
    assert_eq!(report.results.len(), 1, "of lanes that there are");
    assert!(matches!(report.results[0].outcome, RowOutcome::Measured(_)));

    for (load, why) in [
        (Load { workers: 0, ..load }, "1 to 64 workers"),
        (Load { amount: Amount::Tasks(u32::MAX), ..load }, "tasks"),
        (Load { task: Task { payload: u64::MAX, ..task }, ..load }, "payload"),
        (Load { task: Task { rounds: u64::MAX, ..task }, ..load }, "rounds"),
        (
            Load { task: Task { rounds: 1 << 30, ..task }, amount: Amount::Tasks(1000), ..load },
            "all tasks together",
        ),
        (Load { amount: Amount::Rate { tasks: 1000, interval: u64::MAX }, ..load }, "five minutes"),
    ] {
        match ended(&mut socket, load).await {
            StudyEvent::Ended { report: None, end: StudyEnd::Stopped(said), .. } => {
                assert!(said.contains(why), "{said}");
            }
            other => panic!("{load:?}: {other:?}"),
        }
    }
}
