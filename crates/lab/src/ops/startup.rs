//! A worker's life, cold each time: asked for, first answer, end.

use protocol::Nanos;
use protocol::report::Unit;

use super::Starter;
use crate::lane::LaneError;
use crate::op::{Effort, Op, Series};

/// What one worker's life took.
#[derive(Clone, Debug)]
pub struct Life {
    /// The part of asking for it that held up the caller.
    pub blocked: Nanos,
    /// From asking for it to its first answer.
    pub first_answer: Nanos,
    /// From telling it to end until it had, or why that cannot be known.
    pub exit: Result<Nanos, String>,
}

pub(super) async fn measure(
    lane: &impl Starter,
    op: Op,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut lives: Vec<Life> = Vec::new();
    let mut spent = 0;
    while lives.is_empty() || (lives.len() < effort.samples as usize && spent < effort.turn_time.0)
    {
        let life = lane.life(effort.placement).await?;
        spent += life.first_answer.0 + life.exit.as_ref().map_or(0, |exit| exit.0);
        lives.push(life);
    }
    let series = |metric, time: fn(&Life) -> Result<Nanos, String>| {
        let times = lives.iter().map(|life| match time(life)? {
            Nanos(0) => Err("shorter than a step of this lane's clock".to_owned()),
            Nanos(time) => Ok(time as f64),
        });
        op.series(metric, Unit::Nanoseconds, times.collect())
    };
    Ok(vec![
        series("first_answer", |life| Ok(life.first_answer)),
        series("exit", |life| life.exit.clone()),
        series("blocked", |life| Ok(life.blocked)),
    ])
}
