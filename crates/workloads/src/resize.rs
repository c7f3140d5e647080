//! Another size, by Lanczos's filter of three lobes: fast_image_resize does it.
//!
//! The result is made in *slices* of some rows, each from just the source rows that it needs and with no number that
//! depends on how many workers there are: so the bytes are the same however the rows are dealt out.

use std::ops::Range;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};

use crate::picture::{Dimensions, Source};

/// The filter's half width, in pixels of whichever side has the larger ones.
const LOBES: f64 = 3.0;
/// Rows of a slice: each filters some source rows that its neighbours filter, too, so few rows cost time.
const FEWEST: u32 = 16;
const MOST: u32 = 64;

/// Rows in a slice of a result so high; every band begins with a slice.
pub(crate) fn slice(height: u32) -> u32 {
    height.div_ceil(16).clamp(FEWEST, MOST)
}

/// The source rows that make these.
pub(crate) fn reads(rows: &Range<u32>, height: u32, source_height: u32) -> Range<u32> {
    let scale = f64::from(source_height) / f64::from(height);
    let support = LOBES * scale.max(1.0) + 1.0;
    let first = (f64::from(rows.start) * scale - support).floor().max(0.0) as u32;
    let last = (f64::from(rows.end) * scale + support).ceil() as u32;
    first..last.min(source_height)
}

/// Makes these rows of the result.
pub(crate) fn apply(to: Dimensions, source: &Source<'_>, rows: Range<u32>, out: &mut [u8]) {
    let from = source.dimensions();
    let scale = f64::from(from.height()) / f64::from(to.height());
    let slice = slice(to.height());
    let mut resizer = Resizer::new();
    for (start, out) in
        rows.clone().step_by(slice as usize).zip(out.chunks_mut(slice as usize * to.row_bytes()))
    {
        let rows = start..(start + slice).min(rows.end);
        let reads = reads(&rows, to.height(), from.height());
        let pixels = source.bytes(&reads);
        let seen = ImageRef::new(from.width(), reads.end - reads.start, pixels, PixelType::U8x4);
        let made = Image::from_slice_u8(to.width(), rows.end - rows.start, out, PixelType::U8x4);
        let top = f64::from(rows.start) * scale - f64::from(reads.start);
        let height = f64::from(rows.end - rows.start) * scale;
        // Rounding must not put the last row's edge beyond the picture's.
        let height = height.min(f64::from(reads.end - reads.start) - top);
        // Alpha is premultiplied already.
        let options =
            ResizeOptions::new().crop(0.0, top, f64::from(from.width()), height).use_alpha(false);
        let (Ok(seen), Ok(mut made)) = (seen, made) else { unreachable!("as long as their rows") };
        resizer
            .resize(&seen, &mut made, &options)
            .unwrap_or_else(|why| unreachable!("inside the picture: {why}"));
    }
    bound_by_alpha(out);
}

/// The filter's lobes overshoot; a premultiplied colour is at most its alpha.
fn bound_by_alpha(pixels: &mut [u8]) {
    for pixel in pixels.as_chunks_mut().0 {
        let [red, green, blue, alpha] = *pixel;
        *pixel = [red.min(alpha), green.min(alpha), blue.min(alpha), alpha];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CHANNELS, Kernel, scene};
    use proptest::prelude::*;

    fn drawn(dimensions: Dimensions) -> Vec<u8> {
        let mut picture = vec![0; dimensions.bytes()];
        scene::draw(dimensions, 0..dimensions.height(), &mut picture);
        picture
    }

    fn made(from: Dimensions, picture: &[u8], to: Dimensions) -> Vec<u8> {
        let mut out = vec![0; to.bytes()];
        let source = Source::new(from, 0, picture).unwrap();
        Kernel::Resize(to).apply(&source, 0..to.height(), &mut out);
        out
    }

    #[test]
    fn slices_are_what_the_whole_is() {
        let from = Dimensions::new(403, 301).unwrap();
        let picture = drawn(from);
        for (width, height) in [(100, 75), (403, 301), (37, 290), (700, 611), (1, 1)] {
            let to = Dimensions::new(width, height).unwrap();
            let mut whole = vec![0; to.bytes()];
            let seen = ImageRef::new(403, 301, &picture, PixelType::U8x4).unwrap();
            let mut image =
                Image::from_slice_u8(width, height, &mut whole, PixelType::U8x4).unwrap();
            let options = ResizeOptions::new().use_alpha(false);
            Resizer::new().resize(&seen, &mut image, &options).unwrap();
            bound_by_alpha(&mut whole);
            let far = made(from, &picture, to)
                .iter()
                .zip(&whole)
                .map(|(one, other)| one.abs_diff(*other))
                .max();
            // Each call of the crate chooses how finely its weights are rounded, in either direction.
            assert!(far <= Some(2), "{width} × {height}: {far:?}");
        }
    }

    proptest! {
        #[test]
        fn a_flat_picture_stays_flat(
            width in 1_u32..90, height in 1_u32..90, to_width in 1_u32..150, to_height in 1_u32..150,
            grey in any::<u8>(),
        ) {
            let (from, to) = (Dimensions::new(width, height).unwrap(), Dimensions::new(to_width, to_height).unwrap());
            let pixel = [grey, grey / 2, 0, grey];
            let picture = pixel.repeat(from.bytes() / CHANNELS);
            prop_assert!(made(from, &picture, to).chunks_exact(CHANNELS).all(|made| made == pixel));
        }
    }
}
