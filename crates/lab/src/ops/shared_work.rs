//! A piece of work over a rayon pool that shares the caller's memory: the same code for native threads and
//! for Web Workers, so that only the platform differs.

use std::future::ready;

use protocol::trace::What;
use rayon::{Scope, ThreadPool};

use super::compute::{Compute, Piece, checksum};
use super::echo::Crosses;
use crate::lane::{LaneError, LaneFuture};

/// A piece of work in the caller's own memory.
pub struct SharedWork<'a, N> {
    pool: Option<&'a ThreadPool>,
    piece: Piece,
    input: Vec<u8>,
    answer: Vec<u8>,
    now: N,
}

impl<'a, N: Fn() -> u64> SharedWork<'a, N> {
    /// In this pool, or else in the global one; `now` reads the lane's clock, in nanoseconds.
    pub fn new(pool: Option<&'a ThreadPool>, piece: Piece, now: N) -> Self {
        let (input, answer) = (piece.input(), piece.room());
        Self { pool, piece, input, answer, now }
    }
}

impl<N: Fn() -> u64> Compute for SharedWork<'_, N> {
    fn crosses(&self) -> Crosses {
        Crosses::Shared
    }

    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64> {
        let Self { pool, piece, input, answer, now } = self;
        let region = region(answer);
        tracer::note(region.clone());
        let began = now();
        for _ in 0..count {
            match pool {
                Some(pool) => pool.scope(|scope| share_out(scope, piece, input, answer, &region)),
                None => rayon::scope(|scope| share_out(scope, piece, input, answer, &region)),
            }
            piece.workload.finish(answer);
        }
        Box::pin(ready(Ok((now() - began) as f64)))
    }

    fn checksum(&mut self) -> Result<u64, LaneError> {
        Ok(checksum(&mut self.answer))
    }
}

/// What notes say of where the answer lies, which all of them see.
fn region(answer: &[u8]) -> What {
    What::Map { region: answer.as_ptr().addr() as u64, bytes: answer.len() as u64 }
}

fn share_out<'a>(
    scope: &Scope<'a>,
    piece: &'a Piece,
    input: &'a [u8],
    answer: &'a mut [u8],
    region: &'a What,
) {
    let mut rest = answer;
    for share in &piece.shares {
        let (part, after) = rest.split_at_mut(share.answer_range().len());
        rest = after;
        let input = &input[share.input_range()];
        scope.spawn(move |_| {
            tracer::note(What::Wake);
            tracer::note(region.clone());
            tracer::computing(|| share.run(input, part));
            tracer::note(What::Wait);
        });
    }
}
