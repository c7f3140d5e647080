//! Every child against every page of the built-in site, and what a crash costs on each lane.

use protocol::LaneId;
use protocol::scrape::{Answer, Child, Reach, ScrapeEvent, ScrapeResult, ScrapeSummary};

use super::Run;
use crate::cancel::Cancel;
use crate::runtime;
use crate::site::{Finds, PAGES, Site};

fn scrape(lane: LaneId, child: Child, wish: impl FnOnce(&Site, &mut Run)) -> Vec<ScrapeEvent> {
    let runtime = runtime::start(2).unwrap();
    let site = runtime.block_on(Site::start()).unwrap();
    let reach = Reach::Site(site.origin().to_owned());
    let mut run =
        Run { lane, child, workers: 2, urls: site.urls(), reach, robots: true, seconds: 10 };
    wish(&site, &mut run);
    let mut events = Vec::new();
    run.make(&Cancel::default(), &mut |event| events.push(event));
    events
}

fn summary(events: &[ScrapeEvent]) -> ScrapeSummary {
    let Some(ScrapeEvent::Ended(summary)) = events.last() else { panic!("{:?}", events.last()) };
    *summary
}

fn result<'a>(events: &'a [ScrapeEvent], path: &str) -> &'a ScrapeResult {
    let of = |event: &'a ScrapeEvent| match event {
        ScrapeEvent::Page(page)
            if page.url.split_once("127.0.0.1:")?.1.split_once('/')?.1 == &path[1..] =>
        {
            Some(&page.result)
        }
        _ => None,
    };
    events.iter().find_map(of).unwrap_or_else(|| panic!("nothing of {path}"))
}

/// The same table for all: what a page is does not depend on who looks at it.
fn finds_everything(lane: LaneId, child: Child) {
    let events = scrape(lane, child, |_, _| {});
    for page in PAGES {
        let found = result(&events, page.path);
        let right = match (page.finds, found) {
            (Finds::Title(title), ScrapeResult::Answered(Answer::Page(page))) => {
                page.title.as_deref() == Some(title)
            }
            (Finds::Untitled, ScrapeResult::Answered(Answer::Page(page))) => page.title.is_none(),
            (Finds::Refused, ScrapeResult::Answered(Answer::Refused(_))) => true,
            (Finds::Failed(word), ScrapeResult::Answered(Answer::Failed(why))) => {
                why.contains(word)
            }
            (Finds::Death, ScrapeResult::Crashed) => true,
            _ => false,
        };
        assert!(right, "{child:?} on {}: {found:?}", page.path);
    }
    let ScrapeResult::Answered(Answer::Page(leak)) = result(&events, "/leak") else {
        unreachable!()
    };
    assert_eq!(leak.link_count, 120_000);
    let ScrapeResult::Answered(Answer::Page(index)) = result(&events, "/") else { unreachable!() };
    assert_eq!(index.link_count as usize, PAGES.len());
    assert_eq!(index.description.as_deref(), Some("Pages for a scraper, the bad ones too"));

    let summary = summary(&events);
    assert_eq!((summary.deaths, summary.crashed, summary.lost), (2, 1, 0), "{summary:?}");
    assert_eq!(summary.pages + summary.not_fetched + summary.crashed, PAGES.len() as u32);
    // What was remembered has gone with whoever remembered it.
    assert!(events.iter().any(|event| matches!(event, ScrapeEvent::Outgrown { .. })));
    assert!(summary.memory_after < summary.memory_most, "{summary:?}");
}

#[test]
fn the_runner_s_own_child_over_sockets_finds_what_is_there() {
    finds_everything(LaneId::PROCESS_SOCKET, Child::Rust);
}

#[test]
fn the_runner_s_own_child_over_pipes_finds_what_is_there() {
    finds_everything(LaneId::PROCESS_PIPE, Child::Rust);
}

#[test]
fn node_finds_what_is_there() {
    finds_everything(LaneId::PROCESS_SOCKET, Child::Node);
}

#[test]
fn python_finds_what_is_there() {
    finds_everything(LaneId::PROCESS_SOCKET, Child::Python);
}

#[test]
fn a_crash_on_threads_takes_what_is_left_along() {
    let events = scrape(LaneId::NATIVE_THREAD, Child::Rust, |_, _| {});
    let summary = summary(&events);
    let crash = PAGES.iter().position(|page| page.finds == Finds::Death).unwrap();
    assert_eq!((summary.deaths, summary.crashed), (1, 0), "{summary:?}");
    assert!(summary.lost as usize >= PAGES.len() - crash, "{summary:?}");
    assert_eq!(*result(&events, PAGES.last().unwrap().path), ScrapeResult::Lost);
}

#[test]
fn without_the_crash_threads_read_everything_and_keep_what_they_should_not() {
    let events = scrape(LaneId::NATIVE_THREAD, Child::Rust, |site, run| {
        let calm = PAGES.iter().filter(|page| page.finds != Finds::Death);
        run.urls = calm.map(|page| site.url(page)).collect();
    });
    let summary = summary(&events);
    assert_eq!((summary.deaths, summary.lost), (0, 0), "{summary:?}");
    assert!(summary.memory_after > summary.memory_before + (32 << 20), "{summary:?}");
}

#[test]
fn every_child_gives_a_slow_page_up_in_time() {
    for child in Child::ALL {
        let events = scrape(LaneId::PROCESS_SOCKET, child, |_, run| {
            run.urls.retain(|url| url.ends_with("/slow"));
            run.seconds = 1;
        });
        let ScrapeResult::Answered(Answer::Failed(why)) = result(&events, "/slow") else {
            panic!("{child:?}: {events:?}")
        };
        assert_eq!(why, "it took longer than 1 s", "{child:?}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "nothing is served: nobody may come")]
fn nothing_but_the_site_is_fetched_by_any_child() {
    for child in Child::ALL {
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", other.local_addr().unwrap());
        let events = scrape(LaneId::PROCESS_SOCKET, child, |_, run| {
            run.urls = vec![address, "http://[::1]/".into(), "https://example.com/".into()];
        });
        let refused = |event: &&ScrapeEvent| matches!(event, ScrapeEvent::Page(page) if matches!(&page.result, ScrapeResult::Answered(Answer::Refused(_))));
        assert_eq!(events.iter().filter(refused).count(), 3, "{child:?}: {events:?}");
        other.set_nonblocking(true).unwrap();
        assert!(other.accept().is_err(), "{child:?} connected");
    }
}

#[test]
fn public_addresses_alone_are_gone_to() {
    let events = scrape(LaneId::PROCESS_SOCKET, Child::Rust, |site, run| {
        run.reach = Reach::Public;
        run.urls = [
            "http://localhost:80/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:127.0.0.1]/",
        ]
        .map(str::to_owned)
        .to_vec();
        run.urls.push(site.urls().remove(0));
    });
    for event in &events {
        let ScrapeEvent::Page(page) = event else { continue };
        let ScrapeResult::Answered(Answer::Refused(why)) = &page.result else { panic!("{page:?}") };
        assert!(why.contains("no public address"), "{why}");
    }
    assert_eq!(summary(&events).not_fetched, 4);
}

#[test]
fn what_cannot_scrape_says_so() {
    for (lane, child, word) in [
        (LaneId::NODE_WORKER, Child::Node, "does not scrape"),
        (LaneId::NATIVE_THREAD, Child::Python, "no program in python"),
    ] {
        let events = scrape(lane, child, |_, _| {});
        let [ScrapeEvent::Failed { error, unavailable: true }] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert!(error.contains(word), "{error}");
    }
}
