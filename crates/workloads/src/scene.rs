//! The built-in picture, drawn by a kernel: hills at dusk.
//!
//! It has what the filters show best: smooth gradients, long edges and fine grain. Only integer
//! hashes and IEEE additions, multiplications and square roots go into it, so that every target
//! draws the same bytes.

use std::ops::Range;

use crate::picture::{CHANNELS, Dimensions};

const HILLS: usize = 6;

/// Draws the rows `rows` of the picture at the given size into `out`.
pub(crate) fn draw(dimensions: Dimensions, rows: Range<u32>, out: &mut [u8]) {
    let scale = 1.0 / dimensions.height() as f32;
    let columns: Vec<Column> =
        (0..dimensions.width()).map(|x| Column::at(x as f32 * scale)).collect();
    let sun_x = 0.64 * dimensions.width() as f32 * scale;
    for (y, out) in rows.zip(out.chunks_exact_mut(dimensions.row_bytes())) {
        let height = y as f32 * scale;
        for (x, (out, column)) in (0_u32..).zip(out.chunks_exact_mut(CHANNELS).zip(&columns)) {
            let grain = hash(x, y);
            let colour = match column.hill_at(height) {
                None => sky(x as f32 * scale - sun_x, height, grain),
                Some(hill) => slope(hill, height - column.ridges[hill], grain),
            };
            let [red, green, blue] = colour.map(|light| (light.clamp(0.0, 1.0) * 255.0) as u8);
            out.copy_from_slice(&[red, green, blue, 255]);
        }
    }
}

/// Where the ridges of the hills cross one column, from the farthest to the nearest, in parts of the
/// picture's height.
struct Column {
    ridges: [f32; HILLS],
}

impl Column {
    fn at(x: f32) -> Self {
        let mut ridges = [0.0; HILLS];
        for (hill, ridge) in ridges.iter_mut().enumerate() {
            let near = hill as f32 / (HILLS - 1) as f32;
            let base = 0.46 + 0.42 * near;
            let wide = 1.4 + 1.3 * near;
            *ridge = base - (0.26 - 0.13 * near) * fractal(x * wide, hill as u32);
        }
        Self { ridges }
    }

    fn hill_at(&self, height: f32) -> Option<usize> {
        self.ridges.iter().rposition(|ridge| height >= *ridge)
    }
}

fn sky(from_sun_x: f32, height: f32, grain: u32) -> [f32; 3] {
    let from_sun_y = height - 0.33;
    let distance = (from_sun_x * from_sun_x + from_sun_y * from_sun_y).sqrt();
    if distance < 0.062 {
        return [1.0, 0.93, 0.78];
    }
    let fall = (height / 0.62).min(1.0);
    let glow = 0.028 / (distance * distance + 0.045);
    let dusk = mix([0.10, 0.13, 0.30], [0.98, 0.62, 0.42], fall * fall);
    // A star for one pixel in some thousands, high up only.
    let star = if grain & 0x1fff == 0 && fall < 0.5 { 0.7 - fall } else { 0.0 };
    [dusk[0] + glow + star, dusk[1] + glow * 0.72 + star, dusk[2] + glow * 0.35 + star]
}

fn slope(hill: usize, below_ridge: f32, grain: u32) -> [f32; 3] {
    let near = hill as f32 / (HILLS - 1) as f32;
    let colour = mix([0.56, 0.38, 0.45], [0.05, 0.09, 0.12], near);
    // Haze gathers in the valleys, and grain shows more the nearer the hill is.
    let haze = (below_ridge * 1.5).min(0.3) * (1.0 - near);
    let rough = ((grain & 0xff) as f32 / 255.0 - 0.5) * 0.11 * near;
    let rim = if below_ridge < 0.004 { 0.10 * (1.0 - near) } else { 0.0 };
    let light = haze + rough + rim;
    [colour[0] + light, colour[1] + light * 0.8, colour[2] + light * 0.85]
}

fn mix(one: [f32; 3], other: [f32; 3], part: f32) -> [f32; 3] {
    let blend = |channel: usize| one[channel] + (other[channel] - one[channel]) * part;
    [blend(0), blend(1), blend(2)]
}

/// Value noise in seven octaves, 0 to 1.
fn fractal(x: f32, seed: u32) -> f32 {
    let (mut sum, mut size, mut at) = (0.0, 0.5, x + 17.0);
    for octave in 0..7 {
        sum += size * noise(at, seed * 31 + octave);
        size *= 0.5;
        at *= 2.03;
    }
    sum
}

fn noise(at: f32, seed: u32) -> f32 {
    let whole = at as u32;
    let part = at - whole as f32;
    let value = |cell: u32| (hash(cell, seed) >> 8) as f32 / (1_u32 << 24) as f32;
    let smooth = part * part * (3.0 - 2.0 * part);
    value(whole) + (value(whole + 1) - value(whole)) * smooth
}

/// The finaliser of MurmurHash3 over two numbers.
fn hash(one: u32, other: u32) -> u32 {
    let mut bits = one.wrapping_mul(0x9e37_79b1) ^ other.wrapping_mul(0x85eb_ca77);
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x85eb_ca6b);
    bits = (bits ^ (bits >> 13)).wrapping_mul(0xc2b2_ae35);
    bits ^ (bits >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Checksum;

    #[test]
    fn is_the_same_picture_on_every_target_and_in_every_version() {
        let dimensions = Dimensions::new(400, 300).unwrap();
        let mut picture = vec![0; dimensions.bytes()];
        draw(dimensions, 0..300, &mut picture);
        let checksum = Checksum::of_rows(dimensions, 0, &picture);
        assert_eq!(checksum.to_string(), "ad47efe9fd96ec71");
    }

    #[test]
    fn bands_join_without_a_seam() {
        let dimensions = Dimensions::new(37, 29).unwrap();
        let mut whole = vec![0; dimensions.bytes()];
        draw(dimensions, 0..29, &mut whole);
        let mut pieced = vec![0; dimensions.bytes()];
        for band in crate::bands(29, 5) {
            let range = dimensions.byte_range(&band);
            draw(dimensions, band, &mut pieced[range]);
        }
        assert!(whole == pieced);
    }

    #[test]
    fn is_opaque() {
        let dimensions = Dimensions::new(16, 16).unwrap();
        let mut picture = vec![0; dimensions.bytes()];
        draw(dimensions, 0..16, &mut picture);
        assert!(picture.chunks_exact(4).all(|pixel| pixel[3] == 255));
    }
}
