//! Many tiny tasks through a warm pool: how many get through, and how long each waits.
//!
//! The rate is that of a closed loop: each worker gets its next task when the last one's answer is there.
//! Latencies are those of an open loop: tasks are due at fixed times, and a task's latency runs from when
//! it was due. Counting from when it was sent would hide all waiting (Tene's *coordinated omission*).

use std::collections::VecDeque;
use std::num::NonZeroU64;

use hdrhistogram::Histogram;
use lab::{Effort, LaneError, Op, Series};
use protocol::report::Unit;
use rustix::thread::{current_timer_slack, set_current_timer_slack};

use super::{Workers, batches, now};

/// Bytes of a task.
pub(crate) const TASK: usize = 64;
/// Between two tasks of the open loop: 5,000 a second.
const INTERVAL: u64 = 200_000;
/// As many as it takes for one in a thousand.
const MOST_TASKS: u64 = 1000;
/// A worker that is silent for so long is stuck.
const PATIENCE: u64 = 60_000_000_000;

/// A pool with one task per worker at a time.
pub(crate) trait Pool {
    /// Has so many tasks done one after the other; returns the nanoseconds.
    fn closed(&mut self, tasks: u32) -> Result<f64, LaneError>;

    /// Has so many tasks done, one due every `interval` nanoseconds; returns each one's nanoseconds from
    /// when it was due until its answer was there.
    fn open(&mut self, tasks: u32, interval: u64) -> Result<Vec<u64>, LaneError>;
}

/// Workers that the caller hands tasks, and hears from.
pub(crate) trait Hands {
    /// How many there are.
    fn count(&self) -> usize;

    /// Gives a worker a task. It has none.
    fn give(&mut self, worker: usize, task: &[u8; TASK]) -> Result<(), LaneError>;

    /// Waits for an answer, at the latest until that time on the clock of [`now`]; returns whose it is, and
    /// the sum that it says.
    fn next(&mut self, until: u64) -> Result<Option<(usize, u64)>, LaneError>;
}

/// A pool of such workers.
pub(crate) struct Handed<H>(pub(crate) H);

impl<H: Hands> Handed<H> {
    /// Tasks of equal words; the sum of one is eight times its number.
    fn give(&mut self, worker: usize, number: u64) -> Result<(), LaneError> {
        let mut task = [0; TASK];
        task.as_chunks_mut().0.fill(number.to_le_bytes());
        self.0.give(worker, &task)
    }

    fn next(&mut self, until: u64, given: &[u64]) -> Result<Option<usize>, LaneError> {
        match self.0.next(until)? {
            Some((worker, sum)) if sum == given[worker].wrapping_mul(8) => Ok(Some(worker)),
            Some(_) => Err(LaneError::failed("a task came back with a wrong sum")),
            None => Ok(None),
        }
    }
}

impl<H: Hands> Pool for Handed<H> {
    fn closed(&mut self, tasks: u32) -> Result<f64, LaneError> {
        let tasks = u64::from(tasks);
        let at_once = self.0.count().min(tasks as usize);
        let mut given = vec![0; at_once];
        let began = now();
        let mut begun = 0;
        for (worker, given) in given.iter_mut().enumerate() {
            *given = begun;
            self.give(worker, begun)?;
            begun += 1;
        }
        for _ in 0..tasks {
            let worker = self
                .next(now() + PATIENCE, &given)?
                .ok_or_else(|| LaneError::failed("a worker was silent for a minute"))?;
            if begun < tasks {
                given[worker] = begun;
                self.give(worker, begun)?;
                begun += 1;
            }
        }
        Ok((now() - began) as f64)
    }

