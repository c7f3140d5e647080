//! Samples on their way to a report: by row, and by block.

use std::collections::BTreeMap;

use protocol::Stage;
use protocol::report::{Crossing, Measured, Params, RowOutcome, Unit};
use protocol::trial::{Facts, Sighting};

use crate::op::Series;

/// Rows with their samples, in the order in which the lane tells them.
#[derive(Default)]
pub(crate) struct Rows(Vec<(Params, Samples)>);

/// The samples of a row, block by block.
struct Samples {
    unit: Unit,
    crossing: Option<Crossing>,
    blocks: BTreeMap<u32, Vec<f64>>,
    seen: BTreeMap<u32, Facts>,
    /// Why there are none, of the first block without any: those of the others alone would be a choice of
    /// the longer ones.
    missing: Option<String>,
}

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In how many blocks there are samples.
    pub(crate) fn blocks(&self) -> usize {
        self.0.iter().map(|(_, samples)| samples.blocks.len()).max().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, block: u32, all: Vec<Series>) {
        for Series { params, unit, crossing, samples, seen } in all {
            let at = self.0.iter().position(|(known, _)| *known == params).unwrap_or_else(|| {
                self.0.push((params, Samples::new(unit, crossing)));
                self.0.len() - 1
            });
            let found = &mut self.0[at].1;
            found.seen.extend(seen.map(|seen| (block, seen)));
            match samples {
                Ok(samples) => {
                    found.blocks.insert(block, samples);
                }
                Err(reason) => {
                    found.missing.get_or_insert(reason);
                }
            }
        }
    }

    /// Takes a block out again.
    pub(crate) fn forget(&mut self, block: u32) {
        for (_, samples) in &mut self.0 {
            samples.blocks.remove(&block);
            samples.seen.remove(&block);
        }
        self.0.retain(|(_, samples)| !samples.blocks.is_empty() || samples.missing.is_some());
    }

    /// Of the first row in a block.
    pub(crate) fn median(&self, block: u32) -> Option<f64> {
        let samples = self.0.first()?.1.blocks.get(&block)?;
        Some(stats::Summary::of(samples)?.median)
    }

    pub(crate) fn outcomes(&self, seed: u64) -> impl Iterator<Item = (Params, RowOutcome)> {
        self.0.iter().map(move |(params, samples)| {
            let outcome = match &samples.missing {
                Some(reason) => RowOutcome::Unavailable { reason: reason.clone() },
                None => samples.measured(seed).map_or_else(
                    || {
                        let error = "a sample is not a finite number".to_owned();
                        RowOutcome::Failed { stage: Stage::Check, error }
                    },
                    RowOutcome::Measured,
                ),
            };
            (params.clone(), outcome)
        })
    }
}

impl Samples {
    fn new(unit: Unit, crossing: Option<Crossing>) -> Self {
        Self { unit, crossing, blocks: BTreeMap::new(), seen: BTreeMap::new(), missing: None }
    }

    /// What was seen, the most frequent first.
    fn sightings(&self) -> Vec<Sighting> {
        let mut all: Vec<Sighting> = Vec::new();
        for facts in self.seen.values() {
            match all.iter_mut().find(|known| known.facts == *facts) {
                Some(known) => known.times += 1,
                None => all.push(Sighting { facts: facts.clone(), times: 1 }),
            }
        }
        all.sort_by_key(|sighting| std::cmp::Reverse(sighting.times));
        all
    }

    /// None if a block is empty or a sample not finite.
    fn measured(&self, seed: u64) -> Option<Measured> {
        let blocks: Vec<Vec<f64>> = self.blocks.values().cloned().collect();
        // The same samples give the same interval.
        let estimate = stats::median(&blocks, &mut fastrand::Rng::with_seed(seed))?;
        let samples: Vec<f64> = blocks.concat();
        let numbers = self.blocks.iter();
        Some(Measured {
            unit: self.unit,
            median: estimate.value,
            ci95: [estimate.interval.low, estimate.interval.high],
            crossing: self.crossing,
            n: samples.len() as u32,
            blocks: numbers.flat_map(|(block, samples)| vec![*block; samples.len()]).collect(),
            samples,
            seen: self.sightings(),
        })
    }
}
