//! The server lets the page in and nobody else, and does what the page asks.

mod access;
mod harness;
mod own_picture;
mod socket;
