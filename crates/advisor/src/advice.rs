//! Lanes in the order of their predictions, and whether the first is the one to take.

use protocol::LaneId;
use protocol::study::Proof;
use serde::Serialize;
use stats::quantile;

use crate::break_even::{BreakEven, break_evens};
use crate::model::Model;
use crate::needs::{RuledOut, contradiction, rule_out};
use crate::predict::Prediction;
use crate::workload::{Amount, For, Workload};

/// A lane that is so much faster is worth choosing for it, as a part: less is too close to call.
pub(crate) const WORTH: f64 = 0.05;

/// Lanes that are proved: the first and its nearest rivals.
const PROVED: usize = 3;

/// What the guide says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// The lane to take; none if it is too close to call or nobody has what is needed.
    pub recommended: Option<LaneId>,
    /// Those between which it is too close to call, the faster one first.
    pub close: Vec<LaneId>,
    /// Needs that contradict each other or that nobody has, in a sentence.
    pub contradiction: Option<String>,
    /// The lanes that compete, the fastest first, then those that are ruled out, then the other platforms'.
    pub lanes: Vec<Standing>,
}

/// What is said of one lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Which.
    pub lane: LaneId,
    /// Whether its platform was asked for.
    pub competes: bool,
    /// The need that it has not.
    pub ruled_out: Option<RuledOut>,
    /// What else excludes it.
    pub excluded: Option<Excluded>,
    /// What the workload takes on it, or why that cannot be said.
    pub predicted: Result<Prediction, String>,
}

/// What excludes a lane by figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Excluded {
    /// Its workers take more memory than there may be.
    Memory {
        /// Bytes.
        takes: f64,
        /// Bytes.
        limit: u64,
    },
    /// Tasks come faster than they get through.
    Rate {
        /// A second.
        most: f64,
    },
}

impl Standing {
    /// Whether it can be chosen.
    #[must_use]
    pub fn is_eligible(&self) -> bool {
        self.competes
            && self.ruled_out.is_none()
            && self.excluded.is_none()
            && self.predicted.is_ok()
    }

    fn order(&self) -> (bool, bool, f64) {
        let figure = self.predicted.as_ref().map_or(f64::INFINITY, |it| it.figure().median);
        (!self.competes, !self.is_eligible(), figure)
    }
}

impl Model {
    /// Predicts a workload on every lane and says which it would be.
    ///
    /// # Errors
    /// As [`Workload::check`].
    pub fn advise(&self, workload: &Workload, of: For) -> Result<Advice, String> {
        workload.check()?;
        let mut lanes: Vec<Standing> = self
            .lanes
            .iter()
            .map(|lane| {
                let predicted = lane.predict(workload);
                let excluded = predicted.as_ref().ok().and_then(|it| exclude(it, workload));
                Standing {
                    competes: of.has(&lane.lane),
                    ruled_out: rule_out(&lane.lane, &workload.needs, &self.verdicts),
                    lane: lane.lane.clone(),
                    excluded,
                    predicted,
                }
            })
            .collect();
        lanes.sort_by(|one, other| {
            let (one, other) = (one.order(), other.order());
            (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2))
        });
        let eligible: Vec<&Standing> = lanes.iter().filter(|it| it.is_eligible()).collect();
        let close = match eligible.as_slice() {
            [first, rest @ ..] => rest.iter().filter(|other| is_close(first, other)).collect(),
            [] => Vec::new(),
        };
        let close: Vec<LaneId> = match eligible.first() {
            Some(first) if !close.is_empty() => std::iter::once(*first)
                .chain(close.into_iter().copied())
                .map(|it| it.lane.clone())
                .collect(),
            _ => Vec::new(),
        };
        let recommended =
            eligible.first().filter(|_| close.is_empty()).map(|first| first.lane.clone());
        let contradiction = contradiction(&workload.needs, of);
        Ok(Advice { recommended, close, contradiction, lanes })
    }
}

impl Model {
    /// How the first lane of an advice and its nearest rivals are proved: a load for each of their platforms, the first
    /// one's first. What a round takes is a platform's, so the same load is the same workload on its lanes alone.
    #[must_use]
    pub fn proofs(&self, advice: &Advice, workload: &Workload) -> Vec<Proof> {
        let mut all: Vec<Proof> = Vec::new();
        for Standing { lane, .. } in advice.lanes.iter().filter(|it| it.is_eligible()).take(PROVED)
        {
            let Some(load) = self.load(lane, workload) else { continue };
            match all.iter_mut().find(|proof| proof.load == load) {
                Some(proof) => proof.lanes.push(lane.clone()),
                None => all.push(Proof { load, lanes: vec![lane.clone()] }),
            }
        }
        all
    }

    /// Where the first lane of an advice stops being it. This takes longer than the advice itself.
    #[must_use]
    pub fn break_evens(&self, advice: &Advice, workload: &Workload) -> Vec<BreakEven> {
        self.break_evens_in_parts(advice, workload).flatten().collect()
    }

    /// The same one after another: for whoever does something else in between.
    pub fn break_evens_in_parts<'a>(
        &'a self,
        advice: &Advice,
        workload: &'a Workload,
    ) -> impl Iterator<Item = Vec<BreakEven>> + use<'a> {
        let eligible: Vec<&Standing> = advice.lanes.iter().filter(|it| it.is_eligible()).collect();
        break_evens(self, &eligible, workload)
    }
}

fn exclude(prediction: &Prediction, workload: &Workload) -> Option<Excluded> {
    if let Amount::Rate(rate) = workload.amount
        && prediction.throughput.median < rate
    {
        return Some(Excluded::Rate { most: prediction.throughput.median });
    }
    let (takes, limit) = (prediction.memory?.median, workload.memory_limit?);
    (takes > limit as f64).then_some(Excluded::Memory { takes, limit })
}

/// Whether the second is not slower by what would be worth it, as far as the fits tell.
fn is_close(first: &Standing, second: &Standing) -> bool {
    let (Ok(first), Ok(second)) = (&first.predicted, &second.predicted) else { return false };
    let ratio = second.figure().median / first.figure().median;
    let pairs = first.draws.iter().zip(&second.draws).skip(1);
    let mut ratios: Vec<f64> = pairs.map(|(first, second)| second / first).collect();
    ratios.sort_by(f64::total_cmp);
    let least = if ratios.is_empty() { ratio } else { quantile(&ratios, 0.1) };
    ratio < 1.0 + WORTH || least < 1.0
}
