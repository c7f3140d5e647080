//! What an idle worker takes of memory.

use protocol::report::Unit;

use super::Starter;
use crate::lane::LaneError;
use crate::op::{Effort, Op, Series};

/// What a worker takes, in bytes, or why that cannot be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Footprint {
    /// All pages that it has mapped.
    pub rss: Result<f64, String>,
    /// The same, each page divided among those who have it.
    pub pss: Result<f64, String>,
    /// The pages that it has alone.
    pub uss: Result<f64, String>,
    /// Its wasm memory.
    pub wasm: Result<f64, String>,
}

/// Takes one sample: a second worker started right after the first would find what that one left.
pub(super) async fn measure(
    lane: &impl Starter,
    op: Op,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let Footprint { rss, pss, uss, wasm } = lane.footprint(effort.placement).await?;
    let series = |metric, bytes: Result<f64, String>| {
        op.series(metric, Unit::Bytes, bytes.map(|bytes| vec![bytes]))
    };
    Ok(vec![series("rss", rss), series("pss", pss), series("uss", uss), series("wasm", wasm)])
}
