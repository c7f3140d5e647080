//! Whoever comes too often, says too little or reads too slowly is shed, and the page goes on working.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use native_runner::server::{MAX_CONNECTIONS, MAX_SOCKETS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::harness::{Running, connect_with, send, start};
use protocol::runner::ToRunner;

/// Generous: what is tested is that it comes at all.
const SOON: Duration = Duration::from_secs(20);

async fn the_page_works(server: &Running) {
    let (status, _, _) = timeout(SOON, server.send(&server.get("/"))).await.expect("an answer");
    assert_eq!(status, 200);
}

async fn open(server: &Running) -> TcpStream {
    TcpStream::connect(("127.0.0.1", server.port)).await.unwrap()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_says_nothing_makes_room_for_the_page() {
    let server = start().await;
    let mut slow = Vec::new();
    for number in 0..4 * MAX_CONNECTIONS {
        let mut stream = open(&server).await;
        // A head that never ends, and connections that never begin.
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
        }
        slow.push(stream);
        if number % MAX_CONNECTIONS == 0 {
            the_page_works(&server).await;
        }
    }
    the_page_works(&server).await;
    // And each is given up in the end: its own side of the stream ends.
    let began = Instant::now();
    for stream in &mut slow {
        let mut rest = Vec::new();
        let end = timeout(SOON, stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "one is still open after {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_pass_by() {
    let server = start().await;
    the_page_works(&server).await;
    let before = descriptors();
    for round in 0..100 {
        let all: Vec<_> = (0..100)
            .map(|number| {
                let (port, request) = (server.port, number % 3 == 0);
                tokio::spawn(async move {
                    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else {
                        return;
                    };
                    if request {
                        let _ = stream.write_all(b"GET /api/socket HTTP/1.1\r\n\r\n").await;
                    }
                    // Half of them leave half-open sockets behind for a moment.
                    if number % 2 == 0 {
                        let _ = stream.shutdown().await;
                        let mut rest = Vec::new();
                        let _ =
                            timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
                    }
                })
            })
            .collect();
        for one in all {
            one.await.unwrap();
        }
        if round % 20 == 0 {
            the_page_works(&server).await;
        }
    }
    the_page_works(&server).await;
    let began = Instant::now();
    while descriptors() > before + 4 {
        assert!(began.elapsed() < SOON, "{} descriptors, {before} before", descriptors());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_read_holds_up_nobody() {
    let server = start().await;
    let mut idle = Vec::new();
    for _ in 0..2 * MAX_CONNECTIONS {
        let mut stream = open(&server).await;
        let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", server.host());
        // Again and again, without ever reading an answer.
        for _ in 0..50 {
            if stream.write_all(request.as_bytes()).await.is_err() {
                break;
            }
        }
        idle.push(stream);
    }
    the_page_works(&server).await;
}

#[tokio::test]
async fn a_head_without_end_is_no_head() {
    let server = start().await;
    let mut stream = open(&server).await;
    let mut text = format!("GET / HTTP/1.1\r\nHost: {}\r\n", server.host());
    text += &format!("X: {}\r\n", "x".repeat(64 << 10));
    let _ = stream.write_all(text.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    the_page_works(&server).await;
}

#[tokio::test]
async fn tabs_are_counted_and_one_too_many_is_told_so() {
    let server = start().await;
    let cookie = server.session().await;
    let mut tabs = Vec::new();
    for _ in 0..MAX_SOCKETS {
        tabs.push(connect_with(&server, &cookie).await);
    }
    let (status, _, body) = server.send(&server.open_socket(&cookie)).await;
    assert_eq!((status, body.as_str()), (503, "too many tabs are connected: close some\n"));
    the_page_works(&server).await;
    tabs.pop();
    let began = Instant::now();
    while server.send(&server.open_socket(&cookie)).await.0 != 101 {
        assert!(began.elapsed() < SOON, "the place is free again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_flood_of_messages_is_answered_one_by_one() {
    let server = start().await;
    let cookie = server.session().await;
    let mut socket = connect_with(&server, &cookie).await;
    // Visits to a lane that there is not, more than anybody would queue: one after the other, or refused.
    for visit in 0..2000 {
        let task = crate::harness::TASK;
        send(&mut socket, &ToRunner::Visit { visit, lane: "no.lane".into(), task, keep: false })
            .await;
    }
    socket.close(None).await.unwrap();
    let answers = socket.filter(|message| {
        let is_text = matches!(message, Ok(tokio_tungstenite::tungstenite::Message::Text(_)));
        std::future::ready(is_text)
    });
    assert!(timeout(SOON, answers.count()).await.expect("an end") <= 2000);
    the_page_works(&server).await;
    // The runner is free again.
    let mut next = connect_with(&server, &cookie).await;
    next.flush().await.unwrap();
}
