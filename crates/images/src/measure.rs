//! Measures an image by its header, without decoding it.

use imagesize::{Compression, ImageType};

/// Maximum number of pixels. A larger image is an attack on its decoder rather than an image for a
/// news page.
pub const MAX_PIXELS: u64 = 100_000_000;

/// The image formats that all browsers support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// AVIF.
    Avif,
    /// Sanitised SVG.
    Svg,
}

impl ImageFormat {
    /// The media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
            Self::Svg => "image/svg+xml",
        }
    }

    /// The file extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Svg => "svg",
        }
    }

    /// The format by the first bytes, whatever a header or a name says; never SVG, which is text.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match imagesize::image_type(bytes).ok()? {
            ImageType::Jpeg => Some(Self::Jpeg),
            ImageType::Png => Some(Self::Png),
            ImageType::Gif => Some(Self::Gif),
            ImageType::Webp => Some(Self::Webp),
            ImageType::Heif(Compression::Av1) => Some(Self::Avif),
            _ => None,
        }
    }
}

/// The size and format of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
    /// The media type by content.
    pub mime: &'static str,
    /// The format by content.
    pub format: ImageFormat,
}

/// The size and format of an image, from its beginning (64 KiB are nearly always enough); `None` if
/// it has none of the formats of [`ImageFormat`], is damaged, is SVG, or has more than
/// [`MAX_PIXELS`].
pub fn measure(bytes: &[u8]) -> Option<Measured> {
    let format = ImageFormat::sniff(bytes)?;
    let size = imagesize::blob_size(bytes).ok()?;
    let (width, height) = (u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?);
    let pixels = u64::from(width) * u64::from(height);
    (pixels > 0 && pixels <= MAX_PIXELS).then_some(Measured { width, height, mime: format.mime(), format })
}
