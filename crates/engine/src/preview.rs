//! A picture scaled down for showing.

use protocol::engine::FromEngine;
use workloads::{CHANNELS, Dimensions};

/// The widest preview in pixels.
const WIDEST: u32 = 800;

/// Averages square blocks of pixels, so that thin edges stay visible.
pub(crate) fn preview(dimensions: Dimensions, pixels: &[u8]) -> FromEngine {
    let block = dimensions.width().div_ceil(WIDEST);
    let (width, height) =
        ((dimensions.width() / block).max(1), (dimensions.height() / block).max(1));
    let block = block.min(dimensions.height()) as usize;
    let mut small = Vec::with_capacity((width * height) as usize * CHANNELS);
    for y in 0..height as usize {
        for x in 0..width as usize {
            let mut sums = [0_u32; CHANNELS];
            for row in y * block..(y + 1) * block {
                let start = row * dimensions.row_bytes() + x * block * CHANNELS;
                for pixel in pixels[start..start + block * CHANNELS].chunks_exact(CHANNELS) {
                    for (sum, channel) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(*channel);
                    }
                }
            }
            let count = (block * block) as u32;
            small.extend(sums.map(|sum| ((sum + count / 2) / count) as u8));
        }
    }
    FromEngine::Preview { width, height, pixels: js_sys::Uint8Array::from(small.as_slice()) }
}
