//! What this browser offers, and which lanes that allows.

use protocol::{Availability, LaneId, LaneInfo, LaneKind};
use wasm_bindgen::JsValue;

/// Processors that the browser admits to; some report fewer than there are.
pub(crate) fn cores() -> u32 {
    let count = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    (count as u32).max(1)
}

/// The browser's lanes.
pub(crate) fn browser_lanes() -> Vec<LaneInfo> {
    let lane = |id, availability| LaneInfo { id, kind: LaneKind::Thread, availability };
    vec![
        lane(LaneId::BROWSER_SHARED, shared_memory()),
        lane(LaneId::BROWSER_CLONE, Availability::Available),
    ]
}

fn shared_memory() -> Availability {
    let global = js_sys::global();
    let get = |name: &str| {
        js_sys::Reflect::get(&global, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    };
    if get("crossOriginIsolated").is_falsy() {
        return Availability::Unavailable {
            reason: "this page is not cross-origin isolated, so the browser shares no memory; \
                     open it from `breakeven serve`, or from a host that sends the headers \
                     Cross-Origin-Opener-Policy: same-origin and \
                     Cross-Origin-Embedder-Policy: require-corp"
                .into(),
        };
    }
    if get("SharedArrayBuffer").is_undefined() {
        return Availability::Unavailable {
            reason: "this browser has no SharedArrayBuffer; use a current one".into(),
        };
    }
    Availability::Available
}
