//! A worker's life, cold each time: asked for, first answer, end.

use lab::{Effort, LaneError, Op, Series};
use protocol::Nanos;
use protocol::report::Unit;

use super::Native;
use crate::lanes::Clock;

/// What one worker's life took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    /// The part of asking for it that held up the caller.
    pub(crate) blocked: Nanos,
    /// From asking for it to its first answer.
    pub(crate) first_answer: Nanos,
    /// From telling it to end until it had.
    pub(crate) exit: Nanos,
}

impl Life {
    /// Lives one: `ask` starts a worker, `greet` waits for its first answer, `end` until it has ended.
    pub(crate) fn of<W>(
        ask: impl FnOnce() -> Result<W, LaneError>,
        greet: impl FnOnce(&mut W) -> Result<(), LaneError>,
        end: impl FnOnce(W) -> Result<(), LaneError>,
    ) -> Result<Self, LaneError> {
        let asked = Clock::start();
        let mut worker = ask()?;
        let blocked = asked.elapsed();
        greet(&mut worker)?;
        let first_answer = asked.elapsed();
        let told = Clock::start();
        end(worker)?;
        Ok(Self { blocked, first_answer, exit: told.elapsed() })
    }
}

pub(super) fn measure(
    lane: &impl Native,
    op: Op,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut lives: Vec<Life> = Vec::new();
    let began = Clock::start();
    while lives.is_empty()
        || (lives.len() < effort.samples as usize && began.elapsed() < effort.turn_time)
    {
        lives.push(lane.life(effort.placement)?);
    }
    let series = |metric, time: fn(&Life) -> Nanos| {
        let times = lives.iter().map(|life| time(life).0 as f64).collect();
        Series::new(op, metric, Unit::Nanoseconds, times)
    };
    Ok(vec![
        series("first_answer", |life| life.first_answer),
        series("exit", |life| life.exit),
        series("blocked", |life| life.blocked),
    ])
}
