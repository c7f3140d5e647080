//! Gaussian blur: separable, in fixed point.
//!
//! A row is blurred horizontally once, into a ring of as many rows as the vertical pass reads, so
//! that the intermediate stays in the cache. Weights have 14 fraction bits and sum to exactly one;
//! the intermediate keeps 6 bits below the byte, so that the sum of two mirrored samples fits i16.

use std::fmt;
use std::ops::Range;

use crate::picture::{CHANNELS, Source};
use crate::vectors::{Loop, Vectors};

/// The kernel ends where the Gaussian falls below this part of its peak: libvips' default, which
/// npm's sharp uses, so that the two can be compared.
const CUT_OFF: f64 = 0.2;

const WEIGHT_BITS: u32 = 14;
const KEPT_BITS: u32 = 6;

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

    /// The weights from the centre outwards, for the samples on both sides: twice their sum is 2^14. The
    /// centre lies on both sides of itself, so its weight is half of what it would be.
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
        // A whole number, because the sum is even.
        weights[0] = (one / 2.0 - given) as i16;
        weights
    }

    fn exact_weights(self) -> Vec<f64> {
        let gauss = |distance: u32| (-(f64::from(distance) / self.0).powi(2) / 2.0).exp();
        let half: Vec<f64> = (0..=self.radius()).map(gauss).collect();
        let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
        half.into_iter().map(|weight| weight / sum).collect()
    }
}

pub(crate) fn apply<V: Vectors>(
    vectors: V,
    sigma: Sigma,
    source: &Source<'_>,
    rows: Range<u32>,
    out: &mut [u8],
) {
    let weights = sigma.weights();
    let radius = weights.len() - 1;
    let row_bytes = source.dimensions().row_bytes();
    let taps = 2 * radius + 1;
    // Rows are padded to whole steps, so that the inner loops have no remainder.
    let stride = row_bytes.next_multiple_of(V::STEP);
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
            let out = &mut ring[start..start + stride];
            vectors.run(Horizontal { weights: &weights, padded: &padded, out });
            blurred_to += 1;
        }
        slots.clear();
        slots.extend((0..=reach).map(|distance| (slot(row - distance), slot(row + distance))));
        let column = Column { weights: &weights, ring: &ring, slots: &slots };
        vectors.run(Vertical { column, out });
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

struct Horizontal<'a> {
    weights: &'a [i16],
    padded: &'a [i16],
    out: &'a mut [i16],
}

impl Loop for Horizontal<'_> {
    #[inline(always)]
    fn run<V: Vectors, const STEP: usize>(self) {
        let Self { weights, padded, out } = self;
        let margin = (weights.len() - 1) * CHANNELS;
        for (at, out) in (margin..).step_by(STEP).zip(out.chunks_exact_mut(STEP)) {
            let sums = weighted_sums::<V, STEP>(weights, &InRow { padded, at });
            for (out, sum) in out.iter_mut().zip(sums) {
                const DROPPED: u32 = WEIGHT_BITS - KEPT_BITS;
                *out = ((sum + (1 << (DROPPED - 1))) >> DROPPED) as i16;
            }
        }
    }
}

struct Vertical<'a> {
    column: Column<'a>,
    out: &'a mut [u8],
}

impl Loop for Vertical<'_> {
    #[inline(always)]
    fn run<V: Vectors, const STEP: usize>(self) {
        // Whole steps apart from the rest: a copy of known length costs nothing, one of any is a call.
        let length = self.out.len();
        let (whole, rest) = self.out.as_chunks_mut::<STEP>();
        for (at, out) in (0..).step_by(STEP).zip(whole) {
            *out = self.column.blurred::<V, STEP>(at);
        }
        if !rest.is_empty() {
            let bytes = self.column.blurred::<V, STEP>(length - rest.len());
            rest.copy_from_slice(&bytes[..rest.len()]);
        }
    }
}

/// The rows that are summed to one.
struct Column<'a> {
    weights: &'a [i16],
    ring: &'a [i16],
    /// Where in the ring the rows above and below begin, from the centre outwards.
    slots: &'a [(usize, usize)],
}

impl Column<'_> {
    #[inline(always)]
    fn blurred<V: Vectors, const STEP: usize>(&self, at: usize) -> [u8; STEP] {
        weighted_sums::<V, STEP>(self.weights, &InColumn { column: self, at }).map(|sum| {
            const DROPPED: u32 = WEIGHT_BITS + KEPT_BITS;
            ((sum + (1 << (DROPPED - 1))) >> DROPPED) as u8
        })
    }
}

// Steps and sums pass by value: behind references the optimiser keeps the sums in memory, and the
// blur takes half as long again.

#[inline(always)]
fn weighted_sums<V: Vectors, const STEP: usize>(
    weights: &[i16],
    samples: &impl Samples,
) -> [i32; STEP] {
    let mut sums = [0; STEP];
    let mut pairs = weights.chunks_exact(2);
    for (distance, pair) in (0..).step_by(2).zip(&mut pairs) {
        let samples = [samples.at(distance), samples.at(distance + 1)];
        sums = V::add_products(sums, samples, [pair[0], pair[1]]);
    }
    if let [weight] = *pairs.remainder() {
        let samples = [samples.at(weights.len() - 1), [[0; STEP]; 2]];
        sums = V::add_products(sums, samples, [weight, 0]);
    }
    sums
}

/// What a weight is for: the samples at a distance from the centre, on both sides of it.
// A trait and not a closure, because a closure cannot be forced to be inlined.
trait Samples {
    fn at<const STEP: usize>(&self, distance: usize) -> [[i16; STEP]; 2];
}

struct InRow<'a> {
    padded: &'a [i16],
    at: usize,
}

impl Samples for InRow<'_> {
    #[inline(always)]
    fn at<const STEP: usize>(&self, distance: usize) -> [[i16; STEP]; 2] {
        let reach = distance * CHANNELS;
        [step(self.padded, self.at - reach), step(self.padded, self.at + reach)]
    }
}

struct InColumn<'a> {
    column: &'a Column<'a>,
    at: usize,
}

impl Samples for InColumn<'_> {
    #[inline(always)]
    fn at<const STEP: usize>(&self, distance: usize) -> [[i16; STEP]; 2] {
        let (above, below) = self.column.slots[distance];
        [step(self.column.ring, above + self.at), step(self.column.ring, below + self.at)]
    }
}

#[inline(always)]
fn step<const STEP: usize>(samples: &[i16], at: usize) -> [i16; STEP] {
    *samples[at..].first_chunk().expect("rows are padded to whole steps")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Dimensions;
    use crate::vectors::Baseline;
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
        apply(Baseline, sigma, &source, 0..dimensions.height(), &mut out);
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
            let side: i32 = weights.iter().map(|weight| i32::from(*weight)).sum();
            prop_assert_eq!(2 * side, 1 << WEIGHT_BITS);
            let mut exact = sigma.exact_weights();
            exact[0] /= 2.0;
            for (exact, weight) in exact.iter().zip(&weights) {
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
