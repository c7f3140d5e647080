//! The decision guide: what a report says about somebody's own workload.
//!
//! [`Model::fit`] takes what a lane's tasks cost out of a report's rows, [`Model::advise`] predicts a [`Workload`] with
//! it and says which lane it would be. Times are in nanoseconds, sizes in bytes. METHODOLOGY.md says how.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod advice;
mod break_even;
mod curve;
mod link;
#[cfg(test)]
mod made;
mod map;
mod model;
mod needs;
mod predict;
mod presets;
mod rows;
mod sketch;
#[cfg(test)]
mod tests;
mod words;
mod workload;

pub use advice::{Advice, Excluded, Standing};
pub use break_even::{Axis, BreakEven, Change};
pub use map::{Map, Winner};
pub use model::{Fitting, Missing, Model};
pub use needs::{Need, RuledOut};
pub use predict::{Figure, Prediction};
pub use presets::{PRESETS, Preset};
pub use sketch::{Sketch, sketches};
pub use words::{Cells, answer, figures, question, reasons};
pub use workload::{Amount, For, Workload};
