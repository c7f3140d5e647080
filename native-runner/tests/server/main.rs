//! The server lets the page in and nobody else, and does what the page asks.
#![allow(clippy::disallowed_methods, reason = "tokio makes the tests' own threads")]

mod access;
mod examples;
mod floods;
mod harness;
mod hostile;
mod own_picture;
mod pairing;
mod proof;
mod socket;
