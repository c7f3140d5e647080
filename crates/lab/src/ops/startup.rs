//! A worker's life, cold each time: asked for, first answer, end.

use protocol::Nanos;
use protocol::report::Unit;

use super::Starter;
use crate::lane::LaneError;
use crate::op::{Effort, Op, Series};

/// How a worker starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As in every other experiment.
    Usual,
    /// Without giving up what it does not need: what its sandbox costs is the difference.
    Unguarded,
}

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
    let starts = lane.starts();
    let mut lives: Vec<Vec<Life>> = vec![Vec::new(); starts.len()];
    let mut spent = 0;
    for sample in 0..effort.samples.max(1) {
        if sample > 0 && spent >= effort.turn_time.0 {
            break;
        }
        // One after the other, so that whatever disturbs them disturbs both.
        for (lives, start) in lives.iter_mut().zip(&starts) {
            let life = lane.life(*start, effort.placement).await?;
            spent += life.first_answer.0 + life.exit.as_ref().map_or(0, |exit| exit.0);
            lives.push(life);
        }
    }
    Ok(starts.iter().zip(&lives).flat_map(|(start, lives)| series(op, *start, lives)).collect())
}

fn series(op: Op, start: Start, lives: &[Life]) -> [Series; 3] {
    let series = |metric, time: fn(&Life) -> Result<Nanos, String>| {
        let times = lives.iter().map(|life| match time(life)? {
            Nanos(0) => Err("shorter than a step of this lane's clock".to_owned()),
            Nanos(time) => Ok(time as f64),
        });
        let mut series = op.series(metric, Unit::Nanoseconds, times.collect());
        if start == Start::Unguarded {
            series.params.insert("sandbox".into(), "off".into());
        }
        series
    };
    [
        series("first_answer", |life| Ok(life.first_answer)),
        series("exit", |life| life.exit.clone()),
        series("blocked", |life| Ok(life.blocked)),
    ]
}
