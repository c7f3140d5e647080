//! The same kernels for the widest vectors of the processor that runs them.
//!
//! A program is compiled for what every processor of its architecture has: 128 bits on x86-64. Here the
//! kernels' inner loops are compiled once more for AVX2 and AVX-512, and the processor is asked which it
//! has. The source is the same, and so are the bytes that come out.

use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use crate::kernel::Kernel;
use crate::picture::Source;
use crate::vectors::{Loop, Vectors, add_products_one_by_one};

/// Proof that this processor has vectors of more than 128 bits.
#[derive(Clone, Copy, Debug)]
pub struct WideVectors(Arch);

impl WideVectors {
    /// Asks the processor; none where 128 bits are all that it has.
    #[must_use]
    pub fn detect() -> Option<Self> {
        match Arch::new() {
            Arch::Scalar => None,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            arch => Some(Self(arch)),
            // NEON's vectors are the 128 bits that the program is compiled for anyway.
            #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
            _ => None,
        }
    }

    /// As [`Kernel::apply`].
    ///
    /// # Panics
    /// As [`Kernel::apply`].
    pub fn apply(self, kernel: Kernel, source: &Source<'_>, rows: Range<u32>, out: &mut [u8]) {
        kernel.apply_with(self, source, rows, out);
    }
}

impl Vectors for WideVectors {
    const STEP: usize = 64;

    fn run(self, inner: impl Loop) {
        self.0.dispatch(Dispatched(inner));
    }

    #[inline(always)]
    fn add_products<const STEP: usize>(
        sums: [i32; STEP],
        samples: [[[i16; STEP]; 2]; 2],
        weights: [i16; 2],
    ) -> [i32; STEP] {
        add_products_one_by_one(sums, samples, weights)
    }
}

struct Dispatched<L>(L);

impl<L: Loop> NullaryFnOnce for Dispatched<L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.run::<WideVectors, { WideVectors::STEP }>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dimensions, Sigma};

    #[test]
    fn wider_vectors_give_the_same_bytes() {
        let Some(wide) = WideVectors::detect() else { return };
        for (width, height) in [(1, 1), (7, 5), (67, 41), (640, 31)] {
            let dimensions = Dimensions::new(width, height).unwrap();
            let mut picture = vec![0; dimensions.bytes()];
            for kernel in Kernel::all(Sigma::DEFAULT, dimensions) {
                let source = Source::new(dimensions, 0, &picture).unwrap();
                let make = |apply: &dyn Fn(&mut [u8])| {
                    let mut out = vec![0; dimensions.bytes()];
                    apply(&mut out);
                    out
                };
                let narrow = make(&|out| kernel.apply(&source, 0..height, out));
                let made = make(&|out| wide.apply(kernel, &source, 0..height, out));
                assert!(narrow == made, "{kernel:?} {width} × {height}");
                picture = narrow;
            }
        }
    }
}