    fn open(&mut self, tasks: u32, interval: u64) -> Result<Vec<u64>, LaneError> {
        let _exact = ExactTimers::set();
        let tasks = u64::from(tasks);
        let mut given = vec![0; self.0.count()];
        let mut idle: Vec<usize> = (0..given.len()).collect();
        let mut waiting = VecDeque::new();
        let mut latencies = Vec::new();
        let began = now();
        let due = |task: u64| began + task * interval;
        let mut begun = 0;
        while (latencies.len() as u64) < tasks {
            let time = now();
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
            match self.next(until, &given)? {
                Some(worker) => {
                    latencies.push(now() - due(given[worker]));
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

/// The kernel wakes this thread on time, and not up to 50 µs late to save power, for as long as this lives.
struct ExactTimers(Option<u64>);

impl ExactTimers {
    fn set() -> Self {
        let before = current_timer_slack().ok();
        // Where it fails, latencies are a little longer.
        let _ = set_current_timer_slack(NonZeroU64::new(1));
        Self(before)
    }
}

impl Drop for ExactTimers {
    fn drop(&mut self) {
        let _ = set_current_timer_slack(self.0.and_then(NonZeroU64::new));
    }
}

pub(super) fn measure(
    workers: &mut impl Workers,
    op: Op,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut pool = workers.pool()?;
    let [times] = batches::sample(effort, |tasks| Ok([pool.closed(tasks)?]))?;
    let rates = times.into_iter().map(|time| 1e9 / time).collect();
    let mut all = vec![Series::new(op, "rate", Unit::TasksPerSecond, rates)];

    // Rare latencies take more time than other figures.
    let tasks = (3 * effort.turn_time.0 / INTERVAL).clamp(10, MOST_TASKS) as u32;
    let mut histogram = Histogram::<u64>::new(3).map_err(LaneError::failed)?;
    for latency in pool.open(tasks, INTERVAL)? {
        histogram.record(latency.max(1)).map_err(LaneError::failed)?;
    }
    for (metric, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)] {
        let latency = histogram.value_at_quantile(quantile) as f64;
        all.push(Series::new(op, metric, Unit::Nanoseconds, vec![latency]));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers the oldest task, one per call of `next`, a fixed time after it was given.
    struct Slow {
        workers: usize,
        given: VecDeque<(usize, u64, u64)>,
        takes: u64,
        lies: bool,
    }

    impl Hands for Slow {
        fn count(&self) -> usize {
            self.workers
        }

        fn give(&mut self, worker: usize, task: &[u8; TASK]) -> Result<(), LaneError> {
            assert!(self.given.iter().all(|(busy, ..)| *busy != worker), "one task at a time");
            self.given.push_back((worker, workloads::sum(task), now() + self.takes));
            Ok(())
        }

        fn next(&mut self, until: u64) -> Result<Option<(usize, u64)>, LaneError> {
            while now() < until {
                if let Some((worker, sum, ready)) = self.given.front().copied()
                    && ready <= now()
                {
                    self.given.pop_front();
                    return Ok(Some((worker, sum + u64::from(self.lies))));
                }
            }
            Ok(None)
        }
    }

    fn pool(workers: usize, takes: u64) -> Handed<Slow> {
        Handed(Slow { workers, given: VecDeque::new(), takes, lies: false })
    }

    #[test]
    fn a_pool_that_keeps_up_has_the_latency_of_its_tasks() {
        let latencies = pool(2, 20_000).open(30, 100_000).unwrap();
        assert_eq!(latencies.len(), 30);
        assert!(latencies.iter().all(|latency| *latency >= 20_000));
    }

    #[test]
    fn a_pool_that_does_not_keep_up_has_those_that_wait_counted() {
        // Each takes ten times as long as there is between two.
        let latencies = pool(1, 200_000).open(20, 20_000).unwrap();
        let last = latencies[19];
        assert!(last >= 20 * 200_000 - 19 * 20_000, "{last}");
    }

    #[test]
    fn every_task_of_a_closed_loop_is_done() {
        for (workers, tasks) in [(1, 1), (3, 2), (3, 10)] {
            assert!(pool(workers, 1000).closed(tasks).unwrap() >= 1000.0);
        }
        let mut liar = pool(2, 10);
        liar.0.lies = true;
        assert_eq!(liar.closed(1), Err(LaneError::failed("a task came back with a wrong sum")));
    }
}
