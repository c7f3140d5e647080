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
        Ok(tried) => Ok(series(op, trial, tried)),
        Err(LaneError::Unavailable(why)) => {
            let rows = op.rows().into_iter();
            Ok(rows.map(|(params, unit)| nothing(params, unit, why.clone())).collect())
        }
        Err(why) => Err(why),
    }
}

fn nothing(params: protocol::report::Params, unit: Unit, why: String) -> Series {
    Series { params, unit, crossing: None, samples: Err(why), seen: None }
}

fn series(op: Op, trial: &Trial, tried: Tried) -> Vec<Series> {
    let Tried { facts, took, replaced, lost } = tried;
    let time = |time: Option<f64>, why: &str| time.map(|it| vec![it]).ok_or_else(|| why.to_owned());
    let mut first = op.series("", Unit::Nanoseconds, Ok(vec![took]));
    first.seen = Some(facts);
    let mut all = vec![first];
    if trial.is_crash() {
        let replaced = time(replaced, "no worker was lost that could have been replaced");
        all.push(op.series("replaced", Unit::Nanoseconds, replaced));
        let lost = time(lost, "nobody was left to count them");
        all.push(op.series("bytes_lost", Unit::Bytes, lost));
    }
    all
}
