//! Samples in, summaries out; plain numbers, whatever their unit.
#![forbid(unsafe_code)]

mod summary;

pub use summary::{Summary, quantile};
