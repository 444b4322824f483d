//! Thumbnails: smaller copies of an image as WebP, so that phones load less data.

use std::io::Cursor;

use fast_image_resize::{
    PixelTrait, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8x3, U8x4},
};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, metadata::Orientation};

use crate::{
    measure::{ImageFormat, Measured},
    memory::{DECODING, Decodable, MAX_DECODING_BYTES},
};

/// Widths of thumbnails in pixels.
pub const THUMBNAIL_WIDTHS: [u32; 2] = [400, 800];

/// Maximum side of an image that is decoded, in pixels.
const MAX_DECODED_SIDE: u32 = 65_535;
/// Maximum memory for reading the head of an image, in bytes.
const MAX_HEAD_BYTES: u64 = 16 << 20;
/// WebP quality, 0 to 100; at this value the difference is hardly visible.
const WEBP_QUALITY: f32 = 76.0;
/// Maximum side of a WebP image in pixels (RFC 9649 §2.7).
const MAX_WEBP_SIDE: u32 = 16_383;

/// Why an image is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooCostly {
    /// Decoding needs this much memory in bytes, more than allowed.
    Memory(u64),
    /// It has too many scans.
    Scans,
}

/// The thumbnails of an image as WebP with their widths, for the [`THUMBNAIL_WIDTHS`] that are
/// smaller than the image. None if the image cannot be decoded (AVIF, a damaged file): then the
/// image itself is shown. For an animation, of the first frame.
///
/// Waits until the memory for decoding is free; all concurrent decoders stay within
/// [`MAX_DECODING_BYTES`].
pub fn thumbnails(bytes: &[u8], measured: &Measured) -> Result<Vec<(u32, Vec<u8>)>, TooCostly> {
    let Some(mut decoder) = decoder(bytes, measured.format) else { return undecodable(measured) };
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = Decodable {
        bytes,
        format: measured.format,
        width,
        height,
        color: decoder.color_type(),
        total_bytes: decoder.total_bytes(),
        is_rotated: is_quarter_turn(orientation),
        widest: THUMBNAIL_WIDTHS.into_iter().max().unwrap_or(0),
    };
    if image.has_too_many_scans() {
        return Err(TooCostly::Scans);
    }
    let cost = image.cost();
    if measured.width.max(width) <= THUMBNAIL_WIDTHS[0] && cost <= MAX_DECODING_BYTES {
        return Ok(Vec::new());
    }
    let Some(_reserved) = DECODING.reserve(cost) else { return Err(TooCostly::Memory(cost)) };
    let mut limits = limits(cost);
    // The output is in a buffer of the caller, in addition to the decoder's memory.
    if limits.reserve(decoder.total_bytes()).is_err() || decoder.set_limits(limits).is_err() {
        return Ok(Vec::new());
    }
    Ok(resized_images(decoder, orientation).unwrap_or_default())
}

/// Browsers may be able to decode an image that our decoders cannot, so the memory limit applies,
/// too.
fn undecodable(measured: &Measured) -> Result<Vec<(u32, Vec<u8>)>, TooCostly> {
    let decoded = u64::from(measured.width) * u64::from(measured.height) * 4;
    let is_supported = !matches!(measured.format, ImageFormat::Avif | ImageFormat::Svg);
    if is_supported && decoded > MAX_DECODING_BYTES {
        Err(TooCostly::Memory(decoded))
    } else {
        Ok(Vec::new())
    }
}

/// Whether an orientation (Exif 2.32, tag `Orientation`) swaps width and height.
const fn is_quarter_turn(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn limits(bytes: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_DECODED_SIDE);
    limits.max_image_height = Some(MAX_DECODED_SIDE);
    limits.max_alloc = Some(bytes);
    limits
}

/// A decoder that has read the head of the image.
fn decoder(bytes: &[u8], format: ImageFormat) -> Option<impl ImageDecoder> {
    let format = match format {
        ImageFormat::Jpeg => image::ImageFormat::Jpeg,
        ImageFormat::Png => image::ImageFormat::Png,
        ImageFormat::Gif => image::ImageFormat::Gif,
        ImageFormat::Webp => image::ImageFormat::WebP,
        ImageFormat::Avif | ImageFormat::Svg => return None,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // Heads may contain compressed profiles and texts; no useful ones are as large as this.
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_HEAD_BYTES);
    reader.limits(limits);
    reader.into_decoder().ok()
}

/// Decodes, rotates and resizes.
fn resized_images(decoder: impl ImageDecoder, orientation: Orientation) -> Option<Vec<(u32, Vec<u8>)>> {
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    let (width, height) = (image.width(), image.height());
    if image.color().has_alpha() {
        smaller_images::<U8x4>(&image.into_rgba8(), width, height)
    } else {
        smaller_images::<U8x3>(&image.into_rgb8(), width, height)
    }
}

