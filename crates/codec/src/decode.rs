//! From a file's bytes to pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use protocol::MAX_OWN_PIXELS;
use workloads::{CHANNELS, Dimensions};

/// Memory that a decoder may take, in bytes per pixel: enough for 16 bits a channel, twice.
const ALLOC: u64 = 16;

/// A decoded picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Its size when it stands upright.
    pub dimensions: Dimensions,
    /// RGBA, alpha premultiplied.
    pub pixels: Vec<u8>,
}

/// Why a file gives no picture.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Its first bytes are of none of the three formats.
    #[error("this is no PNG, JPEG or WebP picture: choose a file in one of these formats")]
    Format,
    /// It has, or claims to have, more pixels than are worked on.
    #[error(
        "this picture says that it is {width} × {height} pixels: it may have {} million, so make it \
         smaller first",
        most / 1_000_000
    )]
    TooLarge {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// How many pixels it may have.
        most: u64,
    },
    /// It claims a size for which even its header is refused.
    #[error(
        "this picture asks for more memory than one of {} million pixels: make it smaller first",
        most / 1_000_000
    )]
    TooMuchMemory {
        /// How many pixels it may have.
        most: u64,
    },
    /// Its bytes are not what its format demands.
    #[error("this picture is damaged ({0}): save it again, or choose another one")]
    Damaged(String),
}

/// Decodes a picture file. What a camera noted about which side is up is followed; colour profiles
/// are not.
///
/// # Errors
/// If it is none, is too large or is damaged.
pub fn decode(file: &[u8]) -> Result<Decoded, DecodeError> {
    decode_within(file, MAX_OWN_PIXELS)
}

/// The same for so many pixels at most.
///
/// # Errors
/// As [`decode`].
pub fn decode_within(file: &[u8], most: u64) -> Result<Decoded, DecodeError> {
    let format = image::guess_format(file)
        .ok()
        .filter(|it| matches!(it, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP))
        .ok_or(DecodeError::Format)?;
    if format == ImageFormat::Jpeg && !ends(file) {
        return Err(DecodeError::Damaged("it ends too early".into()));
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    // The header is read without limits, so that a picture that is too large is told from a broken one.
    reader.no_limits();
    let damaged = |why| damaged(why, most);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > most {
        return Err(DecodeError::TooLarge { width, height, most });
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(most * ALLOC);
    decoder.set_limits(limits).map_err(damaged)?;
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    let image = image.into_rgba8();
    let dimensions = Dimensions::new(image.width(), image.height())
        .map_err(|why| DecodeError::Damaged(why.to_string()))?;
    let mut pixels = image.into_raw();
    premultiply(&mut pixels);
    Ok(Decoded { dimensions, pixels })
}

/// Whether a JPEG goes on to its end marker. The decoder would fill what is missing with grey.
fn ends(file: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xda;
    const END: u8 = 0xd9;
    // Segments have a length, but what a scan is followed by is found by looking for the next marker
    // that is neither a restart nor a stuffed byte. A preview inside a segment has an end of its own.
    let mut at = 2;
    loop {
        let Some([0xff, marker]) = file.get(at..at + 2) else { return false };
        match *marker {
            END => return true,
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            kind => {
                let Some(length) = file.get(at + 2..at + 4) else { return false };
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
                if kind == START_OF_SCAN {
                    let rest = file.get(at..).unwrap_or_default();
                    let marker =
                        |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7);
                    let Some(next) = rest.windows(2).position(marker) else { return false };
                    at += next;
                }
            }
        }
    }
}

fn premultiply(pixels: &mut [u8]) {
    for pixel in pixels.chunks_exact_mut(CHANNELS) {
        let alpha = u32::from(pixel[3]);
        if alpha != 255 {
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * alpha + 127) / 255) as u8;
            }
        }
    }
}

