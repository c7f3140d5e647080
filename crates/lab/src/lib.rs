//! The heart: what a lane is, what can be asked of it, and in which order lanes take turns.
//!
//! A *visit* is the page's: one picture, filtered several times. A *study* is the command line's:
//! experiments, which are operations on lanes, and the rows of a report.
//!
//! Nothing here measures time or starts anything: a lane does both itself. The same code drives the
//! lanes of the runner and those of the browser, which is why it is asynchronous: a native lane's
//! futures are ready when they return, a browser lane's wait for messages.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod assemble;
pub mod became;
pub mod browser;
pub mod changes;
pub mod clocks;
pub mod contract;
pub mod experiments;
pub mod export;
pub mod format;
mod lane;
pub mod lead;
pub mod mock;
mod op;
pub mod ops;
pub mod plan;
#[cfg(feature = "threads")]
pub mod pool;
pub mod record;
pub mod recordings;
pub mod remote;
mod rows;
pub mod scenarios;
mod schedule;
pub mod scraped;
pub mod standings;
pub mod study;
pub mod table;
mod trial;
mod visit;

pub use lane::{Crew, Found, Job, Lane, LaneError, LaneFuture, Opened, RunTimes};
pub use op::{Effort, Op, Placement, Series, params};
pub use schedule::{Turn, schedule};
pub use trial::Trial;
pub use visit::{Observer, visit};
