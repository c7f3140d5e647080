//! Each refusal stands beside the same request that succeeds.

use native_runner::server::{Door, Listeners};

use crate::harness::{REFUSED, Raw, bearer, protocols, start, start_as};
use protocol::runner::{
    PICTURE_PATH, RESULT_PATH, SOCKET_PROTOCOL, SessionGrant, session_protocol,
};

const PROTOCOL: &str = "Sec-WebSocket-Protocol";

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
        assert!(!head.contains("set-cookie") && !body.contains("session"), "{body}");
    }
    // None of them used the token up.
    assert_eq!(server.send(&right.clone().with("Sec-Fetch-Site", "same-origin")).await.0, 200);
    assert_eq!(server.send(&right).await.0, 403, "a token is used once");
}

#[tokio::test]
async fn the_socket_needs_the_session() {
    let server = start().await;
    let session = server.session().await;
    let right = server.open_socket(&session);
    assert_eq!(server.send(&right).await.0, 101);
    let wrong = [
        right.clone().without(PROTOCOL),
        right.clone().with(PROTOCOL, protocols(&format!("{session}0"))),
        right.clone().with(PROTOCOL, format!("{SOCKET_PROTOCOL}, {session}")),
        right.clone().with(PROTOCOL, format!("{0}, {0}", session_protocol(&session))),
        // Where other requests have it.
        right.clone().without(PROTOCOL).with("Authorization", bearer(&session)),
        Raw { target: format!("{}?{session}", right.target), ..right.clone().without(PROTOCOL) },
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
async fn the_port_that_browsers_leave_out_is_ours_without_it() {
    // Whoever may listen there hears the same: what counts is what the browser says.
    let server = start_as(80, Listeners::bind(0).await.unwrap(), Door::default());
    for name in ["127.0.0.1", "localhost", "[::1]"] {
        assert_eq!(server.send(&server.get("/").hosts(&[name])).await.0, 200, "{name}");
        assert_eq!(server.send(&server.get("/").hosts(&[&format!("{name}:80")])).await.0, 200);
    }
    assert_eq!(server.send(&server.get("/")).await.0, 403, "another port is named");
    assert_eq!(server.send(&server.get("/").hosts(&["rebound.example"])).await.0, 403);
    let swap = server.open_session().hosts(&["127.0.0.1"]);
    assert_eq!(server.send(&swap.clone().with("Origin", "http://localhost")).await.0, 403);
    let (status, _, body) = server.send(&swap.with("Origin", "http://127.0.0.1")).await;
    assert_eq!(status, 200);
    let SessionGrant { session } = serde_json::from_str(&body).unwrap();
    let socket = server.open_socket(&session).hosts(&["127.0.0.1"]);
    assert_eq!(server.send(&socket.with("Origin", "http://127.0.0.1")).await.0, 101);
}

#[tokio::test]
async fn what_browsers_send_by_themselves_opens_nothing() {
    let (server, other) = (start().await, start().await);
    let session = server.session().await;
    let strange = other.session().await;
    let socket = server.open_socket(&session).without(PROTOCOL);
    let post = |target: &str| Raw {
        method: "POST",
        headers: vec![("Origin", server.origin())],
        body: "1234".into(),
        ..server.get(target)
    };
    for request in [socket, post(PICTURE_PATH), post(RESULT_PATH)] {
        let names = ["breakeven-session", &format!("breakeven-session-{}", server.port), "session"];
        let mut wrong: Vec<Raw> = names
            .iter()
            .map(|name| request.clone().with("Cookie", format!("{name}={session}")))
            .collect();
        wrong.extend([
            request.clone().with("Authorization", bearer(&strange)),
            request.clone().with("Authorization", format!("Basic {session}")),
            request.clone().with("Authorization", session.clone()),
            request.clone().with("Referer", format!("{}/#{session}", server.origin())),
        ]);
        for request in wrong {
            let (status, _, body) = server.send(&request).await;
            assert_eq!(
                (status, body.as_str()),
                REFUSED,
                "{} {:?}",
                request.target,
                request.headers
            );
        }
    }
    let right = post(PICTURE_PATH).with("Authorization", bearer(&session));
    // Whatever else any port of this host has had the browser keep, and send along.
    let cookies = format!("breakeven-session-{}=0; {}", server.port, "a=b; ".repeat(140_000));
    for request in [right, server.open_socket(&session), server.get("/")] {
        let (status, ..) = server.send(&request.clone().with("Cookie", cookies.clone())).await;
        assert!(matches!(status, 101 | 200 | 204), "{}: {status}", request.target);
    }
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
