//! A piece of work, cut into a share per worker.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use protocol::report::Unit;
use workloads::compute::{Share, Workload};

use super::Workers;
use super::batches::Batches;
use super::echo::Crosses;
use crate::lane::{LaneError, LaneFuture};
use crate::op::{Effort, Op, Series};

/// A piece of work.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Of what kind.
    pub workload: &'static Workload,
    /// How large.
    pub pages: u32,
    /// What each worker does.
    pub shares: Vec<Share>,
}

impl Piece {
    /// # Errors
    /// If so many pages make no shares for so many workers.
    pub fn new(workload: &'static Workload, pages: u32, workers: u32) -> Result<Self, LaneError> {
        let shares = workload.shares(pages, workers).map_err(LaneError::failed)?;
        Ok(Self { workload, pages, shares })
    }

    /// Its input.
    #[must_use]
    pub fn input(&self) -> Vec<u8> {
        let mut input = vec![0; self.workload.input_bytes(self.pages)];
        self.workload.make_input(&mut input);
        input
    }

    /// Room for its answer.
    #[must_use]
    pub fn room(&self) -> Vec<u8> {
        vec![0; self.workload.answer_bytes(self.pages)]
    }

    /// Bytes that the shares read and make.
    #[must_use]
    pub fn payload(&self) -> u64 {
        let each = |share: &Share| (share.input_range().len() + share.answer_range().len()) as u64;
        self.shares.iter().map(each).sum()
    }

    /// The right answer's checksum, from the kernel alone. Kept: it takes as long as the work.
    fn expected(&self) -> u64 {
        static KNOWN: Mutex<Option<HashMap<(&str, u32), u64>>> = Mutex::new(None);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        *known.entry((self.workload.id, self.pages)).or_insert_with(|| {
            let (input, mut answer) = (self.input(), self.room());
            for share in &self.shares {
                share.run(&input[share.input_range()], &mut answer[share.answer_range()]);
            }
            self.workload.finish(&mut answer);
            Workload::checksum(&answer)
        })
    }
}

/// Workers with a piece of work.
pub trait Compute {
    /// How its input and answer get across.
    fn crosses(&self) -> Crosses;

    /// Has it done so many times, each time until the finished answer is with the caller; returns the
    /// nanoseconds.
    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64>;

    /// The checksum of the last answer, which is forgotten. Outside the timed span.
    fn checksum(&mut self) -> Result<u64, LaneError>;
}

/// The checksum of an answer, which is forgotten.
pub fn checksum(answer: &mut [u8]) -> u64 {
    let checksum = Workload::checksum(answer);
    answer.fill(0);
    checksum
}

pub(super) async fn measure(
    workers: &mut impl Workers,
    op: Op,
    piece: Piece,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let (expected, payload) = (piece.expected(), piece.payload());
    let mut work = workers.compute(piece).await?;
    let mut batches = Batches::new(effort);
    while let Some(count) = batches.next() {
        batches.took([work.batch(count).await?]);
        let found = work.checksum()?;
        if found != expected {
            let why = format!("the answer's checksum is {found:016x}, not {expected:016x}");
            return Err(LaneError::Failed(why));
        }
    }
    let [times] = batches.samples();
    let mut series = op.series("", Unit::Nanoseconds, Ok(times));
    series.crossing = Some(work.crosses().crossing(payload));
    Ok(vec![series])
}
