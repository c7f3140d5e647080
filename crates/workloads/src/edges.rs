//! Sobel edges: the length of the brightness gradient, as grey; alpha stays.

use std::ops::Range;

use crate::picture::{CHANNELS, Source};

/// Rows read above and below.
pub(crate) const HALO: u32 = 1;

pub(crate) fn apply(source: &Source<'_>, rows: Range<u32>, out: &mut [u8]) {
    let width = source.dimensions().width() as usize;
    let first = i64::from(rows.start);
    // Three rows of brightness with one pixel of margin on each side: above, here, below.
    let mut lit = [0, 1, 2].map(|_| vec![0_i16; width + 2]);
    brightness(source.row(first - 1), &mut lit[0]);
    brightness(source.row(first), &mut lit[1]);
    let out_rows = out.chunks_exact_mut(source.dimensions().row_bytes());
    for (row, out) in (first..).zip(out_rows) {
        brightness(source.row(row + 1), &mut lit[2]);
        let [above, here, below] = &lit;
        gradient(above, here, below, source.row(row), out);
        lit.rotate_left(1);
    }
}

/// ITU-R BT.601 brightness in 8 bits.
fn brightness(row: &[u8], out: &mut [i16]) {
    let width = out.len() - 2;
    for (out, pixel) in out[1..=width].iter_mut().zip(row.chunks_exact(CHANNELS)) {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        *out = ((77 * red + 150 * green + 29 * blue + 128) >> 8) as i16;
    }
    out[0] = out[1];
    out[width + 1] = out[width];
}

fn gradient(above: &[i16], here: &[i16], below: &[i16], source: &[u8], out: &mut [u8]) {
    let width = above.len() - 2;
    let (above, here, below) = (&above[..width + 2], &here[..width + 2], &below[..width + 2]);
    let pixels = out.chunks_exact_mut(CHANNELS).zip(source.chunks_exact(CHANNELS));
    for (x, (out, pixel)) in pixels.enumerate().take(width) {
        let across =
            (above[x + 2] - above[x]) + 2 * (here[x + 2] - here[x]) + (below[x + 2] - below[x]);
        let down = (below[x] + 2 * below[x + 1] + below[x + 2])
            - (above[x] + 2 * above[x + 1] + above[x + 2]);
        let squared = i32::from(across).pow(2) + i32::from(down).pow(2);
        // IEEE says what a square root is to the last bit, so every target agrees.
        let length = ((squared as f32).sqrt() + 0.5) as i32;
        let grey = length.min(255) as u8;
        out.copy_from_slice(&[grey, grey, grey, pixel[3]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Dimensions;
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
                let length = f64::from(across * across + down * down).sqrt().round().min(255.0);
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
            apply(&Source::new(dimensions, 0, &pixels).unwrap(), 0..height, &mut out);
            prop_assert_eq!(out, reference(dimensions, &pixels));
        }
    }

    #[test]
    fn a_constant_picture_has_no_edges() {
        let dimensions = Dimensions::new(7, 3).unwrap();
        let picture = [9, 200, 31, 77].repeat(21);
        let mut out = vec![1; picture.len()];
        apply(&Source::new(dimensions, 0, &picture).unwrap(), 0..3, &mut out);
        assert_eq!(out, [0, 0, 0, 77].repeat(21));
    }
}
