//! A page of another origin: it knocks, somebody at the terminal types the code that it shows or does not, and
//! everybody can be turned out again.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use native_runner::server::{Answered, Door, MAX_SOCKETS, Pairing, PairingRequest};
use protocol::runner::{FromRunner, SOCKET_PATH, ToRunner};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use tokio::sync::mpsc::Receiver;

use crate::harness::{REFUSED, Running, Socket, connect_with, receive, send, start_with};

const ORIGIN: &str = "https://example.com";

async fn knock(server: &Running, origin: &str) -> Result<Socket, u16> {
    let mut request = format!("ws://{}{SOCKET_PATH}", server.host()).into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(why) => panic!("{why}"),
    }
}

/// The same where the server may have no place for it.
async fn try_knock(server: &Running) -> Result<Socket, Box<tokio_tungstenite::tungstenite::Error>> {
    let mut request = format!("ws://{}{SOCKET_PATH}", server.host()).into_client_request().unwrap();
    request.headers_mut().insert("origin", ORIGIN.parse().unwrap());
    Ok(connect_async(request).await.map_err(Box::new)?.0)
}

/// A page that asks, with the code that it shows.
async fn ask(server: &Running) -> (Socket, Result<String, String>) {
    let mut page = knock(server, ORIGIN).await.unwrap();
    send(&mut page, &ToRunner::Pair).await;
    let answer = match receive(&mut page).await {
        FromRunner::Asked { code } => Ok(code),
        FromRunner::Refused { visit: None, reason } => Err(reason),
        other => panic!("{other:?}"),
    };
    (page, answer)
}

async fn asked_for(asked: &mut Receiver<PairingRequest>) -> PairingRequest {
    timeout(Duration::from_secs(20), asked.recv()).await.expect("a request").unwrap()
}

/// A server that pages of [`ORIGIN`] may knock at, and what comes out at its terminal.
async fn paired() -> (Running, Receiver<PairingRequest>) {
    let (pairing, asked) = Pairing::new(ORIGIN.parse().unwrap());
    (start_with(Door { pairing: Some(pairing), ..Door::default() }).await, asked)
}

/// Whether the other side ends the conversation without a word.
async fn is_shown_out(mut socket: Socket) -> bool {
    let rest = timeout(Duration::from_secs(20), async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() {
                return false;
            }
        }
        true
    });
    rest.await.unwrap_or(false)
}

#[tokio::test]
async fn a_page_is_let_in_at_the_terminal_and_turned_out_again() {
    let (pairing, mut asked) = Pairing::new(ORIGIN.parse().unwrap());
    let server = start_with(Door { pairing: Some(pairing.clone()), ..Door::default() }).await;

    let (mut page, code) = ask(&server).await;
    assert_eq!(asked_for(&mut asked).await.answer(&code.unwrap()), Answered::In);
    let FromRunner::Paired { token } = receive(&mut page).await else { panic!("no token") };
    assert_eq!(token.len(), 64);
    assert!(matches!(receive(&mut page).await, FromRunner::Hello { .. }));
    send(&mut page, &ToRunner::Pair).await;
    assert!(matches!(receive(&mut page).await, FromRunner::Refused { .. }), "it is in already");

    let bearer = |token: &str| ToRunner::Bearer { token: token.to_owned() };
    let mut again = knock(&server, ORIGIN).await.unwrap();
    send(&mut again, &bearer(&token)).await;
    assert!(matches!(receive(&mut again).await, FromRunner::Hello { .. }));

    pairing.revoke();
    assert!(is_shown_out(page).await && is_shown_out(again).await);
    let mut late = knock(&server, ORIGIN).await.unwrap();
    send(&mut late, &bearer(&token)).await;
    assert!(is_shown_out(late).await, "its token is worth nothing now");
}

