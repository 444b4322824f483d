//! Thumbnails: smaller copies of an image as WebP, so that a page on a phone costs what a phone shows.

use std::io::Cursor;

use fast_image_resize::{PixelType, Resizer, images::Image};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, metadata::Orientation};

use super::{
    measure::{ImageFormat, Measured},
    memory::{DECODING, Decodable, MAX_DECODING_BYTES},
};

/// The widths of thumbnails, in pixels.
pub const THUMBNAIL_WIDTHS: [u32; 2] = [400, 800];

/// Images with a longer side, in pixels, are not decoded.
const MAX_SIDE_DECODED: u32 = 65_535;
/// The most memory that reading the head of an image may take, in bytes.
const MAX_HEAD_BYTES: u64 = 16 << 20;
/// Of 0 to 100; where the eye of a reader stops seeing the difference.
const WEBP_QUALITY: f32 = 76.0;
/// The largest side that WebP can have (RFC 9649 §2.7).
const MAX_SIDE: u32 = 16_383;

/// Why an image has no thumbnails and is better not shown either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooCostly {
    /// Decoding it takes more memory than one image may have.
    Memory(u64),
    /// It has more scans than any camera writes.
    Scans,
}

/// The thumbnails of an image as WebP, each with its width, for those of [`THUMBNAIL_WIDTHS`] that are narrower
/// than the image. None for what cannot be decoded (AVIF, a damaged file): the image itself is shown then. Of an
/// animation, the first picture.
///
/// Waits until the memory for decoding is free; all images decoded at once stay within
/// [`MAX_DECODING_BYTES`](super::MAX_DECODING_BYTES).
pub(super) fn thumbnails(bytes: &[u8], measured: &Measured) -> Result<Vec<(u32, Vec<u8>)>, TooCostly> {
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
        is_turned: is_quarter_turn(orientation),
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
    // What is returned stands in the buffer of the caller, beside what the decoder takes.
    if limits.reserve(decoder.total_bytes()).is_err() || decoder.set_limits(limits).is_err() {
        return Ok(Vec::new());
    }
    Ok(drawn(decoder, orientation).unwrap_or_default())
}

/// An image that our decoders do not read may still be drawn by those of readers, whose memory counts as ours.
fn undecodable(measured: &Measured) -> Result<Vec<(u32, Vec<u8>)>, TooCostly> {
    let drawn = u64::from(measured.width) * u64::from(measured.height) * 4;
    let is_ours = !matches!(measured.format, ImageFormat::Avif | ImageFormat::Svg);
    if is_ours && drawn > MAX_DECODING_BYTES { Err(TooCostly::Memory(drawn)) } else { Ok(Vec::new()) }
}

/// Cameras note how they were held (Exif 2.32, tag `Orientation`); half of the ways exchange width and height.
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
    limits.max_image_width = Some(MAX_SIDE_DECODED);
    limits.max_image_height = Some(MAX_SIDE_DECODED);
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
    // Heads hold profiles and texts that unpack; none of use is as large as this.
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_HEAD_BYTES);
    reader.limits(limits);
    reader.into_decoder().ok()
}

/// Decodes, turns upright, narrows.
fn drawn(decoder: impl ImageDecoder, orientation: Orientation) -> Option<Vec<(u32, Vec<u8>)>> {
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    let has_alpha = image.color().has_alpha();
    let (width, height) = (image.width(), image.height());
    let raw = if has_alpha { image.into_rgba8().into_raw() } else { image.into_rgb8().into_raw() };
    let pixel = if has_alpha { PixelType::U8x4 } else { PixelType::U8x3 };
    let source = Image::from_vec_u8(width, height, raw, pixel).ok()?;
    let narrower = THUMBNAIL_WIDTHS.into_iter().filter(|&narrow| narrow < width);
    Some(narrower.filter_map(|narrow| Some((narrow, narrowed(&source, narrow)?))).collect())
}

fn narrowed(source: &Image<'_>, width: u32) -> Option<Vec<u8>> {
    let height = u64::from(width) * u64::from(source.height()) / u64::from(source.width()).max(1);
    let height = u32::try_from(height).ok()?.clamp(1, MAX_SIDE);
    let mut small = Image::new(width, height, source.pixel_type());
    Resizer::new().resize(source, &mut small, None).ok()?;
    let encoder = match source.pixel_type() {
        PixelType::U8x4 => webp::Encoder::from_rgba(small.buffer(), width, height),
        _ => webp::Encoder::from_rgb(small.buffer(), width, height),
    };
    Some(encoder.encode_simple(false, WEBP_QUALITY).ok()?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::measure;

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
    fn only_narrower_widths_are_made() {
        assert_eq!(sizes(&png(1200, 30, false)), [(400, 400, 10), (800, 800, 20)]);
        assert_eq!(sizes(&png(640, 32, true)), [(400, 400, 20)]);
        assert_eq!(sizes(&png(400, 30, false)), []);
        assert_eq!(sizes(&png(2000, 1, true)), [(400, 400, 1), (800, 800, 1)]);
    }

    #[test]
    fn what_cannot_be_decoded_has_none() {
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
    fn images_beyond_the_memory_for_decoding_are_refused_by_their_head() {
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
