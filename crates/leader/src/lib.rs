//! The leader of a study where there is no runner: a worker of the page, which orders turns from it as a
//! runner would.
//!
//! In a worker, because schedule, statistics and intervals take time that the page's main thread does not
//! have; in a module of its own, because the engines are fresh for each turn.
#![forbid(unsafe_code)]

use std::cell::RefCell;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use lab::Lane;
use lab::lead::Place;
use lab::remote::{Connection, Remote};
use protocol::Nanos;
use protocol::report::{ReportMachine, Run};
use protocol::study::{FromLeader, News, Offer, StudyEnd, StudyEvent, ToLeader, Wish};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;
use web_sys::WorkerGlobalScope;
use worker_link::inside::{listen, post};

/// Says that it listens, and leads the study that the page begins.
#[wasm_bindgen]
pub fn lead() {
    let leading: RefCell<Option<UnboundedSender<News>>> = RefCell::default();
    listen(move |message| match serde_wasm_bindgen::from_value(message) {
        Ok(ToLeader::Begin { wish, offer }) => {
            let (sender, news) = unbounded();
            *leading.borrow_mut() = Some(sender);
            let order = |order| {
                post(&FromLeader::Order(order));
                true
            };
            spawn_local(study(*wish, offer, Remote::new(Connection::new(order, news), || false)));
        }
        Ok(ToLeader::News(news)) => {
            if let Some(leading) = &*leading.borrow() {
                // A study that has ended does not listen any more.
                let _ = leading.unbounded_send(news);
            }
        }
        Err(why) => post(&FromLeader::Study(StudyEvent::Ended {
            report: None,
            standings: Vec::new(),
            end: StudyEnd::Stopped(format!("the page's message was not understood: {why}")),
        })),
    });
    post(&FromLeader::Loaded);
}

async fn study(wish: Wish, offer: Offer, remote: Remote) {
    let lanes = remote.lanes(&offer.lanes);
    let browser = offer.browser;
    let machine = ReportMachine {
        cpu: "a processor that browsers do not name".into(),
        cores: browser.cores,
        system: "a system that browsers do not name".into(),
        governor: None,
        runner: env!("CARGO_PKG_VERSION").into(),
        rustc: "none: no runner took part".into(),
        guards: Vec::new(),
        keeper: None,
        node: None,
        browser: Some(browser.clone()),
    };
    let run = Run {
        command: vec!["the page".into()],
        started: (js_sys::Date::now() / 1e3) as u64,
        clock: browser.clock,
        ..Run::default()
    };
    let place = Place {
        lanes: lanes.iter().map(AsRef::<dyn Lane>::as_ref).collect(),
        machine,
        run,
        own_load: true,
        seed: (js_sys::Math::random() * 2_f64.powi(53)) as u64,
        now: &|| Nanos(now()),
        // The page's clock is the only one.
        remote: None,
    };
    let last = lab::lead::lead(&wish, place, &mut |event| post(&FromLeader::Study(event))).await;
    post(&FromLeader::Study(last));
}

fn now() -> u64 {
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().map_or(0, |clock| (clock.now() * 1e6) as u64)
}
