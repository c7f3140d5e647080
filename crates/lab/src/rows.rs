//! Samples on their way to a report: by row, and by block.

use std::collections::BTreeMap;

use protocol::Stage;
use protocol::report::{Crossing, Measured, Params, RowOutcome, Unit};

use crate::op::Series;

/// Rows with their samples, in the order in which the lane tells them.
#[derive(Default)]
pub(crate) struct Rows(Vec<(Params, Samples)>);

/// The samples of a row, block by block.
struct Samples {
    unit: Unit,
    crossing: Option<Crossing>,
    blocks: BTreeMap<u32, Vec<f64>>,
}

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In how many blocks the first row has samples.
    pub(crate) fn blocks(&self) -> usize {
        self.0.first().map_or(0, |(_, samples)| samples.blocks.len())
    }

    pub(crate) fn add(&mut self, block: u32, all: Vec<Series>) {
        for Series { params, unit, crossing, samples } in all {
            match self.0.iter_mut().find(|(known, _)| *known == params) {
                Some((_, found)) => {
                    found.blocks.insert(block, samples);
                }
                None => {
                    let blocks = BTreeMap::from([(block, samples)]);
                    self.0.push((params, Samples { unit, crossing, blocks }));
                }
            }
        }
    }

    /// Of the first row in a block.
    pub(crate) fn median(&self, block: u32) -> Option<f64> {
        let samples = self.0.first()?.1.blocks.get(&block)?;
        Some(stats::Summary::of(samples)?.median)
    }

    pub(crate) fn outcomes(&self, seed: u64) -> impl Iterator<Item = (Params, RowOutcome)> {
        self.0.iter().map(move |(params, samples)| {
            let outcome = samples.measured(seed).map_or_else(
                || {
                    let error = "a sample is not a finite number".to_owned();
                    RowOutcome::Failed { stage: Stage::Check, error }
                },
                RowOutcome::Measured,
            );
            (params.clone(), outcome)
        })
    }
}

impl Samples {
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
        })
    }
}
