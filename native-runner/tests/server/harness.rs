//! A server on a free port, requests as bytes, and a socket as the page opens it.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use native_runner::server::{Door, Host, Listeners, Server};
use native_runner::{Cancel, Laboratory};
use protocol::runner::{
    FromRunner, SESSION_PATH, SOCKET_PATH, SOCKET_PROTOCOL, SessionGrant, ToRunner, VERSION,
    session_protocol,
};
use protocol::{Filter, LaneInfo, Picture, Task};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) struct Running {
    pub(crate) port: u16,
    pub(crate) token: String,
}

/// A server on a free port, for as long as the test's runtime lives.
pub(crate) async fn start() -> Running {
    start_with(Door::default()).await
}

pub(crate) async fn start_with(door: Door) -> Running {
    let listeners = Listeners::bind(0).await.unwrap();
    let port = listeners.port();
    start_as(port, listeners, door)
}

/// A server that takes itself to be on this port.
pub(crate) fn start_as(named: u16, listeners: Listeners, door: Door) -> Running {
    let port = listeners.port();
    let server = Server::new(named, Host::Laboratory(Laboratory::start().unwrap()), door).unwrap();
    let address = server.one_time_address();
    let token = address.split_once("#t=").unwrap().1.to_owned();
    tokio::spawn(async move { server.run(listeners).await });
    Running { port, token }
}

/// A request as bytes, so that it can be as wrong as it likes.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) hosts: Vec<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Running {
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    pub(crate) fn get(&self, target: &str) -> Raw {
        let target = target.to_owned();
        let hosts = vec![self.host()];
        Raw { method: "GET", target, hosts, headers: vec![], body: String::new() }
    }

    /// What the page sends to open its session.
    pub(crate) fn open_session(&self) -> Raw {
        let body = format!(r#"{{"token":"{}"}}"#, self.token);
        let headers = vec![("Origin", self.origin())];
        Raw { method: "POST", headers, body, ..self.get(SESSION_PATH) }
    }

    /// What the page sends to open its WebSocket.
    pub(crate) fn open_socket(&self, session: &str) -> Raw {
        let headers = vec![
            ("Origin", self.origin()),
            ("Sec-WebSocket-Protocol", protocols(session)),
            ("Connection", "Upgrade".to_owned()),
            ("Upgrade", "websocket".to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
        ];
        Raw { headers, ..self.get(SOCKET_PATH) }
    }

    /// The status, the head in lower case, and the body.
    pub(crate) async fn send(&self, raw: &Raw) -> (u16, String, String) {
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

    /// The session that the token buys.
    pub(crate) async fn session(&self) -> String {
        let (status, head, body) = self.send(&self.open_session()).await;
        assert_eq!(status, 200, "{head}");
        assert!(!head.contains("set-cookie") && head.contains("no-store"), "{head}");
        let SessionGrant { session } = serde_json::from_str(&body).unwrap();
        session
    }
}

/// How a page names its session where it opens a WebSocket.
pub(crate) fn protocols(session: &str) -> String {
    format!("{SOCKET_PROTOCOL}, {}", session_protocol(session))
}

/// The same where it asks for anything else.
pub(crate) fn bearer(session: &str) -> String {
    format!("Bearer {session}")
}

/// Whether an answer on a connection that stays open is all there.
pub(crate) fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    head.starts_with("http/1.1 101")
        || length.is_some_and(|length| body.len() >= length.parse().unwrap())
}

impl Raw {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    pub(crate) fn hosts(self, hosts: &[&str]) -> Self {
        Self { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..self }
    }
}

pub(crate) const REFUSED: (u16, &str) = (403, "refused\n");

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn connect(server: &Running) -> Socket {
    let session = server.session().await;
    connect_with(server, &session).await
}

pub(crate) async fn connect_with(server: &Running, session: &str) -> Socket {
    let mut request = format!("ws://{}{SOCKET_PATH}", server.host()).into_client_request().unwrap();
    request.headers_mut().insert("origin", server.origin().parse().unwrap());
    request.headers_mut().insert("sec-websocket-protocol", protocols(session).parse().unwrap());
    let (mut socket, answer) = connect_async(request).await.unwrap();
    // Never the one that says the session.
    assert_eq!(answer.headers()["sec-websocket-protocol"], SOCKET_PROTOCOL);
    let FromRunner::Hello { protocol, lanes, .. } = receive(&mut socket).await else {
        panic!("no hello")
    };
    assert_eq!(protocol, VERSION);
    assert_eq!(lanes, all_lanes());
    socket
}

/// What the runner has to offer, as its registry says.
fn all_lanes() -> Vec<LaneInfo> {
    native_runner::lanes::all(&Cancel::default()).iter().map(|lane| lane.info()).collect()
}

pub(crate) async fn receive(socket: &mut Socket) -> FromRunner {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(text.as_str()).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn send(socket: &mut Socket, message: &ToRunner) {
    socket.send(Message::text(serde_json::to_string(message).unwrap())).await.unwrap();
}

pub(crate) const TASK: Task = Task {
    filter: Filter::Edges,
    picture: Picture::BuiltIn,
    width: 90,
    height: 70,
    workers: 2,
    runs: 2,
};
