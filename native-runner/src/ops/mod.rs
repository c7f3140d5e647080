//! Operations as every lane of the runner does them: one file each. What differs between lanes stands
//! behind [`Native`] and [`Workers`].

pub(crate) mod batches;
pub(crate) mod compute;
pub(crate) mod dispatch;
pub(crate) mod echo;
pub(crate) mod memory;
pub(crate) mod startup;

use lab::{Effort, Found, LaneError, Op, Placement};
use rustix::time::{ClockId, clock_gettime};

use compute::{Compute, Piece};
use dispatch::Pool;
use echo::Echo;
use memory::Footprint;
use startup::Life;

/// A lane of the runner, as the operations see it.
pub(crate) trait Native {
    /// Its workers.
    type Workers: Workers;

    /// Starts so many workers and waits until each has answered.
    fn start(&self, count: u32, placement: Placement) -> Result<Self::Workers, LaneError>;

    /// One worker's life, cold.
    fn life(&self, placement: Placement) -> Result<Life, LaneError>;

    /// What an idle worker takes of the machine's memory.
    fn footprint(&self, placement: Placement) -> Result<Footprint, LaneError>;
}

/// Workers that have answered and wait.
pub(crate) trait Workers {
    /// The ways in which the first of them sends bytes back.
    fn echoes(&self) -> Vec<echo::Way>;

    /// The first of them, ready to send so many bytes back in one of these ways.
    fn echo(&mut self, bytes: u64, way: &echo::Way) -> Result<Box<dyn Echo + '_>, LaneError>;

    /// All of them, ready to do a piece of work over and over.
    fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError>;

    /// All of them, ready for tiny tasks.
    fn pool(&mut self) -> Result<Box<dyn Pool + '_>, LaneError>;

    /// Tells them to end, and waits until they have.
    fn end(self) -> Result<(), LaneError>;
}

/// Performs operations that take as many workers: [`lab::Lane::perform`] for a lane of the runner.
pub(crate) fn perform<L: Native>(
    lane: &L,
    ops: &[Op],
    effort: &Effort,
    found: &mut Found<'_>,
) -> Result<(), LaneError> {
    let mut started: Option<L::Workers> = None;
    for op in ops {
        op.check().map_err(LaneError::Failed)?;
        let series = match *op {
            Op::Startup => startup::measure(lane, *op, effort)?,
            Op::Memory => memory::measure(lane, *op, effort)?,
            Op::Echo { .. } | Op::Compute { .. } | Op::Dispatch { .. } => {
                let workers = match &mut started {
                    Some(workers) => workers,
                    None => started.insert(lane.start(op.workers(), effort.placement)?),
                };
                match *op {
                    Op::Echo { bytes } => echo::measure(workers, *op, bytes, effort)?,
                    Op::Compute { workload, pages, workers: count } => {
                        let piece = Piece::new(workload, pages, count)?;
                        compute::measure(workers, *op, piece, effort)?
                    }
                    _ => dispatch::measure(workers, *op, effort)?,
                }
            }
        };
        found(series);
    }
    started.map_or(Ok(()), Workers::end)
}

/// The system's monotonic clock in nanoseconds: the same in every process, as the child reads it too.
pub(crate) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
