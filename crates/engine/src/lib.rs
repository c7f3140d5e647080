//! The worker side of the page, owned by a coordinator worker.
//!
//! It is built twice: with atomics and the feature `threads` it is the *engine* (`browser.shared`, a
//! rayon pool over shared wasm memory); without both it is *engine-plain* (`browser.main`,
//! `browser.clone`, `browser.transfer`, and the kernels of the runner's Node lanes). Nothing here ever runs
//! on the page's main thread, and an engine makes one visit or one turn: whatever happens to it, the page
//! throws it away afterwards.
#![forbid(unsafe_code)]

#[cfg(all(target_arch = "wasm32", feature = "threads", not(target_feature = "atomics")))]
compile_error!("the feature `threads` needs a build with atomics: use `cargo xtask workers`");

#[cfg(not(feature = "threads"))]
mod awake;
mod clock;
mod coordinator;
mod footprint;
mod life;
mod own_picture;

#[cfg(not(feature = "threads"))]
mod band_worker;
#[cfg(not(feature = "threads"))]
mod clone;
#[cfg(not(feature = "threads"))]
mod inbox;
#[cfg(feature = "threads")]
mod line;
#[cfg(not(feature = "threads"))]
mod main_lane;
#[cfg(not(feature = "threads"))]
mod messages;
#[cfg(not(feature = "threads"))]
mod peer;
#[cfg(not(feature = "threads"))]
mod peers;
#[cfg(not(feature = "threads"))]
pub mod pieces;
#[cfg(feature = "threads")]
mod shared;
#[cfg(feature = "threads")]
mod thread;
mod trail;
mod trials;

use lab::Lane;
use protocol::engine::Role;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsValue, throw_str};

/// What the script of every worker calls once the module is there: the worker takes its role.
#[wasm_bindgen]
pub fn begin(role: JsValue) {
    match serde_wasm_bindgen::from_value(role) {
        Ok(Role::Coordinate) => coordinator::coordinate(),
        #[cfg(not(feature = "threads"))]
        Ok(Role::Band) => band_worker::work(),
        #[cfg(not(feature = "threads"))]
        Ok(Role::Peer { traced }) => peer::answer(traced),
        #[cfg(feature = "threads")]
        Ok(Role::Thread) => thread::stand_by(),
        #[cfg(feature = "threads")]
        Ok(Role::Pool(receiver)) => thread::join_pool(receiver),
        other => throw_str(&format!("this engine has no such worker: {other:?}")),
    }
}

/// The lanes of this build, the first one that which makes pictures; `tick` is a step of the clock in
/// nanoseconds.
#[cfg(feature = "threads")]
fn lanes(tick: f64) -> Vec<Box<dyn Lane>> {
    vec![Box::new(shared::BrowserShared { tick })]
}

/// The same for this build.
#[cfg(not(feature = "threads"))]
fn lanes(tick: f64) -> Vec<Box<dyn Lane>> {
    vec![
        Box::new(messages::MessageLane { transfer: false, tick }),
        Box::new(messages::MessageLane { transfer: true, tick }),
        Box::new(main_lane::MainLane { tick }),
    ]
}
