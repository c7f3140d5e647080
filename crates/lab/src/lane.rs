//! The trait that every lane implements.

use std::fmt;
use std::future::{Future, ready};
use std::ops::Range;
use std::pin::Pin;

use protocol::trace::Played;
use protocol::{Availability, LaneId, LaneInfo, LaneKind, Nanos};
use workloads::{Dimensions, Kernel};

use crate::op::{Effort, Op, Series};
use crate::scenarios::Scenario;

/// What a lane's methods return; a native lane's is ready at once.
pub type LaneFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, LaneError>> + 'a>>;

/// One way to run work beside the caller.
pub trait Lane {
    /// Its name.
    fn id(&self) -> LaneId;

    /// What isolates its workers.
    fn kind(&self) -> LaneKind;

    /// Whether it can run here.
    fn availability(&self) -> Availability;

    /// Whether it can be visited: makes the page's pictures.
    fn is_visited(&self) -> bool {
        true
    }

    /// Starts fresh workers for a visit and waits until each has answered.
    fn open(&self, _workers: u32) -> LaneFuture<'_, Opened> {
        let why =
            format!("{} makes no pictures for the page: `breakeven run` measures it", self.id());
        Box::pin(ready(Err(LaneError::Unavailable(why))))
    }

    /// Whether [`Lane::perform`] does this operation.
    fn does(&self, _op: Op) -> bool {
        false
    }

    /// Measures operations that take as many workers, one after the other with the same fresh ones, and
    /// ends them. An error is about the first operation that nothing was told of.
    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        _effort: &'a Effort,
        _found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        let why = format!("{} does no {}", self.id(), ops[0]);
        Box::pin(ready(Err(LaneError::Unavailable(why))))
    }

    /// Plays a scenario with fresh workers, all of whom note what they do.
    fn record<'a>(&'a self, _scenario: &'static Scenario) -> LaneFuture<'a, Played> {
        let why = format!("{} cannot be recorded", self.id());
        Box::pin(ready(Err(LaneError::Unavailable(why))))
    }

    /// All of the above as data.
    fn info(&self) -> LaneInfo {
        LaneInfo {
            id: self.id(),
            kind: self.kind(),
            pictures: self.is_visited(),
            availability: self.availability(),
        }
    }
}

/// Who is told what each operation gave, in their order.
pub type Found<'a> = dyn FnMut(Vec<Series>) + 'a;

/// Workers that have just started.
pub struct Opened {
    /// The workers.
    pub crew: Box<dyn Crew>,
    /// From asking for them to the last one's first answer.
    pub startup: Nanos,
}

/// A lane's workers, from their start to their end. Dropping it ends them too.
pub trait Crew {
    /// Makes the whole picture in `out`, one band per worker, and times itself.
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes>;

    /// Ends the workers; returns how long that took, where the platform tells.
    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>>;
}

/// What one run makes.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The kernel.
    pub kernel: Kernel,
    /// The shape of the picture that is read, and of what most kernels make.
    pub dimensions: Dimensions,
    /// The picture that the kernel reads; empty for one that reads none.
    pub source: &'a [u8],
}

impl<'a> Job<'a> {
    /// The shape of what is made.
    #[must_use]
    pub fn makes(&self) -> Dimensions {
        self.kernel.makes(self.dimensions)
    }

    /// What a worker must be sent to make these rows: the first row that the kernel reads, and the
    /// bytes of all that it reads.
    #[must_use]
    pub fn input_of(&self, rows: &Range<u32>) -> (u32, &'a [u8]) {
        let reads = self.kernel.reads(rows, self.dimensions.height());
        let bytes = self.dimensions.byte_range(&reads);
        (reads.start, if bytes.is_empty() { &[] } else { &self.source[bytes] })
    }
}

/// What one run took. Units and meaning as in [`protocol::Sample`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunTimes {
    /// Request to answer.
    pub total: Nanos,
    /// Longest time of one worker in the kernel.
    pub compute: Nanos,
    /// Payload bytes that crossed as copies.
    pub bytes_copied: u64,
}

/// Why a lane could not do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneError {
    /// Somebody cancelled.
    Cancelled,
    /// It cannot be done here: one sentence that says what is missing.
    Unavailable(String),
    /// It failed: what happened and, if anything can be done, what.
    Failed(String),
    /// Something from outside disturbed it, so that figures of this time are worth nothing: what did.
    Void(String),
}

impl LaneError {
    /// A failure with its reason.
    pub fn failed(why: impl fmt::Display) -> Self {
        Self::Failed(why.to_string())
    }
}
