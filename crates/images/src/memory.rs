//! The memory for decoding an image, and the limit for all images that are decoded at the same
//! time.

use std::sync::{Condvar, Mutex, PoisonError};

use image::ColorType;

use crate::measure::ImageFormat;

/// Maximum memory for decoding in the whole process, in bytes, and so for one image: images that
/// need more are refused. A photograph of 40 million pixels needs 160 MB.
pub const MAX_DECODING_BYTES: u64 = 256 << 20;

/// Maximum number of scans of a JPEG: each may process all pixels again. Cameras and editors write
/// about ten.
const MAX_SCANS: usize = 100;

/// Memory for the encoder of thumbnails and small allocations that are not counted otherwise, in
/// bytes.
const OVERHEAD: u64 = 4 << 20;

/// The properties of an image before decoding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decodable<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) format: ImageFormat,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) color: ColorType,
    /// The decoder's figure: all pixels at the depth of the file.
    pub(crate) total_bytes: u64,
    /// Whether the image is rotated by a quarter turn, which needs a second buffer.
    pub(crate) is_rotated: bool,
    /// The width of the widest thumbnail.
    pub(crate) widest: u32,
}

impl Decodable<'_> {
    /// Maximum memory in bytes that decoding, rotating, converting and resizing need at any time.
    pub(crate) fn cost(&self) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let channels = if self.color.has_alpha() { 4 } else { 3 };
        let is_plain = matches!(self.color, ColorType::Rgb8 | ColorType::Rgba8);
        let converted = pixels.saturating_mul(channels);
        let decoding = self.total_bytes.saturating_add(self.decoder_memory(pixels));
        let rotating = if self.is_rotated { self.total_bytes.saturating_mul(2) } else { 0 };
        let converting = if is_plain { converted } else { self.total_bytes.saturating_add(converted) };
        // Rows are resized first, then columns (`fast_image_resize`).
        let resized = u64::from(self.widest).saturating_mul(u64::from(self.height)) * channels;
        let resizing = converted.saturating_add(resized.saturating_mul(2));
        let peak = decoding.max(rotating).max(converting).max(resizing);
        peak.saturating_add(self.bytes.len() as u64).saturating_add(OVERHEAD)
    }

    /// Memory of the decoder besides its output.
    fn decoder_memory(&self, pixels: u64) -> u64 {
        match self.format {
            // A few rows: interlaced images are assembled in place.
            ImageFormat::Png => u64::from(self.width) * 8 * 4,
            // The first frame of an animation besides the canvas.
            ImageFormat::Gif => pixels.saturating_mul(5),
            // The planes of a lossy image, its alpha, and the first frame of an animation besides
            // the canvas.
            ImageFormat::Webp => pixels.saturating_mul(10),
            ImageFormat::Jpeg => {
                let frame = jpeg_frame(self.bytes);
                let rows = u64::from(self.width) * 4 * 64;
                // 16-bit coefficients are stored until the last scan.
                if frame.is_progressive { pixels * 2 * frame.components + rows } else { rows }
            }
            ImageFormat::Avif | ImageFormat::Svg => 0,
        }
    }

    /// Whether the image has more than [`MAX_SCANS`] scans.
    pub(crate) fn has_too_many_scans(&self) -> bool {
        self.format == ImageFormat::Jpeg && jpeg_frame(self.bytes).scans > MAX_SCANS
    }
}

/// The content of a JPEG's markers (ITU T.81, annex B).
struct JpegFrame {
    is_progressive: bool,
    components: u64,
    scans: usize,
}

fn jpeg_frame(bytes: &[u8]) -> JpegFrame {
    let mut frame = JpegFrame { is_progressive: false, components: 3, scans: 0 };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == 0xff) {
        rest = &rest[at + 1..];
        let [marker, after @ ..] = rest else { break };
        match marker {
            // Fill bytes, stuffed bytes, restarts and markers without a length.
            0xff | 0x00 | 0x01 | 0xd0..=0xd9 => continue,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                frame.is_progressive |= !matches!(marker, 0xc0 | 0xc1);
                frame.components = after.get(7).map_or(4, |&count| u64::from(count)).clamp(1, 4);
            }
            0xda => frame.scans += 1,
            _ => {}
        }
        // The length of a segment includes its own two bytes.
        let length = after.first_chunk().map_or(2, |length| usize::from(u16::from_be_bytes(*length)));
        rest = after.get(length..).unwrap_or_default();
    }
    frame
}

