//! The server lets the page in and nobody else, and does what the page asks.

mod access;
mod examples;
mod floods;
mod harness;
mod hostile;
mod own_picture;
mod pairing;
mod proof;
mod socket;
