//! Samples in, summaries out; plain numbers, whatever their unit.
#![forbid(unsafe_code)]

mod bootstrap;
mod compare;
mod summary;

pub use bootstrap::{Estimate, Interval, RESAMPLES, median, ratio, unpaired_ratio};
pub use compare::{THRESHOLD, Verdict, holm, verdicts};
pub use summary::{Summary, quantile};