/// Why a picture that may have so many pixels could not be decoded.
fn damaged(why: ImageError, most: u64) -> DecodeError {
    match why {
        ImageError::Limits(_) => DecodeError::TooMuchMemory { most },
        why => DecodeError::Damaged(why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::codecs::png::PngEncoder;
    use image::codecs::webp::WebPEncoder;
    use image::{ExtendedColorType, ImageEncoder};
    use proptest::prelude::*;

    use super::*;

    const WIDTH: u32 = 40;
    const HEIGHT: u32 = 24;

    /// Red where the top left quarter is, blue elsewhere, and transparent at the bottom if it can be.
    fn picture(alpha: u8) -> Vec<u8> {
        (0..HEIGHT)
            .flat_map(|y| (0..WIDTH).map(move |x| (x, y)))
            .flat_map(|(x, y)| {
                let alpha = if y >= HEIGHT / 2 { alpha } else { 255 };
                if x < WIDTH / 2 && y < HEIGHT / 2 {
                    [250, 10, 10, alpha]
                } else {
                    [10, 10, 250, alpha]
                }
            })
            .collect()
    }

    fn png(pixels: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let color = ExtendedColorType::Rgba8;
        PngEncoder::new(&mut file).write_image(pixels, WIDTH, HEIGHT, color).unwrap();
        file
    }

    fn webp(pixels: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let color = ExtendedColorType::Rgba8;
        WebPEncoder::new_lossless(&mut file).write_image(pixels, WIDTH, HEIGHT, color).unwrap();
        file
    }

    /// With a note of a camera that it was held in this way: 1 upright, 6 to be turned right.
    fn jpeg(orientation: u8) -> Vec<u8> {
        let pixels = picture(255);
        let rgb: Vec<u8> =
            pixels.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        let mut file = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut file, 100);
        let tiff = [
            &b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..],
            &[orientation, 0, 0, 0],
            &[0, 0, 0, 0],
        ];
        encoder.set_exif_metadata(tiff.concat()).unwrap();
        encoder.write_image(&rgb, WIDTH, HEIGHT, ExtendedColorType::Rgb8).unwrap();
        file
    }

    fn pixel(decoded: &Decoded, x: u32, y: u32) -> [u8; 4] {
        let at = y as usize * decoded.dimensions.row_bytes() + x as usize * CHANNELS;
        decoded.pixels[at..at + CHANNELS].try_into().unwrap()
    }

    fn is_red(pixel: [u8; 4]) -> bool {
        pixel[0] > 200 && pixel[2] < 60
    }

    #[test]
    fn lossless_formats_come_out_to_the_byte_but_for_alpha() {
        for file in [png(&picture(255)), webp(&picture(255))] {
            let decoded = decode(&file).unwrap();
            assert_eq!(decoded.dimensions, Dimensions::new(WIDTH, HEIGHT).unwrap());
            assert_eq!(decoded.pixels, picture(255));
        }
        for file in [png(&picture(51)), webp(&picture(51))] {
            let decoded = decode(&file).unwrap();
            assert_eq!(pixel(&decoded, 0, 0), [250, 10, 10, 255]);
            assert_eq!(pixel(&decoded, 0, HEIGHT - 1), [2, 2, 50, 51], "a fifth of 10, 10, 250");
        }
    }

    #[test]
    fn a_photograph_stands_upright() {
        let upright = decode(&jpeg(1)).unwrap();
        assert_eq!(upright.dimensions, Dimensions::new(WIDTH, HEIGHT).unwrap());
        assert!(is_red(pixel(&upright, 4, 4)));
        let turned = decode(&jpeg(6)).unwrap();
        assert_eq!(turned.dimensions, Dimensions::new(HEIGHT, WIDTH).unwrap());
        assert!(is_red(pixel(&turned, HEIGHT - 4, 4)) && !is_red(pixel(&turned, 4, 4)));
    }

    #[test]
    fn more_bytes_behind_the_end_do_no_harm() {
        for mut file in [png(&picture(9)), webp(&picture(9)), jpeg(1)] {
            let decoded = decode(&file).unwrap();
            file.extend(b"written by an editor");
            assert!(decode(&file).unwrap() == decoded);
        }
    }

    #[test]
    fn what_is_no_picture_is_told_from_what_is_a_broken_one() {
        for file in [&b""[..], b"hello", b"GIF89a......", b"<svg/>", &[0; 64]] {
            assert!(matches!(decode(file), Err(DecodeError::Format)), "{file:?}");
        }
        for file in [png(&picture(9)), webp(&picture(9)), jpeg(1)] {
            // Its last bytes are an end marker and a checksum.
            for cut in [12, file.len() / 2, file.len() - 14] {
                let why = decode(&file[..cut]).err().map(|why| why.to_string());
                assert!(why.is_some_and(|why| why.contains("damaged")), "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_file_that_lies_about_its_size_takes_no_memory() {
        let mut huge = png(&picture(9));
        huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let checksum = crc(&huge[12..29]);
        huge[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(
            decode(&huge).err().unwrap().to_string(),
            "this picture says that it is 60000 × 60000 pixels: it may have 64 million, so make it \
             smaller first"
        );
        // As large as is allowed, with the data of a small one.
        huge[16..24].copy_from_slice(&[0, 0, 0x1f, 0x40, 0, 0, 0x1f, 0x40]);
        let checksum = crc(&huge[12..29]);
        huge[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert!(matches!(decode(&huge), Err(DecodeError::Damaged(_))));
    }

    /// PNG's checksum of a chunk, bit by bit.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 }
            })
        })
    }

    proptest! {
        #[test]
        fn whatever_is_broken_gives_an_error_or_a_picture_and_no_panic(
            which in 0..3_usize, hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut file = [png(&picture(9)), webp(&picture(9)), jpeg(6)][which].clone();
            for (at, byte) in hits {
                let at = at.index(file.len());
                file[at] = byte;
            }
            if let Ok(decoded) = decode(&file) {
                prop_assert_eq!(decoded.pixels.len(), decoded.dimensions.bytes());
                prop_assert!(decoded.pixels.chunks_exact(4).all(|it| it[..3].iter().all(|c| *c <= it[3])));
            }
        }
    }
}
