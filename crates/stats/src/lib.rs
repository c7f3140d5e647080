//! Samples in, summaries out; plain numbers, whatever their unit.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod bootstrap;
mod compare;
mod summary;
mod trend;

pub use bootstrap::{
    Estimate, Interval, RESAMPLES, median, ratio, unpaired_ratio, unpaired_ratio_of,
};
pub use compare::{Outlook, THRESHOLD, Verdict, holm, verdicts, verdicts_of};
pub use summary::{Summary, quantile};
pub use trend::{Trend, trend};
