//! A worker's life, cold each time: asked for, first answer, end.

use lab::{Effort, Series, params};
use protocol::Nanos;
use protocol::report::Unit;

use crate::lanes::Clock;

/// Starts and ends one worker per sample.
///
/// `start` asks for a worker and waits for its first answer; it returns how long asking alone held the
/// caller up. `end` returns when the worker has ended.
pub(crate) fn measure<W>(
    effort: &Effort,
    mut start: impl FnMut(Clock) -> Result<(Nanos, W), String>,
    mut end: impl FnMut(W) -> Result<(), String>,
) -> Result<Vec<Series>, String> {
    let (mut answers, mut exits, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.samples {
        let asked = Clock::start();
        let (blocked, worker) = start(asked)?;
        answers.push(asked.elapsed());
        let told = Clock::start();
        end(worker)?;
        exits.push(told.elapsed());
        blocks.push(blocked);
    }
    let series = |metric: &str, times: Vec<Nanos>| Series {
        params: params([("metric", metric.into())]),
        unit: Unit::Nanoseconds,
        samples: times.into_iter().map(|time| time.0 as f64).collect(),
    };
    Ok(vec![series("first_answer", answers), series("exit", exits), series("blocked", blocks)])
}
