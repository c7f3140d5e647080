//! Visits over the socket, and messages that are none.

use futures::{SinkExt, StreamExt};
use protocol::runner::{FromRunner, MAX_MESSAGE, ToRunner};
use protocol::{LaneEvent, LaneId, Task};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{TASK, connect, connect_with, receive, send, start};

#[tokio::test]
async fn a_visit_goes_over_the_socket_and_can_be_cancelled() {
    let server = start().await;
    let mut socket = connect(&server).await;
    for lane in [LaneId::NATIVE_THREAD, LaneId::PROCESS_SOCKET] {
        send(&mut socket, &ToRunner::Visit { visit: 7, lane, task: TASK, keep: false }).await;
        let mut events = Vec::new();
        while !events.last().is_some_and(LaneEvent::is_last) {
            let FromRunner::Event { visit: 7, event } = receive(&mut socket).await else {
                panic!()
            };
            events.push(event);
        }
        assert!(
            matches!(
                events.as_slice(),
                [
                    LaneEvent::Ready { .. },
                    LaneEvent::Sample(_),
                    LaneEvent::Sample(_),
                    LaneEvent::Closed { .. }
                ]
            ),
            "{events:?}"
        );
    }

    let long = Task { width: 4000, height: 3000, runs: 100, ..TASK };
    let lane = LaneId::PROCESS_SOCKET;
    let visit =
        |visit| ToRunner::Visit { visit, lane: lane.clone(), task: long.clone(), keep: false };
    send(&mut socket, &visit(8)).await;
    send(&mut socket, &visit(9)).await;
    let mut refused = false;
    loop {
        match receive(&mut socket).await {
            FromRunner::Refused { visit: Some(9), .. } => {
                refused = true;
                send(&mut socket, &ToRunner::Cancel).await;
            }
            FromRunner::Event { visit: 8, event: LaneEvent::Cancelled } => break,
            FromRunner::Event { visit: 8, event } => assert!(!event.is_last(), "{event:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(refused);
}

#[tokio::test]
async fn bad_messages_are_refused_and_the_connection_lives_on() {
    let server = start().await;
    let mut socket = connect(&server).await;
    for bad in ["", "{", "null", r#"{"visit":{}}"#, r#"{"run":"/bin/sh"}"#] {
        socket.send(Message::text(bad)).await.unwrap();
        let answer = receive(&mut socket).await;
        assert!(matches!(answer, FromRunner::Refused { visit: None, .. }), "{bad}: {answer:?}");
    }
    socket.send(Message::binary(vec![0; 10])).await.unwrap();
    assert!(matches!(receive(&mut socket).await, FromRunner::Refused { .. }));

    let huge = Task { workers: u32::MAX, ..TASK };
    send(
        &mut socket,
        &ToRunner::Visit { visit: 1, lane: LaneId::NATIVE_THREAD, task: huge, keep: false },
    )
    .await;
    let FromRunner::Event { event: LaneEvent::Failed(failure), .. } = receive(&mut socket).await
    else {
        panic!("a huge task was not refused")
    };
    assert!(failure.error.contains("workers were asked for"), "{failure}");

    // One over the bound ends the connection.
    let _ = socket.send(Message::text("x".repeat(MAX_MESSAGE + 1))).await;
    let rest: Vec<_> = socket.collect().await;
    assert!(rest.iter().all(|message| !matches!(message, Ok(Message::Text(_)))));
}

#[tokio::test]
async fn a_page_that_is_reloaded_in_the_middle_of_a_visit_can_begin_the_next_at_once() {
    let server = start().await;
    let session = server.session().await;
    let long = Task { width: 4000, height: 3000, runs: 100, ..TASK };
    let visit =
        |visit, task| ToRunner::Visit { visit, lane: LaneId::NATIVE_THREAD, task, keep: false };
    for _ in 0..3 {
        let mut before = connect_with(&server, &session).await;
        send(&mut before, &visit(1, long.clone())).await;
        let begun = receive(&mut before).await;
        assert!(matches!(begun, FromRunner::Event { visit: 1, .. }), "{begun:?}");
        drop(before);
        // Its own end may not have been noticed yet; once it has, nothing is refused.
        let mut after = connect_with(&server, &session).await;
        let mut refusals = 0;
        send(&mut after, &visit(2, TASK)).await;
        loop {
            match receive(&mut after).await {
                FromRunner::Refused { visit: Some(2), .. } => {
                    refusals += 1;
                    assert!(refusals < 200, "it is never let go of");
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    send(&mut after, &visit(2, TASK)).await;
                }
                FromRunner::Event { visit: 2, event: LaneEvent::Closed { .. } } => break,
                FromRunner::Event { visit: 2, event } => {
                    assert!(!event.is_last(), "{event:?}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn whoever_leaves_ends_what_they_began_and_nothing_else() {
    let server = start().await;
    let session = server.session().await;
    let visit = |visit, task| {
        let lane = LaneId::NATIVE_THREAD;
        ToRunner::Visit { visit, lane, task, keep: false }
    };
    let longer = Task { width: 1500, height: 1000, runs: 20, ..TASK };
    for round in 0..20 {
        let mut first = connect_with(&server, &session).await;
        let mut second = connect_with(&server, &session).await;
        send(&mut first, &visit(1, TASK)).await;
        loop {
            let FromRunner::Event { event, .. } = receive(&mut first).await else { panic!() };
            if event.is_last() {
                break;
            }
        }
        send(&mut second, &visit(2, longer.clone())).await;
        let begun = receive(&mut second).await;
        assert!(
            matches!(begun, FromRunner::Event { event: LaneEvent::Ready { .. }, .. }),
            "{begun:?}"
        );
        // By saying so, by closing, or by going without a word.
        match round % 3 {
            0 => send(&mut first, &ToRunner::Cancel).await,
            1 => first.close(None).await.unwrap(),
            _ => drop(first),
        }
        loop {
            match receive(&mut second).await {
                FromRunner::Event { event: LaneEvent::Closed { .. }, .. } => break,
                FromRunner::Event { event, .. } => assert!(!event.is_last(), "{round}: {event:?}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
