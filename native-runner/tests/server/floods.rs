//! Whoever comes too often, says too little or reads too slowly is shed, and the page goes on working.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use native_runner::server::{MAX_CONNECTIONS, MAX_SOCKETS};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::harness::{Raw, Running, connect, connect_with, receive, send, start};
use protocol::runner::{FromRunner, PICTURE_PATH, SESSION_PATH, START_PATH, ToRunner};
use protocol::scrape::{Child, ScrapeEvent, ScrapeWish};
use protocol::{LaneEvent, LaneId};

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
    text += &format!("X: {}\r\n", "x".repeat(2 << 20));
    let _ = stream.write_all(text.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    the_page_works(&server).await;
}

/// A request whose body never comes.
async fn begin_a_post(server: &Running, target: &str, headers: &str) -> TcpStream {
    let mut stream = open(server).await;
    let host = server.host();
    let head =
        format!("POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 70\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_do_not_come_hold_up_nobody() {
    let server = start().await;
    let session = server.session().await;
    let origin = format!("Origin: {}\r\n", server.origin());
    let doors =
        [(START_PATH, "Origin: null\r\n"), (SESSION_PATH, &origin), (PICTURE_PATH, &origin)];
    for (target, headers) in doors {
        let mut slow = Vec::new();
        for _ in 0..3 * MAX_CONNECTIONS {
            slow.push(begin_a_post(&server, target, headers).await);
        }
        // At once, and not when they have been given up.
        let began = Instant::now();
        the_page_works(&server).await;
        let mut tab = connect_with(&server, &session).await;
        tab.close(None).await.unwrap();
        eprintln!("{target}: the page and a socket came after {:?}", began.elapsed());
        // They are, and soon.
        for stream in &mut slow {
            let mut rest = Vec::new();
            timeout(SOON, stream.read_to_end(&mut rest)).await.expect("an end").ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_a_session_is_shed_for_nobody_and_may_take_their_time() {
    let server = start().await;
    let session = server.session().await;
    let headers = format!("Origin: {}\r\nAuthorization: Bearer {session}\r\n", server.origin());
    let mut own = begin_a_post(&server, PICTURE_PATH, &headers).await;
    // It is known for what it is before the others come: its picture is the one that may be sent.
    let second = Raw {
        method: "POST",
        headers: vec![("Origin", server.origin()), ("Authorization", format!("Bearer {session}"))],
        ..server.get(PICTURE_PATH)
    };
    let began = Instant::now();
    while server.send(&second).await.0 != 409 {
        assert!(began.elapsed() < SOON, "the picture is being sent");
    }
    let mut slow = Vec::new();
    for _ in 0..3 * MAX_CONNECTIONS {
        slow.push(begin_a_post(&server, START_PATH, "").await);
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    own.write_all(&[b'x'; 70]).await.unwrap();
    let mut answer = vec![0; 12];
    timeout(SOON, own.read_exact(&mut answer)).await.expect("an answer").unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 204");
}

/// The origin of the built-in site, as its pages' addresses say.
async fn site(socket: &mut crate::harness::Socket) -> String {
    let lane = LaneId::PROCESS_SOCKET;
    let wish = ScrapeWish { lane, child: Child::Rust, workers: 2, urls: vec![] };
    send(socket, &ToRunner::Scrape(wish)).await;
    let mut origin = None;
    loop {
        match receive(socket).await {
            FromRunner::Scrape(ScrapeEvent::Page(page)) => {
                let host = page.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
                origin = Some(host.to_owned());
            }
            FromRunner::Scrape(event) if event.is_last() => return origin.unwrap(),
            _ => {}
        }
    }
}

/// Connections to this port that somebody has a descriptor of, besides whoever opened them.
fn accepted(port: u16) -> usize {
    let port = format!(":{port:04X}");
    let is_accepted = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [local, state, inode] = [1, 3, 9].map(|at| fields.get(at).copied().unwrap_or("0"));
        local.ends_with(&port) && state != "0A" && inode != "0"
    };
    let all = std::fs::read_to_string("/proc/net/tcp").unwrap();
    all.lines().filter(is_accepted).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_floods_the_site_stops_neither_the_page_nor_its_socket() {
    let server = start().await;
    let session = server.session().await;
    let mut socket = connect_with(&server, &session).await;
    let site = site(&mut socket).await;
    // Both ends are in this process.
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let many = if limit.maximum.is_none_or(|most| most >= 4096) { 1024 } else { 256 };
    let mut flood = Vec::new();
    for number in 0..many {
        let mut stream = TcpStream::connect(&site).await.unwrap();
        let request: &[u8] = match number % 3 {
            0 => b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n",
            1 => b"GET /leak HTTP/1.1\r\nHost: ",
            _ => b"",
        };
        let _ = stream.write_all(request).await;
        flood.push(stream);
    }
    let held = accepted(site.rsplit_once(':').unwrap().1.parse().unwrap());
    assert!((1..=MAX_CONNECTIONS + 1).contains(&held), "{held} descriptors");
    the_page_works(&server).await;
    let mut other = connect_with(&server, &session).await;
    let task = crate::harness::TASK;
    let visit = ToRunner::Visit { visit: 1, lane: LaneId::PROCESS_SOCKET, task, keep: false };
    send(&mut other, &visit).await;
    loop {
        match receive(&mut other).await {
            FromRunner::Event { event: LaneEvent::Closed { .. }, .. } => break,
            FromRunner::Event { event, .. } => assert!(!event.is_last(), "{event:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_without_end_ends_and_takes_a_small_part_of_the_machine() {
    let server = start().await;
    let mut socket = connect(&server).await;
    let site = site(&mut socket).await;
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let site = site.clone();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(&site).await.unwrap();
                stream.write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
                let (mut buffer, mut read) = (vec![0; 1 << 16], 0);
                while let Ok(Ok(count @ 1..)) = timeout(SOON, stream.read(&mut buffer)).await {
                    read += count;
                }
                read
            })
        })
        .collect();
    let began = Instant::now();
    let mut read = 0;
    for reader in readers {
        let own = reader.await.unwrap();
        assert!((4 << 20..20 << 20).contains(&own), "{own} bytes of a page without end");
        read += own;
    }
    // What is given at once, and so much a second.
    let most = (96 << 20) + began.elapsed().as_millis() as usize * (65 << 20) / 1000;
    assert!(read < most, "{read} bytes in {:?}", began.elapsed());
}

#[tokio::test]
async fn tabs_are_counted_and_one_too_many_is_told_so() {
    let server = start().await;
    let session = server.session().await;
    let mut tabs = Vec::new();
    for _ in 0..MAX_SOCKETS {
        tabs.push(connect_with(&server, &session).await);
    }
    let (status, _, body) = server.send(&server.open_socket(&session)).await;
    assert_eq!((status, body.as_str()), (503, "too many tabs are connected: close some\n"));
    the_page_works(&server).await;
    tabs.pop();
    let began = Instant::now();
    while server.send(&server.open_socket(&session)).await.0 != 101 {
        assert!(began.elapsed() < SOON, "the place is free again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_flood_of_messages_is_answered_one_by_one() {
    let server = start().await;
    let session = server.session().await;
    let mut socket = connect_with(&server, &session).await;
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
    let mut next = connect_with(&server, &session).await;
    next.flush().await.unwrap();
}
