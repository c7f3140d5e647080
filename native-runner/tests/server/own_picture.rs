//! The visitor's own picture: who may send it, and that it is what the lanes filter.

use protocol::runner::{FromRunner, PICTURE_PATH, ToRunner};
use protocol::{LaneEvent, LaneId, MAX_OWN_PIXELS, Picture, Stage, Task};
use workloads::{Checksum, Dimensions};

use crate::harness::{Raw, Socket, TASK, bearer, connect_with, receive, send, start};

#[tokio::test]
async fn an_own_picture_is_taken_from_the_page_alone_and_filtered() {
    let server = start().await;
    let session = server.session().await;
    let dimensions = Dimensions::new(90, 70).unwrap();
    let pixels = "A".repeat(dimensions.bytes());
    let post = |headers: &[(&'static str, String)], body: &str| Raw {
        method: "POST",
        headers: headers.to_vec(),
        body: body.to_owned(),
        ..server.get(PICTURE_PATH)
    };
    let (origin, own) = (("Origin", server.origin()), ("Authorization", bearer(&session)));
    let strange = ("Origin", "http://127.0.0.1:1".to_owned());
    let both = [origin.clone(), own.clone()];
    for headers in [vec![], vec![origin], vec![own.clone()], vec![strange, own]] {
        assert_eq!(server.send(&post(&headers, &pixels)).await.0, 403, "{headers:?}");
    }
    assert_eq!(server.send(&post(&both, &pixels)).await.0, 204);

    let mut socket = connect_with(&server, &session).await;
    let sum = Checksum::of_rows(dimensions, 0, pixels.as_bytes());
    for lane in [LaneId::NATIVE_THREAD, LaneId::PROCESS_SOCKET] {
        let last = last_event(&mut socket, lane.clone(), Picture::Own(sum)).await;
        assert!(matches!(last, LaneEvent::Closed { .. }), "{last:?}");
        let last = last_event(&mut socket, lane, Picture::Own(Checksum(sum.0 + 1))).await;
        let LaneEvent::Failed(failure) = last else { panic!("{last:?}") };
        assert_eq!(failure.stage, Stage::Prepare);
        assert!(failure.error.contains("choose it again"), "{failure}");
    }

    // The length alone is enough to refuse it; what is kept stays.
    let length = ("Content-Length", (MAX_OWN_PIXELS * 4 + 1).to_string());
    let mut huge = both.to_vec();
    huge.push(length);
    assert_eq!(server.send(&post(&huge, "")).await.0, 413);
    let last = last_event(&mut socket, LaneId::NATIVE_THREAD, Picture::Own(sum)).await;
    assert!(matches!(last, LaneEvent::Closed { .. }), "{last:?}");
}

async fn last_event(socket: &mut Socket, lane: LaneId, picture: Picture) -> LaneEvent {
    let task = Task { picture, ..TASK };
    send(socket, &ToRunner::Visit { visit: 1, lane, task, keep: false }).await;
    loop {
        let message = receive(socket).await;
        let FromRunner::Event { event, .. } = message else { panic!("{message:?}") };
        if event.is_last() {
            return event;
        }
    }
}
