//! Every combination of what a request can have right or wrong, on every door of the API: in comes only the one
//! that has everything right, and all others get the same answer.

use protocol::runner::{PICTURE_PATH, SESSION_PATH, SOCKET_PATH, START_PATH};

use crate::harness::{REFUSED, Raw, Running, bearer, protocols, start, start_with};
use native_runner::server::Door;
use std::time::Duration;

/// A way to say one thing, and whether it is right.
struct Way<T> {
    name: &'static str,
    value: T,
    right: bool,
}

fn way<T>(name: &'static str, value: T, right: bool) -> Way<T> {
    Way { name, value, right }
}

/// The hosts that a request names.
fn hosts(own: u16) -> Vec<Way<Vec<String>>> {
    let named = |name: &str, port: u16| vec![format!("{name}:{port}")];
    vec![
        way("own", named("127.0.0.1", own), true),
        way("localhost", named("localhost", own), true),
        way("IPv6", named("[::1]", own), true),
        way("wrong port", named("127.0.0.1", own ^ 1), false),
        way("no port", vec!["127.0.0.1".into()], false),
        way("rebound", named("rebound.example", own), false),
        way("own as a part", named("127.0.0.1.rebound.example", own), false),
        way("missing", vec![], false),
        way("doubled", [named("127.0.0.1", own), named("127.0.0.1", own)].concat(), false),
    ]
}

/// What stands under `Origin`, given the host.
fn origins(host: &str, own: u16) -> Vec<Way<Option<String>>> {
    let of = |text: String| Some(text);
    vec![
        way("own", of(format!("http://{host}")), true),
        way("null", of("null".into()), false),
        way("foreign", of("https://example.com".into()), false),
        way("own with another port", of(format!("http://127.0.0.1:{}", own ^ 1)), false),
        way("own by https", of(format!("https://{host}")), false),
        way("missing", None, false),
    ]
}

const SITES: [(&str, Option<&str>, bool); 5] = [
    ("same origin", Some("same-origin"), true),
    ("not said", None, true),
    ("same site", Some("same-site"), false),
    ("cross site", Some("cross-site"), false),
    ("none", Some("none"), false),
];

/// A door, and what it takes beside host, origin and site: the request that has it right, and those that have
/// one thing wrong.
struct Opening {
    right: Raw,
    wrong: Vec<(&'static str, Raw)>,
    /// What it answers.
    success: u16,
}

/// Sessions that are none, each as it is said.
fn sessions(server: &Running, session: &str) -> Vec<(&'static str, Option<String>)> {
    vec![
        ("no session", None),
        ("an empty session", Some(String::new())),
        ("a wrong session", Some("0".repeat(session.len()))),
        ("a part of the session", Some(session[1..].to_owned())),
        ("the used token as a session", Some(server.token.clone())),
    ]
}

fn openings(server: &Running, session: &str) -> Vec<Opening> {
    type Say = fn(&str) -> String;
    let with_each = |raw: &Raw, header: &'static str, say: Say| -> Vec<(&'static str, Raw)> {
        let with = |session: Option<String>| match session {
            Some(session) => raw.clone().with(header, say(&session)),
            None => raw.clone().without(header),
        };
        let as_cookie = format!("breakeven-session-{}={session}", server.port);
        let mut all: Vec<_> = sessions(server, session)
            .into_iter()
            .map(|(name, session)| (name, with(session)))
            .collect();
        all.push(("the session as a cookie", with(None).with("Cookie", as_cookie)));
        all
    };
    let socket = server.open_socket(session);
    let mut wrong_sockets = with_each(&socket, "Sec-WebSocket-Protocol", protocols);
    wrong_sockets.push(("no upgrade", socket.clone().without("Upgrade")));
    wrong_sockets.push(("by POST", Raw { method: "POST", ..socket.clone() }));
    wrong_sockets
        .push(("another path", Raw { target: format!("{SOCKET_PATH}/x"), ..socket.clone() }));
    let picture = Raw {
        method: "POST",
        target: PICTURE_PATH.into(),
        headers: vec![("Authorization", bearer(session))],
        body: "12345678".into(),
        ..server.get("/")
    };
    let mut wrong_pictures = with_each(&picture, "Authorization", bearer);
    wrong_pictures.push(("by GET", Raw { method: "GET", ..picture.clone() }));
    vec![
        Opening { right: socket, wrong: wrong_sockets, success: 101 },
        Opening { right: picture, wrong: wrong_pictures, success: 204 },
    ]
}

fn dressed(raw: &Raw, hosts: &[String], origin: Option<&String>, site: Option<&str>) -> Raw {
    let mut raw = Raw { hosts: hosts.to_vec(), ..raw.clone() }.without("Origin");
    if let Some(origin) = origin {
        raw = raw.with("Origin", origin.clone());
    }
    match site {
        Some(site) => raw.with("Sec-Fetch-Site", site),
        None => raw,
    }
}

