//! Thumbnails: smaller copies of an image as WebP, so that a page on a phone costs what a phone shows.

use std::io::Cursor;

use fast_image_resize::{PixelType, Resizer, images::Image};
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::measure::{ImageFormat, Measured};

/// The widths of thumbnails, in pixels.
pub const THUMBNAIL_WIDTHS: [u32; 2] = [400, 800];

/// Larger images have no thumbnails: decoding one would take more than 160 MB.
const MOST_PIXELS: u64 = 40_000_000;
/// What a decoder may take, in bytes.
const MOST_MEMORY: u64 = 256 << 20;
/// Of 0 to 100; where the eye of a reader stops seeing the difference.
const WEBP_QUALITY: f32 = 76.0;
/// The largest side that WebP can have (RFC 9649 §2.7).
const MOST_SIDE: u32 = 16_383;

/// The thumbnails of an image as WebP, each with its width, for those of [`THUMBNAIL_WIDTHS`] that are narrower
/// than the image. None for what cannot be decoded (AVIF, a damaged file) or has too many pixels: the image
/// itself is shown then. Of an animation, the first picture.
pub(super) fn thumbnails(bytes: &[u8], measured: &Measured) -> Vec<(u32, Vec<u8>)> {
    let pixels = u64::from(measured.width) * u64::from(measured.height);
    if pixels > MOST_PIXELS || measured.width <= THUMBNAIL_WIDTHS[0] {
        return Vec::new();
    }
    let Some(image) = decoded(bytes, measured.format) else { return Vec::new() };
    let has_alpha = image.color().has_alpha();
    let (width, height) = (image.width(), image.height());
    let raw = if has_alpha { image.into_rgba8().into_raw() } else { image.into_rgb8().into_raw() };
    let pixel = if has_alpha { PixelType::U8x4 } else { PixelType::U8x3 };
    let Ok(source) = Image::from_vec_u8(width, height, raw, pixel) else { return Vec::new() };
    THUMBNAIL_WIDTHS
        .into_iter()
        .filter(|&narrow| narrow < width)
        .filter_map(|narrow| Some((narrow, narrowed(&source, narrow)?)))
        .collect()
}

/// The image upright: cameras note how they were held (Exif 2.32, tag `Orientation`).
fn decoded(bytes: &[u8], format: ImageFormat) -> Option<DynamicImage> {
    let format = match format {
        ImageFormat::Jpeg => image::ImageFormat::Jpeg,
        ImageFormat::Png => image::ImageFormat::Png,
        ImageFormat::Gif => image::ImageFormat::Gif,
        ImageFormat::Webp => image::ImageFormat::WebP,
        ImageFormat::Avif | ImageFormat::Svg => return None,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    Some(image)
}

fn narrowed(source: &Image<'_>, width: u32) -> Option<Vec<u8>> {
    let height = u64::from(width) * u64::from(source.height()) / u64::from(source.width()).max(1);
    let height = u32::try_from(height).ok()?.clamp(1, MOST_SIDE);
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

    fn sizes(bytes: &[u8]) -> Vec<(u32, u32, u32)> {
        thumbnails(bytes, &measure(bytes).unwrap())
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
        assert!(thumbnails(&bytes, &measured).is_empty());
        assert!(thumbnails(b"not an image", &measured).is_empty());
        let claimed = Measured { width: 40_000, height: 40_000, ..measured };
        assert!(thumbnails(&png(1200, 90, false), &claimed).is_empty(), "too many pixels are not decoded");
    }

    #[test]
    fn the_same_image_gives_the_same_bytes() {
        let bytes = png(900, 60, false);
        let measured = measure(&bytes).unwrap();
        assert_eq!(thumbnails(&bytes, &measured), thumbnails(&bytes, &measured));
    }
}
