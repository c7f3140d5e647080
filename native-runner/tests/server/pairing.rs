//! A page of another origin: it knocks, somebody at the terminal lets it in or not, and everybody can be turned
//! out again.

use std::time::Duration;

use futures::StreamExt;
use native_runner::server::{Door, Pairing};
use protocol::runner::{FromRunner, SOCKET_PATH, ToRunner};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::{REFUSED, Running, Socket, receive, send, start_with};

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

    let mut page = knock(&server, ORIGIN).await.unwrap();
    send(&mut page, &ToRunner::Pair).await;
    let FromRunner::Asked { code } = receive(&mut page).await else { panic!("no code") };
    let request = asked.recv().await.unwrap();
    assert_eq!(request.code, code);
    request.answer.send(true).unwrap();
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

    let mut page = knock(&server, ORIGIN).await.unwrap();
    send(&mut page, &ToRunner::Pair).await;
    assert!(matches!(receive(&mut page).await, FromRunner::Asked { .. }));
    // One asks at a time.
    let mut other = knock(&server, ORIGIN).await.unwrap();
    send(&mut other, &ToRunner::Pair).await;
    assert!(is_shown_out(other).await);
    asked.recv().await.unwrap().answer.send(false).unwrap();
    assert!(is_shown_out(page).await, "the answer was no");

    // The own page needs no pairing, and the other's origin without `--allow-origin` gets nowhere.
    let closed = start_with(Door::default()).await;
    assert_eq!(knock(&closed, ORIGIN).await.err(), Some(403));
    let mut own = crate::harness::connect(&closed).await;
    own.close(None).await.unwrap();
}
