//! A figure of a report: its spread, its samples, what it counts, and how its payload crosses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::trace::Crosses;
use crate::trial::Sighting;

/// A figure with its spread and every sample behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Measured {
    /// Of everything below.
    pub unit: Unit,
    /// The median over blocks of the blocks' medians.
    pub median: f64,
    /// Its 95% interval, by a hierarchical bootstrap.
    pub ci95: [f64; 2],
    /// How the payload of one operation got across, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crossing: Option<Crossing>,
    /// How many samples there are.
    pub n: u32,
    /// All of them, in the order in which they were taken. None was dropped.
    pub samples: Vec<f64>,
    /// The block of each sample.
    pub blocks: Vec<u32>,
    /// Of a trial: what was seen, the most frequent first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub seen: Vec<Sighting>,
}

impl Measured {
    /// Whether its samples are as many as it says, each in a block; or all left out, as in a summary.
    pub(super) fn adds_up(&self) -> bool {
        let (samples, blocks) = (self.samples.len(), self.blocks.len());
        samples == blocks && (samples == 0 || samples == self.n as usize)
    }

    /// The samples, block by block.
    #[must_use]
    pub fn by_block(&self) -> Vec<Vec<f64>> {
        let mut all: Vec<(u32, Vec<f64>)> = Vec::new();
        for (block, sample) in self.blocks.iter().zip(&self.samples) {
            match all.last_mut() {
                Some((last, samples)) if last == block => samples.push(*sample),
                _ => all.push((*block, vec![*sample])),
            }
        }
        all.into_iter().map(|(_, samples)| samples).collect()
    }
}

/// How the payload of one operation got from the caller to its workers and back, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Crossing {
    /// As copies, each counted once per crossing however often the mechanism copies it on the way.
    pub copied: u64,
    /// In memory that both sides see.
    pub shared: u64,
    /// In memory that changed its owner.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub moved: u64,
}

impl Crosses {
    /// So many bytes of payload.
    #[must_use]
    pub fn crossing(self, bytes: u64) -> Crossing {
        let mut crossing = Crossing::default();
        match self {
            Self::Copied => crossing.copied = bytes,
            Self::Moved => crossing.moved = bytes,
            Self::Shared => crossing.shared = bytes,
        }
        crossing
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde wants it so; not every target counts it as small"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Unit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// Tasks per second.
    #[serde(rename = "tasks/s")]
    TasksPerSecond,
    /// A part of one, or several times it.
    #[serde(rename = "ratio")]
    Ratio,
}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
            Self::TasksPerSecond => "tasks/s",
            Self::Ratio => "ratio",
        })
    }
}
