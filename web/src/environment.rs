//! What this browser offers, and which lanes that allows.

use std::cell::RefCell;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use lab::browser::{BROWSER_LANES, browser_kind};
use leptos::prelude::document;
use protocol::report::{Browser, Clock};
use protocol::study::Offer;
use protocol::{Availability, LaneId, LaneInfo};
use texts::text;
use wasm_bindgen::JsValue;

use crate::links::Engine;

/// Processors that the browser admits to; some report fewer than there are.
pub(crate) fn cores() -> u32 {
    let count = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    (count as u32).max(1)
}

/// The browser's lanes.
pub(crate) fn browser_lanes() -> Vec<LaneInfo> {
    let lane = |id: LaneId| LaneInfo {
        kind: browser_kind(&id),
        pictures: id == LaneId::BROWSER_CLONE || id == LaneId::BROWSER_SHARED,
        availability: if id == LaneId::BROWSER_SHARED {
            shared_memory()
        } else {
            Availability::Available
        },
        id,
    };
    BROWSER_LANES.map(lane).to_vec()
}

/// What this page can bring to a study. Measures the engines' clock the first time.
pub(crate) async fn offer() -> Offer {
    type Measuring = Shared<LocalBoxFuture<'static, Clock>>;
    thread_local! {
        static CLOCK: RefCell<Option<Measuring>> = const { RefCell::new(None) };
    }
    let measure = || {
        // A clock that could not be measured is taken for a coarse one.
        let coarse = Clock { tick: 1e6, overhead: 0.0 };
        Engine::Plain.clock().map(move |clock| clock.unwrap_or(coarse)).boxed_local().shared()
    };
    let clock = CLOCK.with_borrow_mut(|clock| clock.get_or_insert_with(measure).clone()).await;
    let browser =
        Browser { name: name(), cores: cores(), isolated: is_isolated(), clock, relation: None };
    Offer { lanes: browser_lanes(), browser }
}

/// `Firefox 153.0`, from what the browser calls itself.
fn name() -> String {
    let agent = web_sys::window().and_then(|window| window.navigator().user_agent().ok());
    let agent = agent.unwrap_or_default();
    let known =
        [("Firefox", "Firefox"), ("Edg", "Edge"), ("Chrome", "Chromium"), ("Version", "Safari")];
    let named = |(word, name): (&str, &str)| {
        let after = agent.split_once(&format!("{word}/"))?.1;
        Some(format!("{name} {}", after.split(' ').next()?))
    };
    known.into_iter().find_map(named).unwrap_or(agent.clone())
}

/// Whether the page is a static site's, and no runner's.
pub(crate) fn is_hosted() -> bool {
    document().document_element().is_some_and(|root| root.has_attribute("data-hosted"))
}

fn is_isolated() -> bool {
    global("crossOriginIsolated").is_truthy()
}

fn global(name: &str) -> JsValue {
    js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Whether workers of this page may share memory.
pub(crate) fn shared_memory() -> Availability {
    if !is_isolated() {
        return Availability::Unavailable {
            reason: text!(
                "this page is not cross-origin isolated, so the browser shares no memory; \
                     open it from `breakeven serve`, or from a host that sends the headers \
                     Cross-Origin-Opener-Policy: same-origin and \
                     Cross-Origin-Embedder-Policy: require-corp"
            )
            .into(),
        };
    }
    if global("SharedArrayBuffer").is_undefined() {
        return Availability::Unavailable {
            reason: text!("this browser has no SharedArrayBuffer; use a current one").into(),
        };
    }
    Availability::Available
}
