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

mod clock;
pub mod coordinator;
mod footprint;
mod life;
mod own_picture;

#[cfg(not(feature = "threads"))]
pub mod band_worker;
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
pub mod peer;
#[cfg(not(feature = "threads"))]
mod peers;
#[cfg(not(feature = "threads"))]
pub mod pieces;
#[cfg(feature = "threads")]
mod shared;
#[cfg(feature = "threads")]
pub mod thread;

use lab::Lane;

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
