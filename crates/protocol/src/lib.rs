//! Every type that crosses a boundary: between page and engine, page and runner, runner and child.
//!
//! Nothing else of the project is known here but the kernels' vocabulary. Types of other crates are
//! never serialized: they are converted to and from these.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

#[cfg(feature = "browser")]
pub mod codec;
#[cfg(feature = "report")]
pub mod desk;
#[cfg(feature = "browser")]
pub mod engine;
#[cfg(feature = "messages")]
pub mod example;
pub mod frame;
#[cfg(feature = "messages")]
mod hexadecimal;
#[cfg(feature = "messages")]
mod lane;
#[cfg(feature = "report")]
pub mod load;
#[cfg(feature = "browser")]
pub mod preview;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "report")]
pub mod runner;
#[cfg(feature = "messages")]
pub mod scrape;
#[cfg(feature = "report")]
pub mod study;
#[cfg(feature = "messages")]
mod task;
pub mod trace;
#[cfg(feature = "report")]
pub mod trial;
#[cfg(feature = "messages")]
mod visit;

#[cfg(feature = "messages")]
pub use lane::{Availability, LaneId, LaneInfo, LaneKind};
#[cfg(feature = "messages")]
pub use task::{
    Filter, FilterError, MAX_OWN_PIXELS, MAX_RUNS, MAX_WORKERS, Picture, Task, TaskError,
};
#[cfg(feature = "messages")]
pub use visit::{Failure, LaneEvent, Nanos, Sample, Stage};
