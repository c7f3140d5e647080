//! Sobel edges: the length of the brightness gradient, as grey; alpha stays, and bounds it.

use std::ops::Range;

use crate::picture::{CHANNELS, Source};
use crate::vectors::{Loop, Vectors};

/// From here on an f32 has no bits for fractions.
const TWO_TO_23: f32 = 8_388_608.0;

/// Rows read above and below.
pub(crate) const HALO: u32 = 1;

pub(crate) fn apply<V: Vectors>(vectors: V, source: &Source<'_>, rows: Range<u32>, out: &mut [u8]) {
    let width = source.dimensions().width() as usize;
    let first = i64::from(rows.start);
    // Three rows of brightness with one pixel of margin on each side: above, here, below.
    let mut lit = [0, 1, 2].map(|_| vec![0_i16; width + 2]);
    brightness(source.row(first - 1), &mut lit[0]);
    brightness(source.row(first), &mut lit[1]);
    let out_rows = out.chunks_exact_mut(source.dimensions().row_bytes());
    for (row, out) in (first..).zip(out_rows) {
        vectors.run(Brightness { row: source.row(row + 1), out: &mut lit[2] });
        let [above, here, below] = &lit;
        vectors.run(Gradient { above, here, below, source: source.row(row), out });
        lit.rotate_left(1);
    }
}

struct Gradient<'a> {
    above: &'a [i16],
    here: &'a [i16],
    below: &'a [i16],
    source: &'a [u8],
    out: &'a mut [u8],
}

impl Loop for Gradient<'_> {
    #[inline(always)]
    fn run<V: Vectors, const STEP: usize>(self) {
        gradient(self.above, self.here, self.below, self.source, self.out);
    }
}

struct Brightness<'a> {
    row: &'a [u8],
    out: &'a mut [i16],
}

impl Loop for Brightness<'_> {
    #[inline(always)]
    fn run<V: Vectors, const STEP: usize>(self) {
        brightness(self.row, self.out);
    }
}

/// ITU-R BT.601 brightness in 8 bits.
#[inline(always)]
fn brightness(row: &[u8], out: &mut [i16]) {
    let width = out.len() - 2;
    for (out, pixel) in out[1..=width].iter_mut().zip(row.chunks_exact(CHANNELS)) {
        let pixel = u32::from_le_bytes([pixel[0], pixel[1], pixel[2], pixel[3]]);
        let [red, green, blue] = [pixel & 0xff, pixel >> 8 & 0xff, pixel >> 16 & 0xff];
        *out = ((77 * red + 150 * green + 29 * blue + 128) >> 8) as i16;
    }
    out[0] = out[1];
    out[width + 1] = out[width];
}

#[inline(always)]
fn gradient(above: &[i16], here: &[i16], below: &[i16], source: &[u8], out: &mut [u8]) {
    let width = above.len() - 2;
    let [above, here, below] = [above, here, below].map(|row| {
        let (left, middle, right) = (&row[..width], &row[1..=width], &row[2..]);
        left.iter().zip(middle).zip(right).map(|((left, middle), right)| (*left, *middle, *right))
    });
    let rows = above.zip(here).zip(below);
    let pixels = out.chunks_exact_mut(CHANNELS).zip(source.chunks_exact(CHANNELS));
    for ((out, pixel), ((above, here), below)) in pixels.zip(rows) {
        let across = (above.2 - above.0) + 2 * (here.2 - here.0) + (below.2 - below.0);
        let down = (below.0 + 2 * below.1 + below.2) - (above.0 + 2 * above.1 + above.2);
        let squared = i32::from(across) * i32::from(across) + i32::from(down) * i32::from(down);
        // IEEE says what a square root is to the last bit, so every target agrees. Added to 2^23, it
        // is rounded to the whole number that the last bits then are: Rust's own conversion saturates,
        // which 128-bit vectors have no instruction for.
        let length = ((squared as f32).sqrt() + TWO_TO_23).to_bits() & 0x7f_ffff;
        let alpha = u32::from(pixel[3]);
        // Alpha is premultiplied: no channel is greater.
        let grey = length.min(alpha);
        out.copy_from_slice(&(grey | grey << 8 | grey << 16 | alpha << 24).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Dimensions;
    use crate::vectors::Baseline;
    use proptest::prelude::*;

    /// The two 3 × 3 convolutions as they stand in textbooks.
    fn reference(dimensions: Dimensions, picture: &[u8]) -> Vec<u8> {
        const ACROSS: [[i32; 3]; 3] = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]];
        const DOWN: [[i32; 3]; 3] = [[-1, -2, -1], [0, 0, 0], [1, 2, 1]];
        let (width, height) = (i64::from(dimensions.width()), i64::from(dimensions.height()));
        let pixel = |x: i64, y: i64| {
            let (x, y) = (x.clamp(0, width - 1), y.clamp(0, height - 1));
            &picture[(y * width + x) as usize * CHANNELS..][..CHANNELS]
        };
        let lit = |x: i64, y: i64| {
            let pixel = pixel(x, y);
            let weighted = 77 * i32::from(pixel[0]) + 150 * i32::from(pixel[1]);
            (weighted + 29 * i32::from(pixel[2]) + 128) / 256
        };
        let mut out = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let (mut across, mut down) = (0, 0);
                for dy in 0..3 {
                    for dx in 0..3 {
                        let light = lit(x + dx - 1, y + dy - 1);
                        across += ACROSS[dy as usize][dx as usize] * light;
                        down += DOWN[dy as usize][dx as usize] * light;
                    }
                }
                let alpha = f64::from(pixel(x, y)[3]);
                let length = f64::from(across * across + down * down).sqrt().round().min(alpha);
                out.extend([length as u8, length as u8, length as u8, pixel(x, y)[3]]);
            }
        }
        out
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            (width, height, pixels) in (1_u32..20, 1_u32..20).prop_flat_map(|(width, height)| {
                let bytes = (width * height) as usize * CHANNELS;
                (Just(width), Just(height), prop::collection::vec(any::<u8>(), bytes))
            })
        ) {
            let dimensions = Dimensions::new(width, height).unwrap();
            let mut out = vec![0; pixels.len()];
            apply(Baseline, &Source::new(dimensions, 0, &pixels).unwrap(), 0..height, &mut out);
            prop_assert_eq!(out, reference(dimensions, &pixels));
        }
    }

    #[test]
    fn a_constant_picture_has_no_edges() {
        let dimensions = Dimensions::new(7, 3).unwrap();
        let picture = [9, 200, 31, 77].repeat(21);
        let mut out = vec![1; picture.len()];
        apply(Baseline, &Source::new(dimensions, 0, &picture).unwrap(), 0..3, &mut out);
        assert_eq!(out, [0, 0, 0, 77].repeat(21));
    }
}
