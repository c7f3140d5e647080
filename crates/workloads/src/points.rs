//! Filters that look at one pixel at a time. Alpha stays, and bounds the colours, which are premultiplied.

use std::ops::Range;

use crate::picture::{CHANNELS, Source};
use crate::vectors::{Loop, Vectors};

/// White, as the seed's example has it: every byte 255.
pub(crate) fn fill(out: &mut [u8]) {
    out.fill(255);
}

/// ITU-R BT.601 brightness in all three colours.
pub(crate) fn greyscale<V: Vectors>(
    vectors: V,
    source: &Source<'_>,
    rows: Range<u32>,
    out: &mut [u8],
) {
    each_row(source, rows, out, |row, out| vectors.run(Greyscale { row, out }));
}

/// What is missing to white.
pub(crate) fn invert<V: Vectors>(
    vectors: V,
    source: &Source<'_>,
    rows: Range<u32>,
    out: &mut [u8],
) {
    each_row(source, rows, out, |row, out| vectors.run(Invert { row, out }));
}

fn each_row(
    source: &Source<'_>,
    rows: Range<u32>,
    out: &mut [u8],
    mut make: impl FnMut(&[u8], &mut [u8]),
) {
    let out_rows = out.chunks_exact_mut(source.dimensions().row_bytes());
    for (row, out) in (i64::from(rows.start)..).zip(out_rows) {
        make(source.row(row), out);
    }
}

struct Greyscale<'a> {
    row: &'a [u8],
    out: &'a mut [u8],
}

impl Loop for Greyscale<'_> {
    #[inline(always)]
    fn run<V: Vectors, const STEP: usize>(self) {
        let (out, out_rest) = self.out.as_chunks_mut::<GROUP>();
        let (row, row_rest) = self.row.as_chunks::<GROUP>();
        for (out, row) in out.iter_mut().zip(row) {
            let mut pixels = [0; GROUP / CHANNELS];
            for (pixel, bytes) in pixels.iter_mut().zip(row.as_chunks().0) {
                *pixel = grey(u32::from_le_bytes(*bytes));
            }
            for (bytes, pixel) in out.as_chunks_mut().0.iter_mut().zip(pixels) {
                *bytes = pixel.to_le_bytes();
            }
        }
        for (out, pixel) in out_rest.as_chunks_mut().0.iter_mut().zip(row_rest.as_chunks().0) {
            *out = grey(u32::from_le_bytes(*pixel)).to_le_bytes();
        }
    }
}

/// Bytes that are worked on together: the compilers of 128 bits take single pixels one by one.
const GROUP: usize = 64;

#[inline(always)]
fn grey(pixel: u32) -> u32 {
    let [red, green, blue] = [pixel & 0xff, (pixel >> 8) & 0xff, (pixel >> 16) & 0xff];
    let grey = (77 * red + 150 * green + 29 * blue + 128) >> 8;
    (grey * 0x0001_0101) | (pixel & 0xff00_0000)
}

struct Invert<'a> {
    row: &'a [u8],
    out: &'a mut [u8],
}

impl Loop for Invert<'_> {
    #[inline(always)]
    fn run<V: Vectors, const STEP: usize>(self) {
        let pixels = self.out.chunks_exact_mut(CHANNELS).zip(self.row.chunks_exact(CHANNELS));
        for (out, pixel) in pixels {
            let alpha = pixel[3];
            // A colour above alpha is none: such a pixel stays as dark as it can be.
            let missing = |colour: u8| alpha.saturating_sub(colour);
            out.copy_from_slice(&[missing(pixel[0]), missing(pixel[1]), missing(pixel[2]), alpha]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Dimensions, Kernel, Source};

    fn made(kernel: Kernel, pixels: &[u8]) -> Vec<u8> {
        let dimensions = Dimensions::new(pixels.len() as u32 / 4, 1).unwrap();
        let mut out = vec![0; pixels.len()];
        kernel.apply(&Source::new(dimensions, 0, pixels).unwrap(), 0..1, &mut out);
        out
    }

    #[test]
    fn known_pixels_become_known_pixels() {
        let pixels = [255, 0, 0, 255, 10, 20, 30, 40, 255, 255, 255, 255, 0, 0, 0, 0];
        assert_eq!(made(Kernel::Fill, &pixels), [255; 16]);
        let grey = made(Kernel::Greyscale, &pixels);
        assert_eq!(grey, [77, 77, 77, 255, 18, 18, 18, 40, 255, 255, 255, 255, 0, 0, 0, 0]);
        let inverted = made(Kernel::Invert, &pixels);
        assert_eq!(inverted, [0, 255, 255, 255, 30, 20, 10, 40, 0, 0, 0, 255, 0, 0, 0, 0]);
        assert_eq!(made(Kernel::Invert, &inverted), pixels, "twice is not at all");
    }
}
