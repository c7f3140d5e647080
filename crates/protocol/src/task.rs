//! What a lane is asked to do on one visit.

use serde::{Deserialize, Serialize};
use workloads::{Dimensions, DimensionsError, Kernel, Sigma, SigmaError};

/// The most workers that may be asked for: a bound, not advice.
pub const MAX_WORKERS: u32 = 64;
/// The most timed runs in one visit.
pub const MAX_RUNS: u32 = 100;

/// A filter over the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Gaussian blur.
    Blur {
        /// Its standard deviation in pixels, 0.3 to 100.
        sigma: f64,
    },
    /// Sobel edges.
    Edges,
}

impl TryFrom<Filter> for Kernel {
    type Error = SigmaError;

    fn try_from(filter: Filter) -> Result<Self, SigmaError> {
        match filter {
            Filter::Blur { sigma } => Sigma::new(sigma).map(Self::Blur),
            Filter::Edges => Ok(Self::Edges),
        }
    }
}

/// One visit of a lane: fresh workers, the built-in picture drawn, one untimed run of the filter to
/// warm up, then the timed ones, then the workers' end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What is done with the picture.
    pub filter: Filter,
    /// The picture's width in pixels.
    pub width: u32,
    /// The picture's height in pixels.
    pub height: u32,
    /// How many workers, 1 to [`MAX_WORKERS`].
    pub workers: u32,
    /// How many timed runs, 1 to [`MAX_RUNS`].
    pub runs: u32,
}

/// Why a task is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TaskError {
    /// Width or height.
    #[error(transparent)]
    Dimensions(#[from] DimensionsError),
    /// The blur's sigma.
    #[error(transparent)]
    Sigma(#[from] SigmaError),
    /// The number of workers.
    #[error("{0} workers were asked for: it takes 1 to {MAX_WORKERS}")]
    Workers(u32),
    /// The number of runs.
    #[error("{0} runs were asked for: it takes 1 to {MAX_RUNS}")]
    Runs(u32),
}

impl Task {
    /// The picture's shape and the kernel, if everything is within its bounds. Nothing that comes
    /// from outside is used before this has passed.
    ///
    /// # Errors
    /// Says which bound is broken.
    pub fn check(&self) -> Result<(Dimensions, Kernel), TaskError> {
        if !(1..=MAX_WORKERS).contains(&self.workers) {
            return Err(TaskError::Workers(self.workers));
        }
        if !(1..=MAX_RUNS).contains(&self.runs) {
            return Err(TaskError::Runs(self.runs));
        }
        Ok((Dimensions::new(self.width, self.height)?, self.filter.try_into()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Task =
        Task { filter: Filter::Blur { sigma: 3.0 }, width: 40, height: 30, workers: 2, runs: 3 };

    #[test]
    fn bounds_are_checked() {
        assert!(GOOD.check().is_ok());
        for (wrong, says) in [
            (Task { workers: 0, ..GOOD }, "0 workers were asked for: it takes 1 to 64"),
            (Task { workers: 65, ..GOOD }, "65 workers were asked for: it takes 1 to 64"),
            (Task { runs: 0, ..GOOD }, "0 runs were asked for: it takes 1 to 100"),
            (Task { runs: 101, ..GOOD }, "101 runs were asked for: it takes 1 to 100"),
            (
                Task { width: 0, ..GOOD },
                "a picture of 0 × 30 pixels: it must have 1 to 100 million",
            ),
            (
                Task { filter: Filter::Blur { sigma: 0.0 }, ..GOOD },
                "a blur's sigma is 0.3 to 100 pixels, not 0",
            ),
        ] {
            assert_eq!(wrong.check().unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn the_wire_form_is_stable() {
        assert_eq!(
            serde_json::to_string(&GOOD).unwrap(),
            r#"{"filter":{"blur":{"sigma":3.0}},"width":40,"height":30,"workers":2,"runs":3}"#
        );
        assert_eq!(serde_json::to_string(&Filter::Edges).unwrap(), r#""edges""#);
    }
}