/// The smaller copies of an image with these bytes.
fn smaller_images<P: Pixel>(bytes: &[u8], width: u32, height: u32) -> Option<Vec<(u32, Vec<u8>)>> {
    let source = TypedImageRef::<P>::from_buffer(width, height, bytes).ok()?;
    let widths = THUMBNAIL_WIDTHS.into_iter().filter(|&smaller| smaller < width);
    let smaller = |smaller| {
        let scaled = u64::from(smaller) * u64::from(height) / u64::from(width).max(1);
        let smaller_height = u32::try_from(scaled).ok()?.clamp(1, MAX_WEBP_SIDE);
        Some((smaller, resized(&source, smaller, smaller_height)?))
    };
    Some(widths.filter_map(smaller).collect())
}

/// The kinds of pixels that are resized. Resizing is generic: each kind is compiled by itself.
trait Pixel: PixelTrait {
    fn encoder(bytes: &[u8], width: u32, height: u32) -> webp::Encoder<'_>;
}

impl Pixel for U8x3 {
    fn encoder(bytes: &[u8], width: u32, height: u32) -> webp::Encoder<'_> {
        webp::Encoder::from_rgb(bytes, width, height)
    }
}

impl Pixel for U8x4 {
    fn encoder(bytes: &[u8], width: u32, height: u32) -> webp::Encoder<'_> {
        webp::Encoder::from_rgba(bytes, width, height)
    }
}

fn resized<P: Pixel>(source: &TypedImageRef<'_, P>, width: u32, height: u32) -> Option<Vec<u8>> {
    let mut bytes = vec![0; width as usize * height as usize * P::size()];
    let mut small = TypedImage::<P>::from_buffer(width, height, &mut bytes).ok()?;
    Resizer::new().resize_typed(source, &mut small, None).ok()?;
    drop(small);
    Some(P::encoder(&bytes, width, height).encode_simple(false, WEBP_QUALITY).ok()?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure;

    fn png(width: u32, height: u32, alpha: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let draw = |x: u32, y: u32| [(x % 256) as u8, (y % 256) as u8, (x * y % 256) as u8, 200];
        let image = image::RgbaImage::from_fn(width, height, |x, y| image::Rgba(draw(x, y)));
        let image = if alpha {
            DynamicImage::ImageRgba8(image)
        } else {
            DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(image).into_rgb8())
        };
        image.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        bytes
    }

    fn made(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        thumbnails(bytes, &measure(bytes).unwrap()).unwrap()
    }

    fn sizes(bytes: &[u8]) -> Vec<(u32, u32, u32)> {
        made(bytes)
            .iter()
            .map(|(width, webp)| {
                let small = measure(webp).unwrap();
                assert_eq!(small.format, ImageFormat::Webp);
                (*width, small.width, small.height)
            })
            .collect()
    }

    #[test]
    fn only_smaller_widths_are_made() {
        assert_eq!(sizes(&png(1200, 30, false)), [(400, 400, 10), (800, 800, 20)]);
        assert_eq!(sizes(&png(640, 32, true)), [(400, 400, 20)]);
        assert_eq!(sizes(&png(400, 30, false)), []);
        assert_eq!(sizes(&png(2000, 1, true)), [(400, 400, 1), (800, 800, 1)]);
    }

    #[test]
    fn an_image_that_cannot_be_decoded_has_no_thumbnails() {
        let mut bytes = png(1200, 90, false);
        let measured = measure(&bytes).unwrap();
        bytes.truncate(200);
        assert_eq!(thumbnails(&bytes, &measured), Ok(Vec::new()));
        assert_eq!(thumbnails(b"not an image", &measured), Ok(Vec::new()));
    }

    /// The head of a PNG (PNG 3, section 11.2.1) with the beginning of its data.
    fn png_head(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
        let chunk = |name: &[u8], data: &[u8]| {
            let mut crc = flate2::Crc::new();
            crc.update(&[name, data].concat());
            [&(data.len() as u32).to_be_bytes(), name, data, &crc.sum().to_be_bytes()].concat()
        };
        let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat();
        let data = [0x78, 0x9c, 0x63, 0x00];
        [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", &data)].concat()
    }

    #[test]
    fn images_that_need_too_much_memory_are_refused_by_their_head() {
        for (width, height, depth, color) in
            [(6_300, 6_300, 16, 6), (9_900, 9_900, 8, 6), (10_000, 10_000, 8, 2), (13_000, 7_000, 16, 0)]
        {
            let bytes = png_head(width, height, depth, color);
            let refused = thumbnails(&bytes, &measure(&bytes).unwrap());
            assert!(
                matches!(refused, Err(TooCostly::Memory(cost)) if cost > MAX_DECODING_BYTES),
                "{width}×{height}, {depth} bits: {refused:?}"
            );
        }
        // Decodable, but damaged.
        let bytes = png_head(6_300, 6_300, 8, 2);
        assert_eq!(thumbnails(&bytes, &measure(&bytes).unwrap()), Ok(Vec::new()));
    }

    #[test]
    fn the_same_image_gives_the_same_bytes() {
        let bytes = png(900, 60, false);
        assert_eq!(made(&bytes), made(&bytes));
    }
}
