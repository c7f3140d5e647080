//! The scraper: fetches pages and tells what is on them.
//!
//! It is what the seed's `scraper.js` stands for: a program that meets whatever is out there, and may die of it. Its
//! walk over a page goes as deep as the page does, and it remembers what it has read, as many programs of its kind
//! do; nothing here saves it from that. What saves the run is that it is a process of its own.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod charset;
mod digest;
mod fetch;
mod guard;
mod robots;
mod scraper_loop;

pub use scraper_loop::{now, run};
