//! Scraping, the seed's examples, and results that were kept, over the API.

use native_runner::server::Door;
use protocol::example::ExampleEvent;
use protocol::runner::{FromRunner, RESULT_PATH, ToRunner};
use protocol::scrape::{
    Answer, Child, MAX_PAGES, ScrapeEvent, ScrapeResult, ScrapeSummary, ScrapeWish, Scraped,
};
use protocol::{LaneId, Task};
use tokio::net::TcpListener;

use crate::harness::{
    Raw, Socket, TASK, bearer, connect, connect_with, receive, send, start, start_with,
};

fn wish(urls: &[&str]) -> ToRunner {
    let urls = urls.iter().map(|url| (*url).to_owned()).collect();
    let (lane, child) = (LaneId::PROCESS_SOCKET, Child::Rust);
    ToRunner::Scrape(ScrapeWish { lane, child, workers: 2, urls })
}

async fn scraped(socket: &mut Socket, wish: &ToRunner) -> (Vec<Scraped>, ScrapeSummary) {
    send(socket, wish).await;
    let mut pages = Vec::new();
    loop {
        match receive(socket).await {
            FromRunner::Scrape(ScrapeEvent::Page(page)) => pages.push(page),
            FromRunner::Scrape(ScrapeEvent::Ended(summary)) => return (pages, summary),
            FromRunner::Scrape(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn refused(socket: &mut Socket, wish: &ToRunner) -> String {
    send(socket, wish).await;
    match receive(socket).await {
        FromRunner::Refused { reason, .. } => reason,
        FromRunner::Scrape(ScrapeEvent::Failed { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_may_have_the_built_in_site_scraped_and_nothing_else() {
    let server = start().await;
    let mut socket = connect(&server).await;
    let (pages, summary) = scraped(&mut socket, &wish(&[])).await;
    assert_eq!(pages.len(), 44);
    assert_eq!((summary.crashed, summary.lost), (1, 0), "{summary:?}");

    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", other.local_addr().unwrap());
    for url in [address.as_str(), "https://example.com/", "file:///etc/passwd", "x", &pages[0].url]
    {
        assert!(refused(&mut socket, &wish(&[url])).await.contains("--allow-scrape"), "{url}");
    }
    // What it says of lanes and workers is checked, too.
    let ToRunner::Scrape(usual) = wish(&[]) else { unreachable!() };
    for (wish, why) in [
        (ScrapeWish { workers: 0, ..usual.clone() }, "0 workers"),
        (ScrapeWish { workers: 10_000, ..usual.clone() }, "10000 workers"),
        (ScrapeWish { lane: LaneId::from("process.telepathy"), ..usual }, "does not scrape"),
    ] {
        let said = refused(&mut socket, &ToRunner::Scrape(wish)).await;
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_runner_that_was_told_so_scrapes_public_addresses_alone() {
    let server = start_with(Door { scrapes: true, ..Door::default() }).await;
    let mut socket = connect(&server).await;
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", other.local_addr().unwrap());
    let own = format!("http://{}/", server.host());
    let urls = [
        &address,
        &own,
        "http://localhost/",
        "http://169.254.169.254/",
        "http://[::1]/",
        "http://10.0.0.1/",
    ];
    let (pages, summary) = scraped(&mut socket, &wish(&urls)).await;
    for page in &pages {
        let ScrapeResult::Answered(Answer::Refused(why)) = &page.result else { panic!("{page:?}") };
        assert!(why.contains("no public address"), "{why}");
    }
    assert_eq!(summary.not_fetched as usize, urls.len());
    let many = vec!["https://example.com/"; MAX_PAGES + 1];
    assert!(refused(&mut socket, &wish(&many)).await.contains("200 addresses"));
}

#[tokio::test]
async fn the_seed_s_programs_run_and_can_be_cancelled() {
    let server = start().await;
    let mut socket = connect(&server).await;
    send(&mut socket, &ToRunner::Examples).await;
    let mut wrote = Vec::new();
    while wrote.len() < 2 {
        let FromRunner::Example(event) = receive(&mut socket).await else { panic!() };
        let ExampleEvent::Ran(ran) = event else { panic!("{event:?}") };
        wrote.push(ran.output);
    }
    assert_eq!(wrote[0], "Worker done: Pixels processed");
    assert_eq!(wrote[1], "Scraped data: { html: '<html> ... scraped content ... </html>' }");
    assert!(refused(&mut socket, &ToRunner::Examples).await.contains("another"));
    send(&mut socket, &ToRunner::Cancel).await;
    loop {
        match receive(&mut socket).await {
            FromRunner::Example(ExampleEvent::Ended { cancelled, .. }) => break assert!(cancelled),
            FromRunner::Example(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_result_is_kept_if_it_was_asked_for_and_given_to_the_page_alone() {
    let server = start().await;
    let session = server.session().await;
    let mut socket = connect_with(&server, &session).await;
    let both = [("Origin", server.origin()), ("Authorization", bearer(&session))];
    let post = |headers: &[(&'static str, String)]| Raw {
        method: "POST",
        headers: headers.to_vec(),
        ..server.get(RESULT_PATH)
    };
    assert_eq!(server.send(&post(&both)).await.0, 404);
    for (keep, status) in [(true, 200), (false, 404)] {
        let task = Task { runs: 1, ..TASK };
        send(&mut socket, &ToRunner::Visit { visit: 1, lane: LaneId::NATIVE_THREAD, task, keep })
            .await;
        loop {
            let FromRunner::Event { event, .. } = receive(&mut socket).await else { panic!() };
            if event.is_last() {
                break;
            }
        }
        let (found, head, _) = server.send(&post(&both)).await;
        assert_eq!(found, status, "{head}");
        if keep {
            assert!(head.contains("content-length: 25200"), "{head}");
            for headers in [&both[..1], &both[1..], &[]] {
                assert_eq!(server.send(&post(headers)).await.0, 403);
            }
        }
    }
}
