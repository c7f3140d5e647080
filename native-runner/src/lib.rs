//! The runner: serves the page on loopback, and runs the lanes that a browser cannot.
//!
//! It never takes a path, a program or an argument from the page, only operations of
//! `protocol::runner` within their bounds. One long-lived thread, the laboratory, starts every child
//! and makes every visit, one at a time.
#![forbid(unsafe_code)]
// What is printed goes through `terminal`.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::dbg_macro)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod browser;
mod cancel;
mod children;
mod claims_text;
pub mod cmd;
mod examples;
mod export;
mod files;
mod footprint;
mod guest;
mod input;
mod laboratory;
pub mod lanes;
mod machine;
mod npm;
mod panics;
pub mod placement;
mod private;
mod recorder;
mod runtime;
mod scrape;
pub mod server;
mod site;
mod start_page;
mod terminal;
mod timing;
mod trail;
mod trials;

pub use cancel::Cancel;
pub use guest::Guest;
pub use laboratory::{Keep, Laboratory, RunId, Visit};
pub use machine::describe as describe_machine;
