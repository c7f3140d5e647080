//! What lies in the shared memory: bytes that are echoed, pieces of work, tasks.

use std::ops::Range;
use std::time::Duration;

use lab::ops::compute::{self, Compute, Piece};
use lab::ops::dispatch::Hands;
use lab::ops::echo::{Crosses, Echo, Touch};
use lab::{LaneError, LaneFuture};
use protocol::frame::Head;
use protocol::trace::What;

use super::sharers::{LOOK, Sharers};
use crate::timing::{self, at_once};

/// Bytes that lie in the shared memory.
pub(super) struct SharedEcho<'a> {
    pub(super) sharers: &'a mut Sharers,
    pub(super) request: Vec<u8>,
    pub(super) touch: Touch,
    /// Of the request.
    pub(super) expected: u64,
    /// That the child found last.
    pub(super) sum: u64,
}

impl Echo for SharedEcho<'_> {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        let bytes = self.request.len();
        at_once(timing::echoes(count, || {
            if self.touch == Touch::WriteRead {
                self.sharers.memory.bytes()[..bytes].copy_from_slice(&self.request);
                self.sharers.pass(0, &Head::Sum, bytes as u64);
            } else {
                self.sharers.pass(0, &Head::Echo, bytes as u64);
            }
            match self.sharers.receive(0)? {
                Head::Echoed { arrived } => Ok(arrived),
                Head::Summed { arrived, sum } => {
                    self.sum = sum;
                    Ok(arrived)
                }
                other => Err(self.sharers.children[0].failure(format!("it sent {other:?}"))),
            }
        }))
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let read = self.touch == Touch::HandOver || self.sum == self.expected;
        self.sum = 0;
        Ok(read && self.sharers.memory.bytes()[..self.request.len()] == self.request)
    }
}

/// A piece of work that lies in the shared memory.
pub(super) struct SharedWork<'a> {
    pub(super) sharers: &'a mut Sharers,
    pub(super) piece: Piece,
    pub(super) answer: Range<usize>,
}

impl SharedWork<'_> {
    fn once(&mut self) -> Result<(), LaneError> {
        let Self { sharers, piece, answer } = self;
        for (worker, share) in piece.shares.iter().enumerate() {
            let body = share.input_range().len() as u64;
            sharers.pass(worker, &Head::Share(share.clone()), body);
        }
        for worker in 0..piece.shares.len() {
            match sharers.receive(worker)? {
                Head::Done { .. } => {}
                other => {
                    return Err(sharers.children[worker].failure(format!("it sent {other:?}")));
                }
            }
        }
        piece.workload.finish(&mut sharers.memory.bytes()[answer.clone()]);
        Ok(())
    }
}

impl Compute for SharedWork<'_> {
    fn crosses(&self) -> Crosses {
        Crosses::Shared
    }

    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64> {
        at_once(timing::span(|| (0..count).try_for_each(|_| self.once())))
    }

    fn checksum(&mut self) -> Result<u64, LaneError> {
        Ok(compute::checksum(&mut self.sharers.memory.bytes()[self.answer.clone()]))
    }
}

/// Children whose tasks lie in the shared memory, each on a desk of its own: what lies with the runner is copied in,
/// and the reply out.
pub(super) struct SharedHands<'a> {
    pub(super) sharers: &'a mut Sharers,
    /// Bytes of a desk.
    pub(super) desk: usize,
    /// Bytes of a payload.
    pub(super) payload: usize,
    pub(super) rounds: u64,
    /// The last one.
    pub(super) reply: Vec<u8>,
}

impl Hands for SharedHands<'_> {
    fn count(&self) -> usize {
        self.sharers.children.len()
    }

    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        let at = worker * self.desk;
        let place = at..at + payload.len();
        let began = tracer::time();
        self.sharers.memory.part_for(worker, place).copy_from_slice(payload);
        tracer::note_since(began, |took| What::Copy { bytes: payload.len() as u64, took });
        let (rounds, reply) = (self.rounds, self.reply.len() as u64);
        let head = Head::Task { at: at as u64, rounds, reply };
        self.sharers.pass(worker, &head, payload.len() as u64);
        Ok(())
    }

    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
        let Self { sharers, desk, payload, reply, .. } = self;
        loop {
            let look = until.min(timing::now() + LOOK.as_nanos() as u64);
            tracer::note(What::Wait);
            let came = sharers.memory.receive_any(Duration::from_nanos(look));
            match came.map_err(LaneError::failed)? {
                Some((worker, note)) => match sharers.wake(worker, &note)? {
                    Head::Did { result } => {
                        let at = worker * *desk + *payload;
                        let place = at..at + reply.len();
                        let began = tracer::time();
                        reply.copy_from_slice(sharers.memory.part_for(worker, place));
                        let bytes = reply.len() as u64;
                        tracer::note_since(began, |took| What::Copy { bytes, took });
                        return Ok(Some((worker, result)));
                    }
                    other => {
                        return Err(sharers.children[worker].failure(format!("it sent {other:?}")));
                    }
                },
                None if timing::now() >= until => return Ok(None),
                None => {
                    (0..sharers.children.len())
                        .try_for_each(|worker| sharers.look_after(worker))?;
                }
            }
        }
    }

    fn now(&self) -> u64 {
        timing::now()
    }
}
