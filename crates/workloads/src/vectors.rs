//! For which vectors the kernels' inner loops are compiled.

/// An inner loop over a row. What it calls must be inlined, or it is compiled for no other vectors.
pub(crate) trait Loop {
    /// Does it, `STEP` samples at a time if it goes in steps.
    fn run<V: Vectors, const STEP: usize>(self);
}

/// Runs inner loops.
pub(crate) trait Vectors: Copy {
    /// Samples per step, a multiple of 8: as many as the registers hold sums of.
    const STEP: usize;

    /// Runs one with [`Vectors::STEP`].
    fn run(self, inner: impl Loop);

    /// Adds to each sum the products of two weights, each with what two steps of samples come to
    /// together. No such pair of samples may overflow an i16.
    fn add_products<const STEP: usize>(
        sums: [i32; STEP],
        samples: [[[i16; STEP]; 2]; 2],
        weights: [i16; 2],
    ) -> [i32; STEP];
}

/// What the program is compiled for, which every processor of its architecture has: 128 bits in wasm,
/// on x86-64 and on aarch64.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

impl Vectors for Baseline {
    // Tried: wasm's compilers cope best with eight registers of sums, x86-64's with six, which leave
    // some for the samples.
    const STEP: usize = if cfg!(target_arch = "wasm32") { 32 } else { 24 };

    fn run(self, inner: impl Loop) {
        inner.run::<Self, { Self::STEP }>();
    }

    #[inline(always)]
    fn add_products<const STEP: usize>(
        mut sums: [i32; STEP],
        samples: [[[i16; STEP]; 2]; 2],
        weights: [i16; 2],
    ) -> [i32; STEP] {
        for (at, sums) in sums.as_chunks_mut().0.iter_mut().enumerate() {
            let samples =
                samples.each_ref().map(|pair| pair.each_ref().map(|it| it.as_chunks().0[at]));
            *sums = add_products_128(*sums, samples, weights);
        }
        sums
    }
}

// x86-64 and wasm have an instruction that multiplies and adds neighbours. The optimiser does not find
// it, and multiplies twice as often as it must: so the two samples of a sum are interleaved for it here.

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn add_products_128(sums: [i32; 8], samples: [[[i16; 8]; 2]; 2], weights: [i16; 2]) -> [i32; 8] {
    use bytemuck::cast;
    use safe_arch::{
        add_i16_m128i, add_i32_m128i, m128i, mul_i16_horizontal_add_m128i, unpack_high_i16_m128i,
        unpack_low_i16_m128i,
    };

    let [one, other]: [m128i; 2] =
        samples.map(|[left, right]| add_i16_m128i(cast(left), cast(right)));
    let weights = cast([weights; 4]);
    let [low, high]: [m128i; 2] = cast(sums);
    let lows = mul_i16_horizontal_add_m128i(unpack_low_i16_m128i(one, other), weights);
    let highs = mul_i16_horizontal_add_m128i(unpack_high_i16_m128i(one, other), weights);
    cast([add_i32_m128i(low, lows), add_i32_m128i(high, highs)])
}

#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn add_products_128(sums: [i32; 8], samples: [[[i16; 8]; 2]; 2], weights: [i16; 2]) -> [i32; 8] {
    use bytemuck::cast;
    use std::arch::wasm32::{i16x8_add, i16x8_shuffle, i32x4_add, i32x4_dot_i16x8, v128};

    let [one, other]: [v128; 2] = samples.map(|[left, right]| i16x8_add(cast(left), cast(right)));
    let weights = cast([weights; 4]);
    let [low, high]: [v128; 2] = cast(sums);
    let lows = i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(one, other);
    let highs = i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(one, other);
    let low = i32x4_add(low, i32x4_dot_i16x8(lows, weights));
    let high = i32x4_add(high, i32x4_dot_i16x8(highs, weights));
    cast([low, high])
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "wasm32")))]
#[inline(always)]
fn add_products_128(sums: [i32; 8], samples: [[[i16; 8]; 2]; 2], weights: [i16; 2]) -> [i32; 8] {
    // aarch64 multiplies, widens and adds in one instruction; not tried there yet.
    add_products_one_by_one(sums, samples, weights)
}

/// What all of them do.
#[cfg(any(test, feature = "wide", not(any(target_arch = "x86_64", target_arch = "wasm32"))))]
#[inline(always)]
pub(crate) fn add_products_one_by_one<const STEP: usize>(
    mut sums: [i32; STEP],
    samples: [[[i16; STEP]; 2]; 2],
    weights: [i16; 2],
) -> [i32; STEP] {
    for ([left, right], weight) in samples.into_iter().zip(weights) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += i32::from(left + right) * i32::from(weight);
        }
    }
    sums
}
