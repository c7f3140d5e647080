//! Gaussian blur: separable, in fixed point.
//!
//! A row is blurred horizontally once, into a ring of as many rows as the vertical pass reads, so
//! that the intermediate stays in the cache. Weights have 14 fraction bits and sum to exactly one;
//! the intermediate keeps 6 bits below the byte, so that the sum of two mirrored samples fits i16.

use std::fmt;
use std::ops::Range;

use crate::picture::{CHANNELS, Source};

/// The kernel ends where the Gaussian falls below this part of its peak: libvips' default, which
/// npm's sharp uses, so that the two can be compared.
const CUT_OFF: f64 = 0.2;

const WEIGHT_BITS: u32 = 14;
const KEPT_BITS: u32 = 6;
/// Samples per step of the inner loops: enough for eight 128-bit registers of i32.
const STEP: usize = 32;

/// The standard deviation of a Gaussian blur in pixels: 0.3 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sigma(f64);

/// A sigma out of range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SigmaError(f64);

impl fmt::Display for SigmaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a blur's sigma is 0.3 to 100 pixels, not {}", self.0)
    }
}

impl std::error::Error for SigmaError {}

impl Sigma {
    /// What `blur` alone means.
    pub const DEFAULT: Self = Self(3.0);

    /// # Errors
    /// If it is not 0.3 to 100 (or not a number).
    pub fn new(pixels: f64) -> Result<Self, SigmaError> {
        if (0.3..=100.0).contains(&pixels) { Ok(Self(pixels)) } else { Err(SigmaError(pixels)) }
    }

    /// In pixels.
    #[must_use]
    pub fn pixels(self) -> f64 {
        self.0
    }

    /// How many pixels on each side the kernel reaches.
    #[must_use]
    pub fn radius(self) -> u32 {
        // exp(-r²/2σ²) ≥ CUT_OFF solved for r.
        (self.0 * (-2.0 * CUT_OFF.ln()).sqrt()).floor() as u32
    }

    /// The weights from the centre outwards; the centre's once and twice the others' sum to 2^14.
    fn weights(self) -> Vec<i16> {
        let exact = self.exact_weights();
        let one = f64::from(1 << WEIGHT_BITS);
        // From the rim inwards each weight takes over what rounding left, so that the centre never
        // has to absorb more than one unit of it.
        let mut weights = vec![0; exact.len()];
        let mut wanted = 0.0;
        let mut given = 0.0;
        for (weight, exact) in weights.iter_mut().zip(&exact).skip(1).rev() {
            wanted += exact * one;
            let rounded = (wanted - given).round();
            given += rounded;
            *weight = rounded as i16;
        }
        weights[0] = (one - 2.0 * given) as i16;
        weights
    }

    fn exact_weights(self) -> Vec<f64> {
        let gauss = |distance: u32| (-(f64::from(distance) / self.0).powi(2) / 2.0).exp();
        let half: Vec<f64> = (0..=self.radius()).map(gauss).collect();
        let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
        half.into_iter().map(|weight| weight / sum).collect()
    }
}

pub(crate) fn apply(sigma: Sigma, source: &Source<'_>, rows: Range<u32>, out: &mut [u8]) {
    let weights = sigma.weights();
    let radius = weights.len() - 1;
    let row_bytes = source.dimensions().row_bytes();
    let taps = 2 * radius + 1;
    // Rows are padded to whole steps, so that the inner loops have no remainder.
    let stride = row_bytes.next_multiple_of(STEP);
    let mut padded = vec![0_i16; stride + 2 * radius * CHANNELS];
    let mut ring = vec![0_i16; taps * stride];
    let slot = |row: i64| row.rem_euclid(taps as i64) as usize * stride;

    let reach = radius as i64;
    let first = i64::from(rows.start);
    let mut blurred_to = first - reach;
    let mut slots = Vec::with_capacity(radius + 1);
    for (row, out) in (first..).zip(out.chunks_exact_mut(row_bytes)) {
        while blurred_to <= row + reach {
            pad(source.row(blurred_to), radius, &mut padded);
            let start = slot(blurred_to);
            horizontal(&weights, &padded, &mut ring[start..start + stride]);
            blurred_to += 1;
        }
        slots.clear();
        slots.extend((0..=reach).map(|distance| (slot(row - distance), slot(row + distance))));
        vertical(&weights, &ring, &slots, out);
    }
}

