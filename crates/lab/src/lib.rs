//! The heart: what a lane is, how it is visited, and in which order lanes take turns.
//!
//! Nothing here measures time or starts anything: a lane does both itself. The same code drives the
//! lanes of the runner and those of the browser, which is why it is asynchronous: a native lane's
//! futures are ready when they return, a browser lane's wait for messages.
#![forbid(unsafe_code)]

pub mod contract;
mod lane;
pub mod mock;
#[cfg(feature = "threads")]
pub mod pool;
mod schedule;
mod visit;

pub use lane::{Crew, Job, Lane, LaneError, LaneFuture, Opened, RunTimes};
pub use schedule::{Turn, schedule};
pub use visit::{Observer, visit};
