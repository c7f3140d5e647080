//! Picture files: PNG, JPEG and WebP in, upright RGBA with premultiplied alpha out, and the other way.
//!
//! A picture of the visitor's own is decoded by the same code in the browser, in a worker, and natively.
//! Its size is checked before memory is taken for it, whatever the file claims.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod decode;
mod encode;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use decode::{DecodeError, Decoded, decode, decode_within};
pub use encode::{Format, encode};
