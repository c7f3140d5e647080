//! The kernels by name, and how one is applied to a band.

use std::ops::Range;

use crate::blur::{self, Sigma};
use crate::picture::{Dimensions, Source, bands};
use crate::vectors::{Baseline, Vectors};
use crate::{edges, points, resize, scene, sharpen};

/// A kernel that makes a picture, from nothing or from another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// Draws the built-in picture; reads nothing.
    Scene,
    /// Gaussian blur.
    Blur(Sigma),
    /// Sobel edges.
    Edges,
    /// Every byte 255; reads nothing.
    Fill,
    /// Brightness alone.
    Greyscale,
    /// What is missing to white.
    Invert,
    /// Each pixel set off against its neighbours.
    Sharpen,
    /// The whole picture in another size; the one kernel whose result has not its source's shape.
    Resize(Dimensions),
}

impl Kernel {
    /// Every one, the blur with this sigma and the result of the resize so large.
    #[must_use]
    pub const fn all(sigma: Sigma, size: Dimensions) -> [Self; 8] {
        [
            Self::Scene,
            Self::Blur(sigma),
            Self::Edges,
            Self::Fill,
            Self::Greyscale,
            Self::Invert,
            Self::Sharpen,
            Self::Resize(size),
        ]
    }

    /// What it makes of a picture of that shape.
    #[must_use]
    pub fn makes(self, source: Dimensions) -> Dimensions {
        match self {
            Self::Resize(size) => size,
            _ => source,
        }
    }

    /// Cuts the result's rows into one band per worker, as even as the kernel lets them be; none is empty.
    ///
    /// # Panics
    /// If `workers` is zero.
    #[must_use]
    pub fn bands(self, source: Dimensions, workers: u32) -> Vec<Range<u32>> {
        let height = self.makes(source).height();
        let step = self.step(height);
        let steps = bands(height.div_ceil(step), workers).into_iter();
        steps.map(|band| band.start * step..(band.end * step).min(height)).collect()
    }

    /// Whether these rows can be made apart from the others.
    #[must_use]
    pub fn is_band(self, rows: &Range<u32>, source: Dimensions) -> bool {
        let height = self.makes(source).height();
        let step = self.step(height);
        let is_edge = |row: u32| row.is_multiple_of(step) || row == height;
        rows.start < rows.end && rows.end <= height && is_edge(rows.start) && is_edge(rows.end)
    }

    /// Every band begins with a multiple of so many rows.
    fn step(self, height: u32) -> u32 {
        match self {
            Self::Resize(_) => resize::slice(height),
            _ => 1,
        }
    }

    /// The rows of a source of that height that are read to make the rows `rows` of the result.
    #[must_use]
    pub fn reads(self, rows: &Range<u32>, height: u32) -> Range<u32> {
        let halo = match self {
            Self::Scene | Self::Fill => return rows.start..rows.start,
            Self::Greyscale | Self::Invert => 0,
            Self::Sharpen => sharpen::HALO,
            Self::Blur(sigma) => sigma.radius(),
            Self::Edges => edges::HALO,
            Self::Resize(size) => return resize::reads(rows, size.height(), height),
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
        let made = self.makes(dimensions).byte_range(&rows).len();
        assert_eq!(out.len(), made, "the output holds just the rows");
        match self {
            Self::Scene => scene::draw(dimensions, rows, out),
            Self::Blur(sigma) => blur::apply(vectors, sigma, source, rows, out),
            Self::Edges => edges::apply(vectors, source, rows, out),
            Self::Fill => points::fill(out),
            Self::Greyscale => points::greyscale(vectors, source, rows, out),
            Self::Invert => points::invert(vectors, source, rows, out),
            Self::Sharpen => sharpen::apply(vectors, source, rows, out),
            Self::Resize(size) => resize::apply(size, source, rows, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every worker count and odd shape gives the same bytes as one worker over the whole picture.
    #[test]
    fn bands_with_their_halo_equal_the_whole() {
        for (width, height) in [(1, 1), (1, 17), (17, 1), (2, 2), (31, 37), (64, 13)] {
            let dimensions = Dimensions::new(width, height).unwrap();
            let mut picture = vec![0; dimensions.bytes()];
            scene::draw(dimensions, 0..height, &mut picture);
            let size = Dimensions::new(width * 3 / 2, height * 5).unwrap();
            for kernel in Kernel::all(Sigma::DEFAULT, size) {
                let made = kernel.makes(dimensions);
                let mut whole = vec![0; made.bytes()];
                let source = Source::new(dimensions, 0, &picture).unwrap();
                kernel.apply(&source, 0..made.height(), &mut whole);
                for workers in 1..=height {
                    let mut pieced = vec![0; made.bytes()];
                    for band in kernel.bands(dimensions, workers) {
                        assert!(kernel.is_band(&band, dimensions));
                        let reads = kernel.reads(&band, height);
                        let part = &picture[dimensions.byte_range(&reads)];
                        let source = Source::new(dimensions, reads.start, part).unwrap();
                        let range = made.byte_range(&band);
                        kernel.apply(&source, band, &mut pieced[range]);
                    }
                    assert!(whole == pieced, "{kernel:?} {width}×{height}, {workers} workers");
                }
            }
        }
    }
}
