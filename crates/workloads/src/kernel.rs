//! The kernels by name, and how one is applied to a band.

use std::ops::Range;

use crate::blur::{self, Sigma};
use crate::picture::Source;
use crate::vectors::{Baseline, Vectors};
use crate::{edges, scene};

/// A kernel that makes a picture, from nothing or from another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// Draws the built-in picture; reads nothing.
    Scene,
    /// Gaussian blur.
    Blur(Sigma),
    /// Sobel edges.
    Edges,
}

impl Kernel {
    /// The rows of a picture of that height that are read to make the rows `rows`.
    #[must_use]
    pub fn reads(self, rows: &Range<u32>, height: u32) -> Range<u32> {
        let halo = match self {
            Self::Scene => return rows.start..rows.start,
            Self::Blur(sigma) => sigma.radius(),
            Self::Edges => edges::HALO,
        };
        rows.start.saturating_sub(halo)..rows.end.saturating_add(halo).min(height)
    }

    /// Makes the rows `rows` of the result in `out`.
    ///
    /// # Panics
    /// If `source` lacks a row that [`Kernel::reads`] names, or `out` is not exactly as long as the
    /// rows: callers check both for what comes from outside.
    pub fn apply(self, source: &Source<'_>, rows: Range<u32>, out: &mut [u8]) {
        self.apply_with(Baseline, source, rows, out);
    }

    pub(crate) fn apply_with(
        self,
        vectors: impl Vectors,
        source: &Source<'_>,
        rows: Range<u32>,
        out: &mut [u8],
    ) {
        let dimensions = source.dimensions();
        assert_eq!(out.len(), dimensions.byte_range(&rows).len(), "the output holds just the rows");
        match self {
            Self::Scene => scene::draw(dimensions, rows, out),
            Self::Blur(sigma) => blur::apply(vectors, sigma, source, rows, out),
            Self::Edges => edges::apply(vectors, source, rows, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dimensions, bands};

    /// Every worker count and odd shape gives the same bytes as one worker over the whole picture.
    #[test]
    fn bands_with_their_halo_equal_the_whole() {
        let kernels = [Kernel::Scene, Kernel::Edges, Kernel::Blur(Sigma::DEFAULT)];
        for (width, height) in [(1, 1), (1, 17), (17, 1), (2, 2), (31, 37), (64, 13)] {
            let dimensions = Dimensions::new(width, height).unwrap();
            let mut picture = vec![0; dimensions.bytes()];
            scene::draw(dimensions, 0..height, &mut picture);
            for kernel in kernels {
                let mut whole = vec![0; dimensions.bytes()];
                let source = Source::new(dimensions, 0, &picture).unwrap();
                kernel.apply(&source, 0..height, &mut whole);
                for workers in 1..=height {
                    let mut pieced = vec![0; dimensions.bytes()];
                    for band in bands(height, workers) {
                        let reads = kernel.reads(&band, height);
                        let part = &picture[dimensions.byte_range(&reads)];
                        let source = Source::new(dimensions, reads.start, part).unwrap();
                        let range = dimensions.byte_range(&band);
                        kernel.apply(&source, band, &mut pieced[range]);
                    }
                    assert!(whole == pieced, "{kernel:?} {width}×{height}, {workers} workers");
                }
            }
        }
    }
}
