//! The shape of a picture, and how it is cut into bands.

use std::fmt;
use std::ops::Range;

/// Bytes per pixel: red, green, blue, alpha.
pub const CHANNELS: usize = 4;

/// The largest picture that is worked on, in pixels: 100 megapixels, 400 MB.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Width and height in pixels; neither is zero and the product is at most [`MAX_PIXELS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dimensions {
    width: u32,
    height: u32,
}

/// Why a width and a height are no picture's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DimensionsError {
    width: u32,
    height: u32,
}

impl fmt::Display for DimensionsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height } = self;
        let limit = MAX_PIXELS / 1_000_000;
        write!(out, "a picture of {width} × {height} pixels: it must have 1 to {limit} million")
    }
}

impl std::error::Error for DimensionsError {}

impl Dimensions {
    /// The built-in picture: 12 megapixels.
    pub const BUILT_IN: Self = Self { width: 4000, height: 3000 };

    /// # Errors
    /// If a side is zero or the picture has more than [`MAX_PIXELS`].
    pub fn new(width: u32, height: u32) -> Result<Self, DimensionsError> {
        match u64::from(width) * u64::from(height) {
            1..=MAX_PIXELS => Ok(Self { width, height }),
            _ => Err(DimensionsError { width, height }),
        }
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(self) -> u32 {
        self.height
    }

    /// Pixels in all.
    #[must_use]
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Bytes in a row.
    #[must_use]
    pub fn row_bytes(self) -> usize {
        self.width as usize * CHANNELS
    }

    /// Bytes in all.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.row_bytes() * self.height as usize
    }

    /// Where these rows lie in the picture's bytes.
    #[must_use]
    pub fn byte_range(self, rows: &Range<u32>) -> Range<usize> {
        rows.start as usize * self.row_bytes()..rows.end as usize * self.row_bytes()
    }
}

/// Cuts a picture's rows into one band per worker, of heights that differ by at most one row.
///
/// A picture with fewer rows than workers has fewer bands: none is empty.
///
/// # Panics
/// If `workers` is zero.
#[must_use]
pub fn bands(height: u32, workers: u32) -> Vec<Range<u32>> {
    assert!(workers > 0, "a picture is cut for at least one worker");
    let count = workers.min(height);
    let edge = |band: u32| (u64::from(height) * u64::from(band) / u64::from(count)) as u32;
    (0..count).map(|band| edge(band)..edge(band + 1)).collect()
}

/// Rows of a picture that a kernel reads: all of them, or a band with as many neighbours as its
/// filter needs.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    dimensions: Dimensions,
    first_row: u32,
    pixels: &'a [u8],
}

/// The bytes given are not whole rows inside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceError;

impl fmt::Display for SourceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the bytes are not whole rows of the picture")
    }
}

impl std::error::Error for SourceError {}

impl<'a> Source<'a> {
    /// `pixels` holds the rows of the picture from `first_row` on.
    ///
    /// # Errors
    /// If `pixels` is not a whole number of rows or reaches beyond the picture.
    pub fn new(
        dimensions: Dimensions,
        first_row: u32,
        pixels: &'a [u8],
    ) -> Result<Self, SourceError> {
        let rows = pixels.len() / dimensions.row_bytes();
        let inside = u64::from(first_row) + rows as u64 <= u64::from(dimensions.height);
        if inside && pixels.len().is_multiple_of(dimensions.row_bytes()) {
            Ok(Self { dimensions, first_row, pixels })
        } else {
            Err(SourceError)
        }
    }

    /// The whole picture's shape.
    #[must_use]
    pub fn dimensions(&self) -> Dimensions {
        self.dimensions
    }

    /// The rows that are here.
    #[must_use]
    pub fn rows(&self) -> Range<u32> {
        let count = (self.pixels.len() / self.dimensions.row_bytes()) as u32;
        self.first_row..self.first_row + count
    }

    /// These rows.
    ///
    /// # Panics
    /// If one of them is not here.
    pub(crate) fn bytes(&self, rows: &Range<u32>) -> &'a [u8] {
        let here = rows.start - self.first_row..rows.end - self.first_row;
        &self.pixels[self.dimensions.byte_range(&here)]
    }

    /// One row; a row above or below the picture is its nearest one.
    ///
    /// # Panics
    /// If that row is not among those that are here.
    pub(crate) fn row(&self, row: i64) -> &'a [u8] {
        let nearest = row.clamp(0, i64::from(self.dimensions.height) - 1) as u32;
        let index = (nearest - self.first_row) as usize;
        let bytes = self.dimensions.row_bytes();
        &self.pixels[index * bytes..(index + 1) * bytes]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn impossible_dimensions_are_refused() {
        assert!(Dimensions::new(0, 5).is_err());
        assert!(Dimensions::new(5, 0).is_err());
        assert!(Dimensions::new(u32::MAX, u32::MAX).is_err());
        assert!(Dimensions::new(10_000, 10_000).is_ok());
        assert_eq!(
            Dimensions::new(10_001, 10_000).unwrap_err().to_string(),
            "a picture of 10001 × 10000 pixels: it must have 1 to 100 million"
        );
        assert!(Dimensions::BUILT_IN.pixels() >= 12_000_000);
    }

    #[test]
    fn rows_beyond_the_picture_are_refused() {
        let dimensions = Dimensions::new(2, 3).unwrap();
        assert!(Source::new(dimensions, 0, &[0; 24]).is_ok());
        assert_eq!(Source::new(dimensions, 1, &[0; 16]).unwrap().rows(), 1..3);
        assert!(Source::new(dimensions, 1, &[0; 24]).is_err());
        assert!(Source::new(dimensions, 0, &[0; 23]).is_err());
        assert!(Source::new(dimensions, u32::MAX, &[0; 8]).is_err());
    }

    proptest! {
        #[test]
        fn bands_tile_the_picture(height in 1_u32..100_000, workers in 1_u32..300) {
            let bands = bands(height, workers);
            prop_assert_eq!(bands.len() as u32, workers.min(height));
            prop_assert_eq!(bands[0].start, 0);
            prop_assert_eq!(bands[bands.len() - 1].end, height);
            for pair in bands.windows(2) {
                prop_assert_eq!(pair[0].end, pair[1].start);
            }
            let heights = bands.iter().map(|band| band.end - band.start);
            prop_assert!(heights.clone().max().unwrap() - heights.min().unwrap() <= 1);
        }
    }
}
