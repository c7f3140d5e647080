//! The server lets the page in and nobody else; each refusal stands beside the same request that
//! succeeds.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use native_runner::Laboratory;
use native_runner::server::{Listeners, Server};
use protocol::runner::{
    FromRunner, MAX_MESSAGE, PICTURE_PATH, SESSION_PATH, SOCKET_PATH, ToRunner, VERSION,
};
use protocol::{Filter, LaneEvent, LaneId, MAX_OWN_PIXELS, Picture, Stage, Task};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use workloads::{Checksum, Dimensions};

struct Running {
    port: u16,
    token: String,
}

/// A server on a free port, for as long as the test's runtime lives.
async fn start() -> Running {
    let listeners = Listeners::bind(0).await.unwrap();
    let port = listeners.port();
    let server = Server::new(port, Laboratory::start().unwrap()).unwrap();
    let address = server.one_time_address();
    let token = address.split_once("#t=").unwrap().1.to_owned();
    tokio::spawn(async move { server.run(listeners).await });
    Running { port, token }
}

/// A request as bytes, so that it can be as wrong as it likes.
#[derive(Clone)]
struct Raw {
    method: &'static str,
    target: String,
    hosts: Vec<String>,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Running {
    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    fn get(&self, target: &str) -> Raw {
        let target = target.to_owned();
        let hosts = vec![self.host()];
        Raw { method: "GET", target, hosts, headers: vec![], body: String::new() }
    }

    /// What the page sends to open its session.
    fn open_session(&self) -> Raw {
        let body = format!(r#"{{"token":"{}"}}"#, self.token);
        let headers = vec![("Origin", self.origin())];
        Raw { method: "POST", headers, body, ..self.get(SESSION_PATH) }
    }

    /// What the page sends to open its WebSocket.
    fn open_socket(&self, cookie: &str) -> Raw {
        let headers = vec![
            ("Origin", self.origin()),
            ("Cookie", cookie.to_owned()),
            ("Connection", "Upgrade".to_owned()),
            ("Upgrade", "websocket".to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        ];
        Raw { headers, ..self.get(SOCKET_PATH) }
    }

    /// The status, the head in lower case, and the body.
    async fn send(&self, raw: &Raw) -> (u16, String, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let mut text = format!("{} {} HTTP/1.1\r\n", raw.method, raw.target);
        for host in &raw.hosts {
            text += &format!("Host: {host}\r\n");
        }
        for (name, value) in &raw.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !raw.headers.iter().any(|(name, _)| *name == "Connection") {
            text += "Connection: close\r\n";
        }
        if !raw.headers.iter().any(|(name, _)| *name == "Content-Length") {
            text += &format!("Content-Length: {}\r\n", raw.body.len());
        }
        text += &format!("\r\n{}", raw.body);
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        while !is_whole(&answer) {
            let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer));
            match read.await.expect("an answer in time").unwrap() {
                0 => break,
                count => answer.extend_from_slice(&buffer[..count]),
            }
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_lowercase(), body.to_owned())
    }

    /// The session cookie that the token buys.
    async fn session(&self) -> String {
        let (status, head, _) = self.send(&self.open_session()).await;
        assert_eq!(status, 204, "{head}");
        let line = head.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
        let cookie = line.trim_start_matches("set-cookie: ").split(';').next().unwrap();
        cookie.to_owned()
    }
}

/// Whether an answer on a connection that stays open is all there.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    head.starts_with("http/1.1 101")
        || length.is_some_and(|length| body.len() >= length.parse().unwrap())
}

impl Raw {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn without(mut self, name: &'static str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    fn hosts(self, hosts: &[&str]) -> Self {
        Self { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..self }
    }
}

const REFUSED: (u16, &str) = (403, "refused\n");

