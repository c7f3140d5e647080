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
        let end = here.len();
        let last = end - CHANNELS;
        // The edge pixels are their own neighbours.
        one(&mut out[..CHANNELS], here, [here, &here[CHANNELS.min(last)..], above, below]);
        let edge =
            [&here[last.saturating_sub(CHANNELS)..], &here[last..], &above[last..], &below[last..]];
        one(&mut out[last..], &here[last..], edge);
        if last > CHANNELS {
            let inner = CHANNELS..last;
            let around = [
                &here[..last - CHANNELS],
                &here[2 * CHANNELS..],
                &above[inner.clone()],
                &below[inner.clone()],
            ];
            one(&mut out[inner.clone()], &here[inner], around);
        }
        bound_by_alpha(here, out);
    }
}

/// Samples, with their neighbours to the left, to the right, above and below.
#[inline(always)]
fn one(out: &mut [u8], here: &[u8], around: [&[u8]; 4]) {
    let [left, right, above, below] = around.map(|side| &side[..out.len()]);
    for (at, (out, middle)) in out.iter_mut().zip(here).enumerate() {
        let around = [left[at], right[at], above[at], below[at]].map(i16::from);
        let [left, right, above, below] = around;
        *out = (5 * i16::from(*middle) - left - right - above - below).clamp(0, 255) as u8;
    }
}

/// Alpha as it was, and no colour above it.
#[inline(always)]
fn bound_by_alpha(here: &[u8], out: &mut [u8]) {
    for (out, here) in
        out.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(here.as_chunks::<CHANNELS>().0)
    {
        let alpha = (u32::from_le_bytes(*here) >> 24).wrapping_mul(0x0101_0101).to_le_bytes();
        let colour = *out;
        // Of alpha and itself the smaller is alpha: the last byte need not be told apart.
        let bound =
            [colour[0].min(alpha[0]), colour[1].min(alpha[1]), colour[2].min(alpha[2]), alpha[3]];
        *out = bound;
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