#[tokio::test]
async fn nobody_else_gets_in_that_way() {
    let (pairing, mut asked) = Pairing::new(ORIGIN.parse().unwrap());
    let server = start_with(Door { pairing: Some(pairing), ..Door::default() }).await;
    for origin in
        ["https://example.com.evil", "http://example.com", "https://www.example.com", "null"]
    {
        assert_eq!(knock(&server, origin).await.err(), Some(403), "{origin}");
    }
    // It may knock at the socket, and open no session.
    let session = server.open_session().with("Origin", ORIGIN);
    let (status, _, body) = server.send(&session).await;
    assert_eq!((status, body.as_str()), REFUSED);

    let no_pairing = [
        ToRunner::Cancel,
        ToRunner::Bearer { token: String::new() },
        ToRunner::Bearer { token: "0".repeat(64) },
        ToRunner::Bearer { token: server.token.clone() },
    ];
    for message in &no_pairing {
        let mut page = knock(&server, ORIGIN).await.unwrap();
        send(&mut page, message).await;
        assert!(is_shown_out(page).await, "{message:?}");
    }

    let (page, _) = ask(&server).await;
    // What was typed at the terminal before there were codes.
    assert_eq!(asked_for(&mut asked).await.answer("y"), Answered::WrongCode);
    assert!(is_shown_out(page).await, "it was not the code");

    // The own page needs no pairing, and the other's origin without `--allow-origin` gets nowhere.
    let closed = start_with(Door::default()).await;
    assert_eq!(knock(&closed, ORIGIN).await.err(), Some(403));
    let mut own = crate::harness::connect(&closed).await;
    own.close(None).await.unwrap();
}

#[tokio::test]
async fn a_second_page_never_takes_the_place_of_the_one_that_asks() {
    let (server, mut asked) = paired().await;
    let (mut first, code) = ask(&server).await;
    let request = asked_for(&mut asked).await;
    for _ in 0..5 {
        let (page, refused) = ask(&server).await;
        assert!(refused.unwrap_err().contains("another page asks"));
        assert!(is_shown_out(page).await);
    }
    assert!(asked.try_recv().is_err(), "nothing more is asked");
    assert_eq!(request.answer(&code.unwrap()), Answered::In);
    assert!(matches!(receive(&mut first).await, FromRunner::Paired { .. }));
}

#[tokio::test]
async fn the_code_of_a_page_that_is_gone_lets_nobody_else_in() {
    let (server, mut asked) = paired().await;
    let (first, code) = ask(&server).await;
    let mut request = asked_for(&mut asked).await;
    drop(first);
    timeout(Duration::from_secs(20), request.gone()).await.expect("it is noticed");
    assert_eq!(request.answer(&code.unwrap()), Answered::Gone);
    // And nobody else asks right away.
    let (_, refused) = ask(&server).await;
    assert!(refused.unwrap_err().contains("try again"));
}

/// 10,000 requests as fast as they go, most of which do not wait for an answer, are one question at the terminal, and
/// the own page goes on as before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_requests_is_one_question() {
    let (server, mut asked) = paired().await;
    let session = server.session().await;
    let server = std::sync::Arc::new(server);
    let began = Instant::now();
    let all = if std::env::var("BREAKEVEN_ATTACK").is_ok_and(|form| form == "long") {
        10_000
    } else {
        2_000
    };
    let bursts: Vec<_> = (0..20)
        .map(|number| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move {
                let mut held = Vec::new();
                for _ in 0..all / 20 {
                    let Ok(mut page) = try_knock(&server).await else { continue };
                    let text = serde_json::to_string(&ToRunner::Pair).unwrap();
                    let _ = page.send(Message::text(text)).await;
                    // Some wait for what comes, others are gone at once.
                    if number % 2 == 0 {
                        held.push(page);
                    }
                }
                held
            })
        })
        .collect();
    let mut held = Vec::new();
    for burst in bursts {
        held.extend(burst.await.unwrap());
    }
    let questions = std::iter::from_fn(|| asked.try_recv().ok()).count();
    let most = 1 + began.elapsed().as_secs() as usize / 20;
    assert!((1..=most).contains(&questions), "{questions} questions in {:?}", began.elapsed());
    // All places of sessions are still there.
    let mut tabs = Vec::new();
    for _ in 0..MAX_SOCKETS {
        tabs.push(connect_with(&server, &session).await);
    }
}

#[tokio::test]
async fn whoever_knocks_and_says_nothing_makes_room() {
    let (server, mut asked) = paired().await;
    let session = server.session().await;
    let mut silent = Vec::new();
    for _ in 0..4 * MAX_SOCKETS {
        silent.push(knock(&server, ORIGIN).await.unwrap());
    }
    let (mut page, code) = ask(&server).await;
    assert_eq!(asked_for(&mut asked).await.answer(&code.unwrap()), Answered::In);
    assert!(matches!(receive(&mut page).await, FromRunner::Paired { .. }));
    for _ in 0..MAX_SOCKETS {
        silent.push(connect_with(&server, &session).await);
    }
}
