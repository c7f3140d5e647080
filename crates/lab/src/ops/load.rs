//! Tasks of some size, through workers that stay or with a worker each.

use protocol::load::{Amount, Load};
use protocol::report::Unit;

use super::batches::Batches;
use super::dispatch::percentile;
use super::{Starter, Workers, too_short};
use crate::lane::LaneError;
use crate::op::{Effort, Op, Series};

/// With workers that are there.
pub(super) async fn measure(
    workers: &mut impl Workers,
    op: Op,
    load: Load,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut pool = workers.pool(load.task).await?;
    if let Amount::Rate { tasks, interval } = load.amount {
        let mut latencies = pool.open(tasks, interval).await?;
        latencies.sort_unstable();
        let shortest = pool.shortest();
        return Ok([("p50", 0.5), ("p99", 0.99)]
            .map(|(metric, part)| {
                let latency = percentile(&latencies, part).max(1) as f64;
                let latency =
                    if latency > shortest { Ok(vec![latency]) } else { Err(too_short(shortest)) };
                op.series(metric, Unit::Nanoseconds, latency)
            })
            .into());
    }
    // All workers have as many, or the last tasks would leave some of them idle.
    let each = load.workers;
    let mut batches = Batches::new(effort);
    while let Some(count) = batches.next() {
        batches.took([pool.closed(count.saturating_mul(each)).await?]);
    }
    let [times] = batches.samples();
    let periods = times.into_iter().map(|time| time / f64::from(each)).collect();
    Ok(vec![op.series("period", Unit::Nanoseconds, Ok(periods))])
}

/// With a worker per task, as many at a time as there may be: started, given its task and ended.
pub(super) async fn measure_fresh(
    lane: &impl Starter,
    op: Op,
    load: Load,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut waves = Vec::new();
    let mut spent = 0.0;
    while waves.is_empty()
        || (waves.len() < effort.samples as usize && spent < effort.turn_time.0 as f64)
    {
        let wave = Wave::of(lane, load, load.workers, effort).await?;
        spent += wave.all();
        waves.push(wave);
    }
    let series = |metric, time: &dyn Fn(&Wave) -> f64| {
        let times = waves.iter().map(time).collect();
        op.series(metric, Unit::Nanoseconds, told_apart(times, waves[0].shortest))
    };
    Ok(vec![
        series("period", &|wave| wave.all() / f64::from(load.workers)),
        series("start", &|wave| wave.start),
        series("first", &|wave| wave.tasks),
    ])
}

/// So many tasks from nothing: once, because cold starts are a part of it.
pub(super) async fn measure_whole(
    lane: &impl Starter,
    op: Op,
    load: Load,
    tasks: u32,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let (mut total, mut shortest) = (0.0, 0.0);
    if load.fresh {
        let mut left = tasks;
        while left > 0 {
            let now = left.min(load.workers);
            let wave = Wave::of(lane, load, now, effort).await?;
            (total, shortest) = (total + wave.all(), wave.shortest);
            left -= now;
        }
    } else {
        let wave = Wave::with(lane, load, tasks, load.workers, effort).await?;
        (total, shortest) = (wave.start + wave.tasks, wave.shortest);
    }
    Ok(vec![op.series("total", Unit::Nanoseconds, told_apart(vec![total], shortest))])
}

/// The times, if the lane's clock saw all of them pass.
fn told_apart(times: Vec<f64>, shortest: f64) -> Result<Vec<f64>, String> {
    if times.iter().all(|time| *time > 0.0) { Ok(times) } else { Err(too_short(shortest)) }
}

/// Workers from their start to their end, and tasks in between. Nanoseconds; laying out the first payload is nobody's.
struct Wave {
    start: f64,
    tasks: f64,
    end: f64,
    /// What the lane's clock tells apart.
    shortest: f64,
}

impl Wave {
    /// A task each.
    async fn of(
        lane: &impl Starter,
        load: Load,
        workers: u32,
        effort: &Effort,
    ) -> Result<Self, LaneError> {
        Self::with(lane, load, workers, workers, effort).await
    }

    async fn with(
        lane: &impl Starter,
        load: Load,
        count: u32,
        workers: u32,
        effort: &Effort,
    ) -> Result<Self, LaneError> {
        let began = lane.now();
        let mut started = lane.start(workers, effort.placement).await?;
        let start = lane.now() - began;
        let mut pool = started.pool(load.task).await?;
        let tasks = pool.closed(count).await?;
        let shortest = pool.shortest();
        drop(pool);
        let told = lane.now();
        started.end().await?;
        // A worker that the page only lets go of has no end that shows.
        Ok(Self { start, tasks, end: lane.now() - told, shortest })
    }

    fn all(&self) -> f64 {
        self.start + self.tasks + self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_clock_saw_pass_is_no_figure() {
        assert_eq!(told_apart(vec![3.0, 4.0], 5e3), Ok(vec![3.0, 4.0]));
        let why = told_apart(vec![3.0, 0.0], 5e3).unwrap_err();
        assert_eq!(why, "shorter than this lane's clock tells apart (5.00\u{a0}µs)");
    }
}
