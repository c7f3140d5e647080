//! Many tiny tasks through a warm pool: how many get through, and how long each waits.
//!
//! The rate is that of a closed loop: each worker gets its next task when the last one's answer is there.
//! Latencies are those of an open loop: tasks are due at fixed times, and a task's latency runs from when
//! it was due. Counting from when it was sent would hide all waiting (Tene's *coordinated omission*).

use std::collections::VecDeque;

use protocol::report::Unit;

use super::batches::Batches;
use super::{Workers, too_short};
use crate::lane::{LaneError, LaneFuture};
use crate::op::{Effort, Op, Series};
use protocol::load::Task;

/// Between two tasks of the open loop: 5,000 a second.
const INTERVAL: u64 = 200_000;
/// As many as it takes for one in a thousand.
const MOST_TASKS: u64 = 1000;
/// A worker that is silent for so long is stuck.
const PATIENCE: u64 = 60_000_000_000;

/// A pool with one task per worker at a time.
pub trait Pool {
    /// Has so many tasks done one after the other; returns the nanoseconds.
    fn closed(&mut self, tasks: u32) -> LaneFuture<'_, f64>;

    /// Has so many tasks done, one due every `interval` nanoseconds; returns each one's nanoseconds from
    /// when it was due until its answer was there.
    fn open(&mut self, tasks: u32, interval: u64) -> LaneFuture<'_, Vec<u64>>;

    /// A latency shorter than so many nanoseconds is not to be believed.
    fn shortest(&self) -> f64 {
        0.0
    }
}

/// Workers that the caller hands tasks, and hears from.
pub trait Hands {
    /// How many there are.
    fn count(&self) -> usize;

    /// Gives a worker a task with this payload, whose first four bytes are its number. It has none. Where payloads are
    /// handed over as they lie there, each worker's has been there since it was told what tasks are like.
    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError>;

    /// Waits for an answer, its reply included, at the latest until that time on [`Hands::now`]; returns whose it is,
    /// and the task's result.
    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError>;

    /// The lane's clock, in nanoseconds.
    fn now(&self) -> u64;

    /// A latency shorter than so many nanoseconds is not to be believed.
    fn shortest(&self) -> f64 {
        0.0
    }
}

/// A pool of such workers, and their tasks.
#[derive(Debug)]
pub struct Handed<H> {
    hands: H,
    payload: Vec<u8>,
    /// What the rounds of each task come to.
    result: u32,
}

impl<H: Hands> Handed<H> {
    /// For tasks of this kind.
    ///
    /// # Errors
    /// If there is no memory for their payload.
    pub fn new(hands: H, task: Task) -> Result<Self, LaneError> {
        let payload = super::echo::request(task.payload)?;
        Ok(Self { hands, payload, result: workloads::rounds(task.rounds) })
    }

    fn give(&mut self, worker: usize, number: u64) -> Result<(), LaneError> {
        self.payload[..4].copy_from_slice(&(number as u32).to_le_bytes());
        self.hands.give(worker, &self.payload)
    }

    async fn next(&mut self, until: u64, given: &[u64]) -> Result<Option<usize>, LaneError> {
        match self.hands.next(until).await? {
            Some((worker, result)) if result == self.result ^ given[worker] as u32 => {
                Ok(Some(worker))
            }
            Some(_) => Err(LaneError::failed("a task came back with a wrong result")),
            None => Ok(None),
        }
    }

    async fn run_closed(&mut self, tasks: u32) -> Result<f64, LaneError> {
        let tasks = u64::from(tasks);
        let at_once = self.hands.count().min(tasks as usize);
        let mut given = vec![0; at_once];
        let began = self.hands.now();
        let mut begun = 0;
        for (worker, given) in given.iter_mut().enumerate() {
            *given = begun;
            self.give(worker, begun)?;
            begun += 1;
        }
        for _ in 0..tasks {
            let worker = self
                .next(self.hands.now() + PATIENCE, &given)
                .await?
                .ok_or_else(|| LaneError::failed("a worker was silent for a minute"))?;
            if begun < tasks {
                given[worker] = begun;
                self.give(worker, begun)?;
                begun += 1;
            }
        }
        Ok((self.hands.now() - began) as f64)
    }

    async fn run_open(&mut self, tasks: u32, interval: u64) -> Result<Vec<u64>, LaneError> {
        let tasks = u64::from(tasks);
        let mut given = vec![0; self.hands.count()];
        let mut idle: Vec<usize> = (0..given.len()).collect();
        let mut waiting = VecDeque::new();
        let mut latencies = Vec::new();
        let began = self.hands.now();
        let due = |task: u64| began + task * interval;
        let mut begun = 0;
        while (latencies.len() as u64) < tasks {
            let time = self.hands.now();
            while begun < tasks && due(begun) <= time {
                waiting.push_back(begun);
                begun += 1;
            }
            while !waiting.is_empty()
                && let Some(worker) = idle.pop()
                && let Some(task) = waiting.pop_front()
            {
                given[worker] = task;
                self.give(worker, task)?;
            }
            let until = if begun < tasks { due(begun) } else { time + PATIENCE };
            match self.next(until, &given).await? {
                Some(worker) => {
                    latencies.push(self.hands.now() - due(given[worker]));
                    idle.push(worker);
                }
                None if begun == tasks => {
                    return Err(LaneError::failed("a worker was silent for a minute"));
                }
                None => {}
            }
        }
        Ok(latencies)
    }
}

