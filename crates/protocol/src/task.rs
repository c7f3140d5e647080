//! What a lane is asked to do on one visit.

use serde::{Deserialize, Serialize};
use workloads::{Checksum, Dimensions, DimensionsError, Kernel, Sigma, SigmaError};

use crate::hexadecimal;

/// The most workers that may be asked for: a bound, not advice.
pub const MAX_WORKERS: u32 = 64;
/// The most timed runs in one visit.
pub const MAX_RUNS: u32 = 100;

/// The largest picture of the visitor's own, in pixels: 64 megapixels, 256 MB.
pub const MAX_OWN_PIXELS: u64 = 64_000_000;

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
    /// Every byte 255.
    Fill,
    /// Brightness alone.
    Greyscale,
    /// What is missing to white.
    Invert,
    /// Each pixel set off against its neighbours.
    Sharpen,
    /// The whole picture in another size.
    Resize {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
}

impl Filter {
    /// Every one, the blur with this sigma and the other size so wide and high.
    #[must_use]
    pub const fn all(sigma: f64, [width, height]: [u32; 2]) -> [Self; 7] {
        [
            Self::Blur { sigma },
            Self::Edges,
            Self::Greyscale,
            Self::Invert,
            Self::Sharpen,
            Self::Fill,
            Self::Resize { width, height },
        ]
    }

    /// As on the command line, without its parameter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blur { .. } => "blur",
            Self::Edges => "edges",
            Self::Fill => "fill",
            Self::Greyscale => "greyscale",
            Self::Invert => "invert",
            Self::Sharpen => "sharpen",
            Self::Resize { .. } => "resize",
        }
    }
}

impl TryFrom<Filter> for Kernel {
    type Error = FilterError;

    fn try_from(filter: Filter) -> Result<Self, FilterError> {
        match filter {
            Filter::Blur { sigma } => Ok(Self::Blur(Sigma::new(sigma)?)),
            Filter::Edges => Ok(Self::Edges),
            Filter::Fill => Ok(Self::Fill),
            Filter::Greyscale => Ok(Self::Greyscale),
            Filter::Invert => Ok(Self::Invert),
            Filter::Sharpen => Ok(Self::Sharpen),
            Filter::Resize { width, height } => Ok(Self::Resize(Dimensions::new(width, height)?)),
        }
    }
}

/// Why a filter is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FilterError {
    /// The blur's sigma.
    #[error(transparent)]
    Sigma(#[from] SigmaError),
    /// The size that the picture is to have.
    #[error("resized: {0}")]
    Size(#[from] DimensionsError),
}

/// The picture that is filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// Drawn by the lane itself, at any size.
    BuiltIn,
    /// The visitor's own, which the lane's side has been given apart from the task: that with this
    /// checksum.
    Own(#[serde(with = "hexadecimal")] Checksum),
}

/// One visit of a lane: fresh workers, the picture (the built-in one is drawn by them), one untimed
/// run of the filter to warm up, then the timed ones, then the workers' end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What is done with the picture.
    pub filter: Filter,
    /// Which picture.
    pub picture: Picture,
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
    /// An own picture's size.
    #[error("an own picture of {pixels} pixels: it may have {} million", MAX_OWN_PIXELS / 1_000_000)]
    OwnPicture {
        /// How many it has.
        pixels: u64,
    },
    /// The filter.
    #[error(transparent)]
    Filter(#[from] FilterError),
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
        let dimensions = Dimensions::new(self.width, self.height)?;
        if self.picture != Picture::BuiltIn && dimensions.pixels() > MAX_OWN_PIXELS {
            return Err(TaskError::OwnPicture { pixels: dimensions.pixels() });
        }
        Ok((dimensions, self.filter.try_into()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Task = Task {
        filter: Filter::Blur { sigma: 3.0 },
        picture: Picture::BuiltIn,
        width: 40,
        height: 30,
        workers: 2,
        runs: 3,
    };

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
                Task { picture: Picture::Own(Checksum(1)), width: 8001, height: 8000, ..GOOD },
                "an own picture of 64008000 pixels: it may have 64 million",
            ),
            (
                Task { filter: Filter::Blur { sigma: 0.0 }, ..GOOD },
                "a blur's sigma is 0.3 to 100 pixels, not 0",
            ),
            (
                Task { filter: Filter::Resize { width: 9, height: 0 }, ..GOOD },
                "resized: a picture of 9 × 0 pixels: it must have 1 to 100 million",
            ),
        ] {
            assert_eq!(wrong.check().unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn the_wire_form_is_stable() {
        assert_eq!(
            serde_json::to_string(&GOOD).unwrap(),
            r#"{"filter":{"blur":{"sigma":3.0}},"picture":"built_in","width":40,"height":30,"workers":2,"runs":3}"#
        );
        let own = serde_json::to_string(&Picture::Own(Checksum(17))).unwrap();
        assert_eq!(own, r#"{"own":"0000000000000011"}"#);
        assert_eq!(serde_json::to_string(&Filter::Edges).unwrap(), r#""edges""#);
    }
}