#[tokio::test]
async fn wrong_hosts_are_refused_everywhere() {
    let server = start().await;
    let own = server.port;
    let page = server.get("/");
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let host = format!("{host}:{own}");
        assert_eq!(server.send(&page.clone().hosts(&[&host])).await.0, 200, "{host}");
    }
    let other = own ^ 1;
    let wrong: &[&[&str]] = &[
        &[],
        &[&format!("127.0.0.1:{other}")],
        &["127.0.0.1"],
        &["localhost"],
        &[&format!("rebound.example:{own}")],
        &[&format!("127.0.0.1.example:{own}")],
        &[&format!("127.0.0.1:{own}"), &format!("127.0.0.1:{own}")],
    ];
    for hosts in wrong {
        let (status, _, body) = server.send(&page.clone().hosts(hosts)).await;
        // Without any Host, or with two, hyper or the check refuses; never the page.
        assert!(status == 403 || status == 400, "{hosts:?}: {status}");
        assert!(!body.contains("<html"), "{hosts:?}");
    }
    let absolute = Raw { target: format!("http://127.0.0.1:{own}/"), ..page };
    assert_eq!(server.send(&absolute).await.0, 403);
}

#[tokio::test]
async fn a_session_takes_the_token_once_and_the_pages_own_origin() {
    let server = start().await;
    let right = server.open_session();
    let origin = server.origin();
    let wrong = [
        right.clone().without("Origin"),
        right.clone().with("Origin", "null"),
        right.clone().with("Origin", "https://example.com"),
        right.clone().with("Origin", format!("{origin}.example")),
        right.clone().with("Origin", format!("https://127.0.0.1:{}", server.port)),
        // Ours by another name is not the page's own origin.
        right.clone().with("Origin", format!("http://localhost:{}", server.port)),
        right.clone().with("Sec-Fetch-Site", "cross-site"),
        right.clone().with("Sec-Fetch-Site", "same-site"),
        Raw { body: r#"{"token":""}"#.into(), ..right.clone() },
        Raw { body: format!(r#"{{"token":"{}"}}"#, "0".repeat(64)), ..right.clone() },
        Raw { body: server.token.clone(), ..right.clone() },
        Raw { body: String::new(), ..right.clone() },
        Raw { method: "GET", ..right.clone() },
        Raw { method: "PUT", ..right.clone() },
        Raw { target: "/api/nothing".into(), ..right.clone() },
        Raw { target: "/api".into(), ..right.clone() },
    ];
    for request in &wrong {
        let (status, head, body) = server.send(request).await;
        assert_eq!((status, body.as_str()), REFUSED, "{:?} {:?}", request.target, request.headers);
        assert!(!head.contains("set-cookie"));
    }
    // None of them used the token up.
    assert_eq!(server.send(&right.clone().with("Sec-Fetch-Site", "same-origin")).await.0, 204);
    assert_eq!(server.send(&right).await.0, 403, "a token is used once");
}

#[tokio::test]
async fn the_socket_needs_the_session() {
    let server = start().await;
    let cookie = server.session().await;
    let right = server.open_socket(&cookie);
    assert_eq!(server.send(&right).await.0, 101);
    let wrong = [
        right.clone().without("Cookie"),
        right.clone().with("Cookie", format!("{cookie}0")),
        right.clone().with("Cookie", cookie.replace(&server.port.to_string(), "1")),
        right.clone().without("Origin"),
        right.clone().with("Origin", "https://example.com"),
        right.clone().with("Origin", "null"),
        right.clone().without("Upgrade"),
        Raw { method: "POST", ..right.clone() },
    ];
    for request in &wrong {
        let (status, _, body) = server.send(request).await;
        assert_eq!((status, body.as_str()), REFUSED, "{} {:?}", request.method, request.headers);
    }
    let rebound = right.clone().hosts(&[&format!("rebound.example:{}", server.port)]);
    assert_eq!(server.send(&rebound).await.0, 403);
    assert_eq!(server.send(&right).await.0, 101, "a session lasts");
}

#[tokio::test]
async fn answers_isolate_the_page() {
    let server = start().await;
    for target in ["/", "/no-such-file"] {
        let (_, head, _) = server.send(&server.get(target)).await;
        for header in [
            "cross-origin-opener-policy: same-origin",
            "cross-origin-embedder-policy: require-corp",
            "cross-origin-resource-policy: same-origin",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "content-security-policy: default-src 'none'",
        ] {
            assert!(head.contains(header), "{target} lacks {header}: {head}");
        }
        assert!(!head.contains("access-control-allow"), "{head}");
    }
    assert_eq!(server.send(&server.get("/no-such-file")).await.0, 404);
    assert_eq!(server.send(&server.get("/../Cargo.toml")).await.0, 404);
    assert_eq!(server.send(&Raw { method: "POST", ..server.get("/") }).await.0, 405);
}

#[tokio::test]
async fn a_port_in_use_is_said_so() {
    let taken = Listeners::bind(0).await.unwrap();
    let Err(why) = Listeners::bind(taken.port()).await else { panic!("bound twice") };
    assert!(why.to_string().contains("is in use"), "{why}");
    assert!(why.to_string().contains("--port"), "{why}");
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(server: &Running) -> Socket {
    let cookie = server.session().await;
    connect_with(server, &cookie).await
}

async fn connect_with(server: &Running, cookie: &str) -> Socket {
    let mut request = format!("ws://{}{SOCKET_PATH}", server.host()).into_client_request().unwrap();
    request.headers_mut().insert("origin", server.origin().parse().unwrap());
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let FromRunner::Hello { protocol, lanes, .. } = receive(&mut socket).await else {
        panic!("no hello")
    };
    assert_eq!(protocol, VERSION);
    assert_eq!(lanes.len(), 4);
    socket
}

async fn receive(socket: &mut Socket) -> FromRunner {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(text.as_str()).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn send(socket: &mut Socket, message: &ToRunner) {
    socket.send(Message::text(serde_json::to_string(message).unwrap())).await.unwrap();
}

const TASK: Task = Task {
    filter: Filter::Edges,
    picture: Picture::BuiltIn,
    width: 90,
    height: 70,
    workers: 2,
    runs: 2,
};

#[tokio::test]
async fn a_visit_goes_over_the_socket_and_can_be_cancelled() {
    let server = start().await;
    let mut socket = connect(&server).await;
    for lane in [LaneId::NATIVE_THREAD, LaneId::PROCESS_SOCKET] {
        send(&mut socket, &ToRunner::Visit { visit: 7, lane, task: TASK }).await;
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
    let visit = |visit| ToRunner::Visit { visit, lane: lane.clone(), task: long.clone() };
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
    send(&mut socket, &ToRunner::Visit { visit: 1, lane: LaneId::NATIVE_THREAD, task: huge }).await;
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
async fn an_own_picture_is_taken_from_the_page_alone_and_filtered() {
    let server = start().await;
    let cookie = server.session().await;
    let dimensions = Dimensions::new(90, 70).unwrap();
    let pixels = "A".repeat(dimensions.bytes());
    let post = |headers: &[(&'static str, String)], body: &str| Raw {
        method: "POST",
        headers: headers.to_vec(),
        body: body.to_owned(),
        ..server.get(PICTURE_PATH)
    };
    let (origin, cookie) = (("Origin", server.origin()), ("Cookie", cookie));
    let strange = ("Origin", "http://127.0.0.1:1".to_owned());
    let both = [origin.clone(), cookie.clone()];
    for headers in [vec![], vec![origin], vec![cookie.clone()], vec![strange, cookie.clone()]] {
        assert_eq!(server.send(&post(&headers, &pixels)).await.0, 403, "{headers:?}");
    }
    assert_eq!(server.send(&post(&both, &pixels)).await.0, 204);

    let mut socket = connect_with(&server, &cookie.1).await;
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
    send(socket, &ToRunner::Visit { visit: 1, lane, task }).await;
    loop {
        let message = receive(socket).await;
        let FromRunner::Event { event, .. } = message else { panic!("{message:?}") };
        if event.is_last() {
            return event;
        }
    }
}
