//! A picture scaled down for showing.

use std::ops::Range;

use crate::picture::{CHANNELS, Dimensions};

/// A small picture, RGBA with alpha that is not premultiplied, as canvases take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// `width * height * 4` bytes.
    pub pixels: Vec<u8>,
}

impl Thumbnail {
    /// The picture with neither side longer than `longest`: each pixel is the mean of a block, so that
    /// thin edges stay visible.
    ///
    /// # Panics
    /// If `longest` is zero, or `pixels` is not the whole picture.
    #[must_use]
    pub fn of(dimensions: Dimensions, pixels: &[u8], longest: u32) -> Self {
        assert_eq!(pixels.len(), dimensions.bytes(), "a thumbnail is of a whole picture");
        let (width, height) = shrunk(dimensions, longest);
        let mut small = Vec::with_capacity((width * height) as usize * CHANNELS);
        for y in 0..height {
            let rows = part(dimensions.height(), height, y);
            for x in 0..width {
                let columns = part(dimensions.width(), width, x);
                small.extend(mean(dimensions, pixels, &columns, &rows));
            }
        }
        straighten(&mut small);
        Self { width, height, pixels: small }
    }
}

/// The size with neither side longer than `longest`, and the shape as near as can be.
///
/// # Panics
/// If `longest` is zero.
#[must_use]
pub fn shrunk(dimensions: Dimensions, longest: u32) -> (u32, u32) {
    let block = dimensions.width().max(dimensions.height()).div_ceil(longest);
    ((dimensions.width() / block).max(1), (dimensions.height() / block).max(1))
}

/// Takes the premultiplication out of RGBA pixels.
pub fn straighten(pixels: &mut [u8]) {
    for pixel in pixels.chunks_exact_mut(CHANNELS) {
        let alpha = u32::from(pixel[3]);
        if alpha != 0 && alpha != 255 {
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * 255 + alpha / 2) / alpha).min(255) as u8;
            }
        }
    }
}

/// The part number `at` of a length that is cut into `count`.
fn part(length: u32, count: u32, at: u32) -> Range<u32> {
    let edge = |at: u32| (u64::from(length) * u64::from(at) / u64::from(count)) as u32;
    edge(at)..edge(at + 1)
}

fn mean(
    dimensions: Dimensions,
    pixels: &[u8],
    columns: &Range<u32>,
    rows: &Range<u32>,
) -> [u8; CHANNELS] {
    let mut sums = [0_u64; CHANNELS];
    for row in rows.clone() {
        let start = row as usize * dimensions.row_bytes();
        let bytes = columns.start as usize * CHANNELS..columns.end as usize * CHANNELS;
        for pixel in pixels[start..][bytes].chunks_exact(CHANNELS) {
            for (sum, channel) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(*channel);
            }
        }
    }
    let count = u64::from(columns.end - columns.start) * u64::from(rows.end - rows.start);
    sums.map(|sum| ((sum + count / 2) / count) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thumbnail(width: u32, height: u32, pixel: [u8; 4], longest: u32) -> Thumbnail {
        let dimensions = Dimensions::new(width, height).unwrap();
        Thumbnail::of(dimensions, &pixel.repeat((width * height) as usize), longest)
    }

    #[test]
    fn any_shape_keeps_its_colour_and_fits() {
        for (width, height, wanted) in [
            (1, 1, (1, 1)),
            (5, 3, (5, 3)),
            (400, 300, (40, 30)),
            (1, 1000, (1, 40)),
            (1000, 1, (40, 1)),
            (997, 41, (39, 1)),
        ] {
            let small = thumbnail(width, height, [10, 20, 30, 255], 40);
            assert_eq!((small.width, small.height), wanted, "{width} × {height}");
            let count = (small.width * small.height) as usize;
            assert_eq!(small.pixels, [10, 20, 30, 255].repeat(count));
        }
    }

    #[test]
    fn alpha_is_taken_out_again() {
        assert_eq!(thumbnail(2, 2, [50, 100, 0, 100], 1).pixels, [128, 255, 0, 100]);
        assert_eq!(thumbnail(2, 2, [0, 0, 0, 0], 1).pixels, [0, 0, 0, 0]);
    }
}