/// A row as i16 with its first and last pixel repeated `radius` times on either side.
fn pad(row: &[u8], radius: usize, padded: &mut [i16]) {
    let margin = radius * CHANNELS;
    let (left, rest) = padded.split_at_mut(margin);
    let (middle, right) = rest.split_at_mut(row.len());
    for (to, from) in middle.iter_mut().zip(row) {
        *to = i16::from(*from);
    }
    for pixel in left.chunks_exact_mut(CHANNELS) {
        pixel.copy_from_slice(&middle[..CHANNELS]);
    }
    let last = &middle[middle.len() - CHANNELS..];
    for pixel in right.chunks_exact_mut(CHANNELS).take(radius) {
        pixel.copy_from_slice(last);
    }
}

fn horizontal(weights: &[i16], padded: &[i16], out: &mut [i16]) {
    let margin = (weights.len() - 1) * CHANNELS;
    for (at, out) in (0..).step_by(STEP).zip(out.chunks_exact_mut(STEP)) {
        let centre = &padded[at + margin..][..STEP];
        let mut sums = [0_i32; STEP];
        for (sum, sample) in sums.iter_mut().zip(centre) {
            *sum = i32::from(*sample) * i32::from(weights[0]);
        }
        for (distance, weight) in weights.iter().enumerate().skip(1) {
            let left = &padded[at + margin - distance * CHANNELS..][..STEP];
            let right = &padded[at + margin + distance * CHANNELS..][..STEP];
            add_mirrored(&mut sums, left, right, *weight);
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            const DROPPED: u32 = WEIGHT_BITS - KEPT_BITS;
            *out = ((sum + (1 << (DROPPED - 1))) >> DROPPED) as i16;
        }
    }
}

/// `slots` says where in the ring the rows above and below lie, from the centre outwards.
fn vertical(weights: &[i16], ring: &[i16], slots: &[(usize, usize)], out: &mut [u8]) {
    for (at, out) in (0..).step_by(STEP).zip(out.chunks_mut(STEP)) {
        let centre = &ring[slots[0].0 + at..][..STEP];
        let mut sums = [0_i32; STEP];
        for (sum, sample) in sums.iter_mut().zip(centre) {
            *sum = i32::from(*sample) * i32::from(weights[0]);
        }
        for ((above, below), weight) in slots.iter().zip(weights).skip(1) {
            let above = &ring[above + at..][..STEP];
            add_mirrored(&mut sums, above, &ring[below + at..][..STEP], *weight);
        }
        let mut bytes = [0_u8; STEP];
        for (byte, sum) in bytes.iter_mut().zip(sums) {
            const DROPPED: u32 = WEIGHT_BITS + KEPT_BITS;
            *byte = ((sum + (1 << (DROPPED - 1))) >> DROPPED) as u8;
        }
        out.copy_from_slice(&bytes[..out.len()]);
    }
}