/// Memory reserved by decoders.
#[derive(Debug)]
pub(crate) struct Reservations {
    used: Mutex<u64>,
    freed: Condvar,
    max: u64,
}

/// The budget of all decoders of this process.
pub(crate) static DECODING: Reservations = Reservations::new(MAX_DECODING_BYTES);

impl Reservations {
    const fn new(max: u64) -> Self {
        Self { used: Mutex::new(0), freed: Condvar::new(), max }
    }

    /// Waits until `bytes` are free and reserves them; `None` if that is more than the whole
    /// budget.
    pub(crate) fn reserve(&self, bytes: u64) -> Option<Reservation<'_>> {
        if bytes > self.max {
            return None;
        }
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |used: &mut u64| *used + bytes > self.max;
        let mut used = self.freed.wait_while(used, is_full).unwrap_or_else(PoisonError::into_inner);
        *used += bytes;
        Some(Reservation { of: self, bytes })
    }
}

/// Reserved bytes, until dropped.
#[derive(Debug)]
pub(crate) struct Reservation<'a> {
    of: &'a Reservations,
    bytes: u64,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        *self.of.used.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.of.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        thread,
    };

    use super::*;

    #[test]
    fn reservations_stay_within_the_budget_in_any_order() {
        let all = Reservations::new(100);
        assert!(all.reserve(101).is_none());
        let (now, peak) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for size in [60, 50, 40, 100, 1, 99, 30, 30, 30, 30] {
                let (all, now, peak) = (&all, &now, &peak);
                scope.spawn(move || {
                    let reserved = all.reserve(size).unwrap();
                    peak.fetch_max(now.fetch_add(size, Ordering::SeqCst) + size, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(size, Ordering::SeqCst);
                    drop(reserved);
                });
            }
        });
        assert!((60..=100).contains(&peak.load(Ordering::SeqCst)), "{peak:?}");
        assert_eq!(*all.used.lock().unwrap(), 0);
    }

    #[test]
    fn depth_and_decoder_memory_count() {
        let image = |format, color: ColorType, is_rotated| {
            let bytes: &[u8] = b"\xff\xd8\xff\xc2\x00\x11\x08\x03\xe8\x03\xe8\x03";
            let total_bytes = 1_000_000 * u64::from(color.bytes_per_pixel());
            let (width, height, widest) = (1000, 1000, 800);
            Decodable { bytes, format, width, height, color, total_bytes, is_rotated, widest }.cost()
                - OVERHEAD
        };
        let plain = image(ImageFormat::Png, ColorType::Rgb8, false);
        assert!((7_800_000..8_000_000).contains(&plain), "{plain}");
        let deep = image(ImageFormat::Png, ColorType::Rgba16, false);
        assert!((12_000_000..12_100_000).contains(&deep), "{deep}");
        let rotated = image(ImageFormat::Png, ColorType::Rgba16, true);
        assert!((16_000_000..16_100_000).contains(&rotated), "{rotated}");
        assert!(image(ImageFormat::Jpeg, ColorType::Rgb8, false) > 9_000_000, "progressive");
        assert!(image(ImageFormat::Webp, ColorType::Rgba8, false) > 13_000_000);
    }

    #[test]
    fn scans_are_counted() {
        let scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00data\xff\x00data\xff\xd0\xff\xff";
        let bytes =
            [b"\xff\xd8\xff\xc2\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00", &scan.repeat(150)[..]].concat();
        let frame = jpeg_frame(&bytes);
        assert!(frame.is_progressive);
        assert_eq!((frame.components, frame.scans), (1, 150));
    }
}
