//! Workers of the pool that serve a line each: they send bytes back and do tasks, where the bytes lie.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use lab::ops::dispatch::Hands;
use lab::ops::echo::{Crosses, Echo};
use lab::{LaneError, LaneFuture};
use protocol::frame::task_result;
use protocol::trace::What;

use crate::clock;
use crate::line::{Desk, Line, Wait};

/// Nanoseconds before a task is due in which the caller stays awake: it would be woken too late.
const SOON: u64 = 1_000_000;

/// Workers of the pool that serve a line each, until this is dropped.
pub(super) struct Peers {
    pub(super) lines: Arc<[Line]>,
}

impl Peers {
    pub(super) fn start(count: u32, wait: Wait) -> Self {
        let lines: Arc<[Line]> = (0..count).map(|_| Line::new(wait)).collect();
        let served = Arc::clone(&lines);
        rayon::spawn_broadcast(move |context| {
            if let Some(line) = served.get(context.index()) {
                let mut region = 0;
                line.serve(|desk| {
                    note_turn(desk, &mut region);
                    if let Some(rounds) = desk.rounds {
                        let result = tracer::computing(|| task_result(rounds, &desk.bytes));
                        desk.sum = result.into();
                    } else if desk.read {
                        desk.sum = workloads::sum(&desk.bytes);
                    }
                    if desk.stamp {
                        desk.there += clock::shared() - desk.sent;
                    }
                    let bytes = desk.bytes.len() as u64;
                    tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Shared });
                });
            }
        });
        lines.iter().for_each(Line::await_back);
        Self { lines }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        for line in self.lines.iter() {
            line.await_back();
            line.end();
        }
    }
}

/// Where a desk's bytes lie: the same for all of them.
fn region(desk: &Desk) -> u64 {
    desk.bytes.as_ptr().addr() as u64
}

/// Notes that the caller sees a desk's bytes.
pub(super) fn note_place(desk: &Desk) {
    tracer::note(What::Map { region: region(desk), bytes: desk.bytes.len() as u64 });
}

/// Notes that a worker got its turn, and sees where its bytes lie if it did not before.
fn note_turn(desk: &Desk, seen: &mut u64) {
    if tracer::is_on() {
        tracer::note(What::Receive { peer: 0, bytes: desk.bytes.len() as u64 });
        if std::mem::replace(seen, region(desk)) != region(desk) {
            note_place(desk);
        }
    }
}

/// Bytes that lie with a worker of the pool.
pub(super) struct SharedEcho {
    pub(super) peers: Peers,
    pub(super) request: Vec<u8>,
    /// Of the request.
    pub(super) sum: u64,
    pub(super) read: bool,
    /// A step of the clock, in nanoseconds.
    pub(super) tick: f64,
}

impl Echo for SharedEcho {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        let line = &self.peers.lines[0];
        let stamp = line.desk().stamp;
        let began = clock::exact();
        for _ in 0..count {
            if stamp {
                line.desk().sent = clock::shared();
            }
            if self.read {
                line.desk().bytes.copy_from_slice(&self.request);
            }
            let bytes = self.request.len() as u64;
            tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Shared });
            line.give();
            tracer::note(What::Wait);
            line.await_back();
            tracer::note(What::Wake);
            tracer::note(What::Receive { peer: 0, bytes });
        }
        let took = clock::exact() - began;
        let there = std::mem::take(&mut line.desk().there);
        Box::pin(ready(Ok([took, there])))
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let mut desk = self.peers.lines[0].desk();
        let sum = std::mem::take(&mut desk.sum);
        Ok((!self.read || sum == self.sum) && desk.bytes == self.request)
    }

    fn shortest(&self) -> f64 {
        self.tick
    }
}

/// Workers of the pool that get tasks.
pub(super) struct SharedHands {
    pub(super) peers: Peers,
    /// Which workers have a task.
    pub(super) busy: Vec<bool>,
    /// A step of the clock, in nanoseconds.
    pub(super) tick: f64,
}

impl SharedHands {
    fn finished(&self) -> Option<usize> {
        let mut busy = self.busy.iter().zip(self.peers.lines.iter());
        busy.position(|(busy, line)| *busy && line.is_back())
    }
}

impl Hands for SharedHands {
    fn count(&self) -> usize {
        self.busy.len()
    }

    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        let line = &self.peers.lines[worker];
        line.desk().bytes[..4].copy_from_slice(&payload[..4]);
        let bytes = payload.len() as u64;
        tracer::note(What::Send { peer: worker as u32, bytes, crosses: Crosses::Shared });
        line.give();
        self.busy[worker] = true;
        Ok(())
    }

    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
        tracer::note(What::Wait);
        loop {
            let left = until.saturating_sub(clock::now());
            if left > SOON {
                let most = Duration::from_nanos(left - SOON);
                Wait::Adaptive.until_or(|| self.finished().is_some(), most);
            }
            if let Some(worker) = self.finished() {
                self.busy[worker] = false;
                tracer::note(What::Wake);
                let desk = self.peers.lines[worker].desk();
                let bytes = desk.bytes.len() as u64;
                tracer::note(What::Receive { peer: worker as u32, bytes });
                return Ok(Some((worker, desk.sum as u32)));
            }
            if left == 0 {
                return Ok(None);
            }
        }
    }

    fn now(&self) -> u64 {
        clock::now()
    }

    fn shortest(&self) -> f64 {
        self.tick
    }
}