/// The answer without what differs from one to the next.
fn same(head: &str) -> Vec<String> {
    let lines = head.lines().filter(|line| !line.starts_with("date:"));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn in_comes_what_has_everything_right_and_nothing_else() {
    let server = start().await;
    let session = server.session().await;
    let (mut let_in, mut refused) = (0, 0);
    for Opening { right, wrong, success } in openings(&server, &session) {
        // Whether a body was sent shows in the answer, and nothing else does.
        let mut answer = None;
        for host in hosts(server.port) {
            let name = host.value.first().cloned().unwrap_or_default();
            for origin in origins(&name, server.port) {
                for (site, value, is_right) in SITES {
                    let what = format!(
                        "{} {}: host {}, origin {}, site {site}",
                        right.method, right.target, host.name, origin.name
                    );
                    let outside = host.right && origin.right && is_right;
                    let request = dressed(&right, &host.value, origin.value.as_ref(), value);
                    let (status, head, body) = server.send(&request).await;
                    if outside {
                        assert_eq!(status, success, "{what}");
                        let_in += 1;
                    } else if host.value.len() == 1 {
                        assert_eq!((status, body.as_str()), REFUSED, "{what}");
                        assert_eq!(answer.get_or_insert(same(&head)), &same(&head), "{what}");
                        refused += 1;
                    } else {
                        // Without a Host, or with two, it is no request at all.
                        assert!(status == 403 || status == 400, "{what}: {status}");
                        refused += 1;
                    }
                    // Everything outside is right: what is inside must be, too.
                    if !outside {
                        continue;
                    }
                    for (wrong, request) in &wrong {
                        let request = dressed(request, &host.value, origin.value.as_ref(), value);
                        let (status, head, body) = server.send(&request).await;
                        assert_eq!((status, body.as_str()), REFUSED, "{what}, {wrong}");
                        assert_eq!(
                            answer.get_or_insert(same(&head)),
                            &same(&head),
                            "{what}, {wrong}"
                        );
                        refused += 1;
                    }
                }
            }
        }
        let own = server.host();
        let absolute = Raw { target: format!("http://{own}{}", right.target), ..right.clone() }
            .with("Origin", format!("http://{own}"));
        assert_eq!(server.send(&absolute).await.0, 403, "absolute form");
    }
    eprintln!("{let_in} requests were let in, {refused} refused");
    assert!(let_in >= 12 && refused > 500);
}

#[tokio::test]
async fn a_session_that_is_over_is_refused_like_one_that_never_was() {
    let door = Door { session_life: Duration::from_millis(500), ..Door::default() };
    let server = start_with(door).await;
    let session = server.session().await;
    let right = server.open_socket(&session);
    assert_eq!(server.send(&right).await.0, 101);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let (status, _, body) = server.send(&right).await;
    assert_eq!((status, body.as_str()), REFUSED);
}

#[tokio::test]
async fn a_token_is_worth_nothing_once_it_was_used_or_is_not_whole() {
    let server = start().await;
    let right = server.open_session();
    let long = format!(r#"{{"token":"{}","x":"{}"}}"#, server.token, "x".repeat(100_000));
    let cut = format!(r#"{{"token":"{}"}}"#, &server.token[..63]);
    for body in [long, cut, "null".into(), "[]".into(), "{".into()] {
        let (status, _, said) = server.send(&Raw { body, ..right.clone() }).await;
        assert_eq!((status, said.as_str()), REFUSED);
    }
    assert_eq!(right.target, SESSION_PATH);
    assert_eq!(server.send(&right).await.0, 200);
    assert_eq!(server.send(&right).await.0, 403, "replayed");
}

#[tokio::test]
async fn a_browser_that_was_started_for_it_gets_its_session_by_a_form() {
    let server = start().await;
    let right = Raw {
        method: "POST",
        target: START_PATH.into(),
        headers: vec![("Origin", "null".to_owned())],
        body: format!("token={}", server.token),
        ..server.get("/")
    };
    let wrong = [
        right.clone().with("Origin", "https://example.com"),
        right.clone().with("Origin", server.origin()),
        right.clone().hosts(&[&format!("rebound.example:{}", server.port)]),
        Raw { method: "GET", ..right.clone() },
        Raw { body: "token=".into(), ..right.clone() },
        Raw { body: format!("token={}", "0".repeat(64)), ..right.clone() },
        Raw { body: server.token.clone(), ..right.clone() },
        Raw { body: format!("token={}&x={}", server.token, "x".repeat(9000)), ..right.clone() },
    ];
    for request in &wrong {
        let (status, head, body) = server.send(request).await;
        assert_eq!((status, body.as_str()), REFUSED, "{} {:?}", request.method, request.headers);
        assert!(!head.contains("set-cookie") && !head.contains("location"), "{head}");
    }
    let (status, head, _) = server.send(&right).await;
    assert_eq!(status, 303);
    assert!(!head.contains("set-cookie") && head.contains("no-store"), "{head}");
    let (_, token) = head.split_once("location: /#t=").unwrap();
    let token = token.split("\r\n").next().unwrap().to_owned();
    assert_ne!(token, server.token, "what the file has is worth nothing any more");
    for used in [right, server.open_session()] {
        let (status, _, body) = server.send(&used).await;
        assert_eq!((status, body.as_str()), REFUSED, "replayed");
    }
    let page = Running { token, ..server };
    let session = page.session().await;
    assert_eq!(page.send(&page.open_socket(&session)).await.0, 101);
    assert_eq!(page.send(&page.open_session()).await.0, 403, "replayed");
}
