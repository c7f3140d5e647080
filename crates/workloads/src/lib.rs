//! The work itself: pure kernels over RGBA pictures, the same code on every lane.
//!
//! A kernel gets rows of bytes and returns rows of bytes. It knows no clock, no I/O, no threads and
//! not what lane it runs on. All arithmetic is integer, or IEEE operations that every target rounds
//! alike, so that native code and wasm give the same bytes.
//!
//! The page's kernels make pictures; [`compute`] has workloads of other characters.
//!
//! Pictures are RGBA, 8 bits a channel, row after row without padding; alpha is premultiplied.
#![forbid(unsafe_code)]

mod blur;
mod checksum;
pub mod compute;
mod edges;
mod kernel;
mod picture;
mod points;
mod resize;
mod rounds;
mod scene;
mod sharpen;
mod sum;
mod thumbnail;
mod vectors;
#[cfg(feature = "wide")]
mod wide;

pub use blur::{Sigma, SigmaError};
pub use checksum::Checksum;
pub use kernel::Kernel;
pub use picture::{CHANNELS, Dimensions, DimensionsError, MAX_PIXELS, Source, SourceError, bands};
pub use rounds::rounds;
pub use sum::sum;
pub use thumbnail::{Thumbnail, shrunk, straighten};
#[cfg(feature = "wide")]
pub use wide::WideVectors;
