//! The checksum of an answer: a wrong answer is no sample.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::picture::Dimensions;

/// A checksum over the rows of a picture: the wrapping sum of each row's XXH3, seeded with the row's
/// number.
///
/// It does not depend on how the picture was cut into bands, so that lanes with different numbers of
/// workers can be compared, and each band can be summed where it lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Checksum(pub u64);

impl Checksum {
    /// Sums rows that start at `first_row` of a picture.
    #[must_use]
    pub fn of_rows(dimensions: Dimensions, first_row: u32, pixels: &[u8]) -> Self {
        let rows = pixels.chunks_exact(dimensions.row_bytes());
        let sum = rows
            .zip(u64::from(first_row)..)
            .fold(0_u64, |sum, (row, number)| sum.wrapping_add(xxh3_64_with_seed(row, number)));
        Self(sum)
    }

    /// The checksum of both parts together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl fmt::Display for Checksum {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn does_not_depend_on_the_bands(
            pixels in prop::collection::vec(any::<u8>(), 3 * 4 * 13), workers in 1_u32..20,
        ) {
            let dimensions = Dimensions::new(3, 13).unwrap();
            let whole = Checksum::of_rows(dimensions, 0, &pixels);
            let parts = bands(13, workers).into_iter().fold(Checksum::default(), |sum, band| {
                let part = &pixels[dimensions.byte_range(&band)];
                sum.and(Checksum::of_rows(dimensions, band.start, part))
            });
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn sees_one_changed_bit_and_swapped_rows(
            mut pixels in prop::collection::vec(any::<u8>(), 2 * 4 * 5), at in 0_usize..40, bit in 0_u8..8,
        ) {
            let dimensions = Dimensions::new(2, 5).unwrap();
            let before = Checksum::of_rows(dimensions, 0, &pixels);
            let mut swapped = pixels.clone();
            swapped.rotate_left(8);
            if swapped != pixels {
                prop_assert_ne!(before, Checksum::of_rows(dimensions, 0, &swapped));
            }
            pixels[at] ^= 1 << bit;
            prop_assert_ne!(before, Checksum::of_rows(dimensions, 0, &pixels));
        }
    }

    #[test]
    fn is_the_published_xxh3() {
        // The reference value of XXH3_64bits over no input with seed 0.
        assert_eq!(xxh3_64_with_seed(&[], 0), 0x2D06_8005_38D3_94C2);
        assert_eq!(Checksum(0xab).to_string(), "00000000000000ab");
    }
}