/// Adds two samples at the same distance from the centre, which share a weight.
#[inline(always)]
fn add_mirrored(sums: &mut [i32; STEP], one: &[i16], other: &[i16], weight: i16) {
    for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
        *sum += i32::from(one + other) * i32::from(weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Dimensions;
    use proptest::prelude::*;

    /// The definition, in f64, pixel by pixel and without separating the passes' rounding.
    fn reference(sigma: Sigma, dimensions: Dimensions, picture: &[u8]) -> Vec<f64> {
        let half = sigma.exact_weights();
        let reach = half.len() as i64 - 1;
        let (width, height) = (i64::from(dimensions.width()), i64::from(dimensions.height()));
        let at = |x: i64, y: i64, channel: usize| {
            let (x, y) = (x.clamp(0, width - 1), y.clamp(0, height - 1));
            f64::from(picture[(y * width + x) as usize * CHANNELS + channel])
        };
        let mut out = Vec::with_capacity(picture.len());
        for y in 0..height {
            for x in 0..width {
                for channel in 0..CHANNELS {
                    let mut sum = 0.0;
                    for dy in -reach..=reach {
                        for dx in -reach..=reach {
                            let weight =
                                half[dy.unsigned_abs() as usize] * half[dx.unsigned_abs() as usize];
                            sum += weight * at(x + dx, y + dy, channel);
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }

    fn blurred(sigma: Sigma, dimensions: Dimensions, picture: &[u8]) -> Vec<u8> {
        let mut out = vec![0; picture.len()];
        let source = Source::new(dimensions, 0, picture).unwrap();
        apply(sigma, &source, 0..dimensions.height(), &mut out);
        out
    }

    prop_compose! {
        fn a_picture()(width in 1_u32..40, height in 1_u32..24)(
            pixels in prop::collection::vec(any::<u8>(), (width * height) as usize * CHANNELS),
            dimensions in Just(Dimensions::new(width, height).unwrap()),
        ) -> (Dimensions, Vec<u8>) { (dimensions, pixels) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn agrees_with_the_definition((dimensions, picture) in a_picture(), sigma in 0.3_f64..6.0) {
            let sigma = Sigma::new(sigma).unwrap();
            let exact = reference(sigma, dimensions, &picture);
            for (byte, exact) in blurred(sigma, dimensions, &picture).iter().zip(exact) {
                prop_assert!((f64::from(*byte) - exact).abs() <= 1.0, "{byte} for {exact}");
            }
        }

        #[test]
        fn keeps_a_constant_picture(value in any::<[u8; 4]>(), sigma in 0.3_f64..100.0, width in 1_u32..9) {
            let dimensions = Dimensions::new(width, 5).unwrap();
            let picture = value.repeat(5 * width as usize);
            prop_assert_eq!(blurred(Sigma::new(sigma).unwrap(), dimensions, &picture), picture);
        }

        #[test]
        fn weights_sum_to_one_and_fall(sigma in 0.3_f64..100.0) {
            let sigma = Sigma::new(sigma).unwrap();
            let weights = sigma.weights();
            prop_assert_eq!(weights.len() as u32, sigma.radius() + 1);
            let sides: i32 = weights[1..].iter().map(|weight| i32::from(*weight)).sum();
            prop_assert_eq!(i32::from(weights[0]) + 2 * sides, 1 << WEIGHT_BITS);
            for (exact, weight) in sigma.exact_weights().iter().zip(&weights) {
                prop_assert!((exact * 16384.0 - f64::from(*weight)).abs() <= 1.5);
            }
        }

        #[test]
        fn a_mirrored_picture_gives_the_mirrored_blur((dimensions, picture) in a_picture()) {
            let mirror = |bytes: &[u8]| -> Vec<u8> {
                bytes.chunks_exact(dimensions.row_bytes())
                    .flat_map(|row| row.chunks_exact(CHANNELS).rev().flatten().copied())
                    .collect()
            };
            let sigma = Sigma::DEFAULT;
            let mirrored = blurred(sigma, dimensions, &mirror(&picture));
            prop_assert_eq!(mirrored, mirror(&blurred(sigma, dimensions, &picture)));
        }
    }

    #[test]
    fn reaches_as_far_as_sharps_default() {
        assert_eq!(Sigma::DEFAULT.radius(), 5);
    }

    #[test]
    fn sigmas_out_of_range_are_refused() {
        for wrong in [0.0, 0.29, 100.1, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Sigma::new(wrong).is_err());
        }
    }
}