impl<H: Hands> Pool for Handed<H> {
    fn closed(&mut self, tasks: u32) -> LaneFuture<'_, f64> {
        Box::pin(self.run_closed(tasks))
    }

    fn open(&mut self, tasks: u32, interval: u64) -> LaneFuture<'_, Vec<u64>> {
        Box::pin(self.run_open(tasks, interval))
    }

    fn shortest(&self) -> f64 {
        self.hands.shortest()
    }
}

pub(super) async fn measure(
    workers: &mut impl Workers,
    op: Op,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut pool = workers.pool(Task::TINY).await?;
    let mut batches = Batches::new(effort);
    while let Some(tasks) = batches.next() {
        batches.took([pool.closed(tasks).await?]);
    }
    let [times] = batches.samples();
    let rates = times.into_iter().map(|time| 1e9 / time).collect();
    let mut all = vec![op.series("rate", Unit::TasksPerSecond, Ok(rates))];

    // Rare latencies take more time than other figures.
    let tasks = (3 * effort.turn_time.0 / INTERVAL).clamp(10, MOST_TASKS) as u32;
    let mut latencies = pool.open(tasks, INTERVAL).await?;
    latencies.sort_unstable();
    let shortest = pool.shortest();
    for (metric, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)] {
        let latency = percentile(&latencies, part).max(1) as f64;
        let latency = if latency > shortest { Ok(vec![latency]) } else { Err(too_short(shortest)) };
        all.push(op.series(metric, Unit::Nanoseconds, latency));
    }
    Ok(all)
}

/// The smallest of sorted values that at least this part of them does not exceed: none is made up between
/// two.
pub(super) fn percentile(sorted: &[u64], part: f64) -> u64 {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::executor::block_on;
    use protocol::frame::task_result;

    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values: Vec<u64> = (1..=1000).collect();
        let of = |part| percentile(&values, part);
        assert_eq!([of(0.5), of(0.9), of(0.99), of(0.999)], [500, 900, 990, 999]);
        assert_eq!(percentile(&[7, 9], 0.999), 9);
        assert_eq!(percentile(&[7, 9], 0.5), 7);
    }

    /// Answers the oldest task, one per call of `next`, a fixed time after it was given.
    struct Slow {
        workers: usize,
        given: VecDeque<(usize, u32, u64)>,
        takes: u64,
        lies: bool,
        /// The time, which each look at the clock moves on by 10 ns.
        clock: Cell<u64>,
    }

    impl Hands for Slow {
        fn count(&self) -> usize {
            self.workers
        }

        fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
            assert!(self.given.iter().all(|(busy, ..)| *busy != worker), "one task at a time");
            let ready = self.now() + self.takes;
            self.given.push_back((worker, task_result(0, payload), ready));
            Ok(())
        }

        async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
            while self.now() < until {
                if let Some((worker, result, ready)) = self.given.front().copied()
                    && ready <= self.now()
                {
                    self.given.pop_front();
                    return Ok(Some((worker, result ^ u32::from(self.lies))));
                }
            }
            Ok(None)
        }

        fn now(&self) -> u64 {
            self.clock.set(self.clock.get() + 10);
            self.clock.get()
        }
    }

    fn slow(workers: usize, takes: u64, lies: bool) -> Handed<Slow> {
        let clock = Cell::new(0);
        let slow = Slow { workers, given: VecDeque::new(), takes, lies, clock };
        Handed::new(slow, Task::TINY).unwrap()
    }

    fn pool(workers: usize, takes: u64) -> Handed<Slow> {
        slow(workers, takes, false)
    }

    #[test]
    fn a_pool_that_keeps_up_has_the_latency_of_its_tasks() {
        let latencies = block_on(pool(2, 20_000).open(30, 100_000)).unwrap();
        assert_eq!(latencies.len(), 30);
        assert!(latencies.iter().all(|latency| *latency >= 20_000));
    }

    #[test]
    fn a_pool_that_does_not_keep_up_has_those_that_wait_counted() {
        // Each takes ten times as long as there is between two.
        let latencies = block_on(pool(1, 200_000).open(20, 20_000)).unwrap();
        let last = latencies[19];
        assert!(last >= 20 * 200_000 - 19 * 20_000, "{last}");
    }

    #[test]
    fn every_task_of_a_closed_loop_is_done() {
        for (workers, tasks) in [(1, 1), (3, 2), (3, 10)] {
            assert!(block_on(pool(workers, 1000).closed(tasks)).unwrap() >= 1000.0);
        }
        assert_eq!(
            block_on(slow(2, 10, true).closed(1)),
            Err(LaneError::failed("a task came back with a wrong result"))
        );
    }
}
