//! The worker side of the page, owned by a coordinator worker.
//!
//! It is built twice: with atomics and the feature `threads` it is the *engine* (`browser.shared`, a
//! rayon pool over shared wasm memory); without both it is *engine-plain* (`browser.clone`, and the
//! kernels of the runner's Node lanes). Nothing here ever runs on the page's main thread, and an engine
//! makes one visit: whatever happens to it, the page throws it away afterwards.
#![forbid(unsafe_code)]

#[cfg(all(target_arch = "wasm32", feature = "threads", not(target_feature = "atomics")))]
compile_error!("the feature `threads` needs a build with atomics: use `cargo xtask workers`");

mod clock;
pub mod coordinator;
mod own_picture;

#[cfg(not(feature = "threads"))]
pub mod band_worker;
#[cfg(not(feature = "threads"))]
mod clone;
#[cfg(not(feature = "threads"))]
pub mod pieces;
#[cfg(feature = "threads")]
mod shared;

#[cfg(not(feature = "threads"))]
use clone::BrowserClone as ThisLane;
#[cfg(feature = "threads")]
use shared::BrowserShared as ThisLane;
