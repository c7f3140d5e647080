//! What is done once, and looked at.

use protocol::report::Unit;
use protocol::trial::Tried;

use super::Starter;
use crate::lane::LaneError;
use crate::op::{Op, Series};
use crate::trial::Trial;

/// Makes the trial once. What means nothing on this lane has every row with its reason, and costs the trials
/// after it nothing.
pub(super) async fn measure(
    lane: &impl Starter,
    op: Op,
    trial: &'static Trial,
) -> Result<Vec<Series>, LaneError> {
    match lane.trial(trial).await {
        Ok(tried) => Ok(series(op, tried)),
        Err(LaneError::Unavailable(why)) => Ok(unavailable(op, &why)),
        Err(why) => Err(why),
    }
}

/// Its rows, each with the reason why there is nothing in it.
#[must_use]
pub fn unavailable(op: Op, why: &str) -> Vec<Series> {
    let row = |(params, unit)| {
        let samples = Err(why.to_owned());
        Series { params, unit, crossing: None, samples, seen: None }
    };
    op.rows().into_iter().map(row).collect()
}

/// Its rows.
#[must_use]
pub fn series(op: Op, tried: Tried) -> Vec<Series> {
    let Tried { facts, took, replaced, lost } = tried;
    let time = |time: Option<f64>, why: &str| time.map(|it| vec![it]).ok_or_else(|| why.to_owned());
    let mut first = op.series("", Unit::Nanoseconds, Ok(vec![took]));
    first.seen = Some(facts);
    let mut all = vec![first];
    if matches!(op, Op::Trial(trial) if trial.is_crash()) {
        let replaced = time(replaced, "no worker was lost, or nobody was left to start another");
        all.push(op.series("replaced", Unit::Nanoseconds, replaced));
        let lost = time(lost, "nobody was left to count them");
        all.push(op.series("bytes_lost", Unit::Bytes, lost));
    }
    all
}
