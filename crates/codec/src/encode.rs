//! From pixels to a file's bytes.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError};
use workloads::{CHANNELS, Dimensions, straighten};

/// What a file is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Every pixel as it is.
    Png,
    /// Smaller, with a loss; what is transparent shows white.
    Jpeg,
    /// Every pixel as it is, mostly smaller than PNG.
    WebP,
}

/// Of JPEG files, in per cent.
const QUALITY: u8 = 90;

impl Format {
    /// By the end of a file's name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        match end.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }
}

/// The bytes of a file with this picture, RGBA with premultiplied alpha, which is used up.
///
/// # Errors
/// If the format cannot hold it: JPEG ends at 65,535 pixels a side, WebP at 16,383.
pub fn encode(
    dimensions: Dimensions,
    mut pixels: Vec<u8>,
    format: Format,
) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    let (width, height) = (dimensions.width(), dimensions.height());
    let told = |why: ImageError| why.to_string();
    match format {
        Format::Png => {
            straighten(&mut pixels);
            let encoder = PngEncoder::new(&mut file);
            encoder.write_image(&pixels, width, height, ExtendedColorType::Rgba8).map_err(told)?;
        }
        Format::WebP => {
            straighten(&mut pixels);
            let encoder = WebPEncoder::new_lossless(&mut file);
            encoder.write_image(&pixels, width, height, ExtendedColorType::Rgba8).map_err(told)?;
        }
        Format::Jpeg => {
            let opaque = onto_white(pixels);
            let encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
            encoder.write_image(&opaque, width, height, ExtendedColorType::Rgb8).map_err(told)?;
        }
    }
    Ok(file)
}

/// In place: three bytes take the place of four.
fn onto_white(mut pixels: Vec<u8>) -> Vec<u8> {
    let count = pixels.len() / CHANNELS;
    for at in 0..count {
        let missing = 255 - pixels[at * CHANNELS + 3];
        for channel in 0..3 {
            pixels[at * 3 + channel] = pixels[at * CHANNELS + channel].saturating_add(missing);
        }
    }
    pixels.truncate(count * 3);
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    /// Opaque, half transparent, and not there.
    const PIXELS: [u8; 16] = [200, 100, 50, 255, 100, 50, 25, 128, 0, 0, 0, 0, 0, 0, 0, 255];

    #[test]
    fn lossless_files_come_back_as_they_were() {
        let dimensions = Dimensions::new(2, 2).unwrap();
        for format in [Format::Png, Format::WebP] {
            let file = encode(dimensions, PIXELS.to_vec(), format).unwrap();
            let back = decode(&file).unwrap();
            assert_eq!(back.dimensions, dimensions);
            let far = back.pixels.iter().zip(PIXELS).map(|(one, other)| one.abs_diff(other)).max();
            assert!(far <= Some(1), "{format:?}: {:?}", back.pixels);
        }
    }

    #[test]
    fn what_is_transparent_is_white_in_a_jpeg() {
        let dimensions = Dimensions::new(16, 16).unwrap();
        let file = encode(dimensions, vec![0; dimensions.bytes()], Format::Jpeg).unwrap();
        let back = decode(&file).unwrap();
        assert!(back.pixels.iter().all(|byte| *byte >= 250));
    }

    #[test]
    fn a_name_says_its_format() {
        assert_eq!(Format::of("a.b.PNG"), Some(Format::Png));
        assert_eq!(Format::of("x.jpeg"), Some(Format::Jpeg));
        assert_eq!(Format::of("x.webp"), Some(Format::WebP));
        assert_eq!(Format::of("png"), None);
        assert_eq!(Format::of("x.gif"), None);
    }

    #[test]
    fn what_a_format_cannot_hold_is_said() {
        let wide = Dimensions::new(70_000, 1).unwrap();
        assert!(encode(wide, vec![0; wide.bytes()], Format::Jpeg).is_err());
        assert!(encode(wide, vec![0; wide.bytes()], Format::Png).is_ok());
    }
}
