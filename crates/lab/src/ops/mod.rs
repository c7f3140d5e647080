//! Operations as every lane does them: one file each. What differs between lanes stands behind
//! [`Starter`] and [`Workers`].
#![expect(async_fn_in_trait, reason = "a study and its lanes stay on one thread")]

pub mod batches;
pub mod compute;
pub mod dispatch;
pub mod echo;
pub mod load;
pub mod memory;
pub mod recording;
#[cfg(feature = "threads")]
pub mod shared_work;
pub mod startup;
pub mod trial;

use compute::{Compute, Piece};
use dispatch::Pool;
use echo::Echo;
use memory::Footprint;
use startup::{Life, Start};

use crate::lane::{Found, LaneError};
use crate::op::{Effort, Op, Placement, Series};
use crate::trial::Trial;
use protocol::load::{Amount, Task};
use protocol::trace::Trail;
use protocol::trial::Tried;

/// A lane, as the operations see it.
pub trait Starter {
    /// Its workers.
    type Workers: Workers;

    /// Starts so many workers and waits until each has answered.
    async fn start(&self, count: u32, placement: Placement) -> Result<Self::Workers, LaneError>;

    /// The ways in which a worker starts; the usual one is the first.
    fn starts(&self) -> Vec<Start> {
        vec![Start::Usual]
    }

    /// Why workers cannot be started and ended over and over, where that is so.
    fn starts_once(&self) -> Option<&'static str> {
        None
    }

    /// The caller's clock, in nanoseconds.
    fn now(&self) -> f64;

    /// Has the caller note what it does from now on, and every worker that is started.
    fn begin_trace(&self) -> Result<(), LaneError>;

    /// What the caller has noted; it notes nothing any more.
    fn end_trace(&self) -> Result<Trail, LaneError>;

    /// The smallest step of the clock that notes are made by, in nanoseconds.
    fn tick(&self) -> f64;

    /// Has the first of these workers crash, is told of it, and starts another in its place; notes all of that.
    async fn crash(&self, _workers: &mut Self::Workers) -> Result<(), LaneError> {
        Err(LaneError::Unavailable("a worker that crashes takes its caller along here".into()))
    }

    /// Has workers of its own read pages of a site, and ends them; returns what they have noted.
    async fn scrape(&self) -> Result<Trails, LaneError> {
        Err(LaneError::Unavailable("its workers do not scrape: those of process lanes do".into()))
    }

    /// One worker's life, cold, started in one of these ways.
    async fn life(&self, start: Start, placement: Placement) -> Result<Life, LaneError>;

    /// What an idle worker takes of memory.
    async fn footprint(&self, placement: Placement) -> Result<Footprint, LaneError>;

    /// Makes a trial with workers and, where those may take it along, a caller of its own.
    async fn trial(&self, trial: &'static Trial) -> Result<Tried, LaneError>;
}

/// What workers have noted, each with its number in the order in which they were started, from 0.
pub type Trails = Vec<(u32, Trail)>;

/// Workers that have answered and wait.
pub trait Workers {
    /// The ways in which the first of them sends bytes back.
    fn echoes(&self) -> Vec<echo::Way>;

    /// The first of them, ready to send so many bytes back in one of these ways.
    async fn echo(&mut self, bytes: u64, way: &echo::Way) -> Result<Box<dyn Echo + '_>, LaneError>;

    /// All of them, ready to do a piece of work over and over.
    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError>;

    /// All of them, ready for tasks of this kind.
    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError>;

    /// Tells them to end, and waits until they have; returns what each has noted, if they were to, by its number.
    async fn end(self) -> Result<Trails, LaneError>;
}

/// Performs operations that take as many workers: [`crate::Lane::perform`] for a lane that times its
/// workers itself.
///
/// # Errors
/// About the first operation that nothing was told of.
pub async fn perform<L: Starter>(
    lane: &L,
    ops: &[Op],
    effort: &Effort,
    found: &mut Found<'_>,
) -> Result<(), LaneError> {
    let mut started: Option<L::Workers> = None;
    for op in ops {
        op.check().map_err(LaneError::Failed)?;
        let series = match *op {
            Op::Startup => startup::measure(lane, *op, effort).await?,
            Op::Memory => memory::measure(lane, *op, effort).await?,
            Op::Trial(trial) => trial::measure(lane, *op, trial).await?,
            Op::Load(load) if load.fresh && lane.starts_once().is_some() => {
                let why = lane.starts_once().unwrap_or_default();
                let unavailable = |(params, unit)| {
                    let samples = Err(why.to_owned());
                    Series { params, unit, crossing: None, samples, seen: None }
                };
                op.rows().into_iter().map(unavailable).collect()
            }
            Op::Load(load) if load.fresh || matches!(load.amount, Amount::Tasks(_)) => {
                // These have workers of their own.
                if let Some(workers) = started.take() {
                    workers.end().await?;
                }
                match load.amount {
                    Amount::Tasks(tasks) => {
                        load::measure_whole(lane, *op, load, tasks, effort).await?
                    }
                    _ => load::measure_fresh(lane, *op, load, effort).await?,
                }
            }
            Op::Echo { .. } | Op::Compute { .. } | Op::Dispatch { .. } | Op::Load(_) => {
                let workers = match &mut started {
                    Some(workers) => workers,
                    None => started.insert(lane.start(op.workers(), effort.placement).await?),
                };
                match *op {
                    Op::Echo { bytes } => echo::measure(workers, *op, bytes, effort).await?,
                    Op::Compute { workload, pages, workers: count } => {
                        let piece = Piece::new(workload, pages, count)?;
                        compute::measure(workers, *op, piece, effort).await?
                    }
                    Op::Load(load) => load::measure(workers, *op, load, effort).await?,
                    _ => dispatch::measure(workers, *op, effort).await?,
                }
            }
        };
        found(series);
    }
    match started {
        Some(workers) => workers.end().await.map(drop),
        None => Ok(()),
    }
}

/// Why there is no figure of a time that no more than this many nanoseconds would be.
fn too_short(shortest: f64) -> String {
    format!("shorter than this lane's clock tells apart ({})", crate::format::time(shortest))
}
