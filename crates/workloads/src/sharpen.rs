//! Sharpening: five times the pixel less its four neighbours. Alpha stays, and bounds the colours.

use std::ops::Range;

use crate::picture::{CHANNELS, Source};
use crate::vectors::{Loop, Vectors};

/// Rows read above and below.
pub(crate) const HALO: u32 = 1;

pub(crate) fn apply<V: Vectors>(vectors: V, source: &Source<'_>, rows: Range<u32>, out: &mut [u8]) {
    let out_rows = out.chunks_exact_mut(source.dimensions().row_bytes());
    for (row, out) in (i64::from(rows.start)..).zip(out_rows) {
        let [above, here, below] = [row - 1, row, row + 1].map(|row| source.row(row));
        vectors.run(Sharpen { above, here, below, out });
    }
}

struct Sharpen<'a> {
    above: &'a [u8],
    here: &'a [u8],
    below: &'a [u8],
    out: &'a mut [u8],
}

impl Loop for Sharpen<'_> {
    #[inline(always)]
    fn run<V: Vectors, const STEP: usize>(self) {
        let Self { above, here, below, out } = self;
        let last = here.len() - CHANNELS;
        // The edge pixels are their own neighbours.
        let left = here[..CHANNELS].iter().chain(&here[..last]);
        let right = here[CHANNELS..].iter().chain(&here[last..]);
        let neighbours = left.zip(right).zip(above).zip(below);
        for ((out, middle), (((left, right), above), below)) in
            out.iter_mut().zip(here).zip(neighbours)
        {
            let around = [left, right, above, below].map(|it| i16::from(*it)).iter().sum::<i16>();
            *out = (5 * i16::from(*middle) - around).clamp(0, 255) as u8;
        }
        for (out, pixel) in out.chunks_exact_mut(CHANNELS).zip(here.chunks_exact(CHANNELS)) {
            let alpha = pixel[3];
            out.copy_from_slice(&[out[0].min(alpha), out[1].min(alpha), out[2].min(alpha), alpha]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Dimensions, Kernel, Source};

    #[test]
    fn a_flat_picture_stays_and_a_step_grows() {
        let dimensions = Dimensions::new(4, 3).unwrap();
        let flat = [90, 60, 30, 200].repeat(12);
        let mut out = vec![0; flat.len()];
        Kernel::Sharpen.apply(&Source::new(dimensions, 0, &flat).unwrap(), 0..3, &mut out);
        assert_eq!(out, flat);

        let step: Vec<u8> =
            (0..3).flat_map(|_| [[100; 4], [100; 4], [140; 4], [140; 4]].concat()).collect();
        let step: Vec<u8> =
            step.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
        Kernel::Sharpen.apply(&Source::new(dimensions, 0, &step).unwrap(), 0..3, &mut out);
        let row: Vec<u8> = out[16..32].chunks_exact(4).map(|pixel| pixel[0]).collect();
        assert_eq!(row, [100, 60, 180, 140]);
    }
}
