//! What a lane can be asked to measure.

use std::fmt;

use protocol::Nanos;
use protocol::report::{Param, Params, Unit};

/// One thing that can be measured on a lane. Closed: the vocabulary of what is measurable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// A worker's life: asked for, first answer, end.
    Startup,
    /// Bytes to a worker and back.
    Echo {
        /// How many each way.
        bytes: u64,
    },
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Startup => out.write_str("startup"),
            Self::Echo { bytes } => write!(out, "echo of {bytes} bytes"),
        }
    }
}

impl Op {
    /// What it gives on every lane, as params: the rows of a lane that cannot do it say so in each. A
    /// lane that shares memory has more.
    #[must_use]
    pub fn rows(self) -> Vec<Params> {
        let row = |metric: &str| match self {
            Self::Startup => params([("metric", metric.into())]),
            Self::Echo { bytes } => params([("bytes", bytes.into()), ("metric", metric.into())]),
        };
        match self {
            Self::Startup => ["first_answer", "exit", "blocked"].map(row).to_vec(),
            Self::Echo { .. } => ["round_trip", "one_way"].map(row).to_vec(),
        }
    }
}

/// Params from pairs.
#[must_use]
pub fn params<const N: usize>(pairs: [(&str, Param); N]) -> Params {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// How much a lane takes pains over one operation in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Samples per block.
    pub samples: u32,
    /// A sample is a batch at least this long, so that the clock's step does not show.
    pub sample_time: Nanos,
}

/// Samples of one kind from one block.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Which row of the report they belong to.
    pub params: Params,
    /// What they count.
    pub unit: Unit,
    /// In the order in which they were taken.
    pub samples: Vec<f64>,
}
