//! What decoding an image takes in memory, and the bound that all images decoded at once stay within.

use std::sync::{Condvar, Mutex, PoisonError};

use image::ColorType;

use super::measure::ImageFormat;

/// The most memory that decoding takes in the whole process, in bytes, and so the most for one image: what takes
/// more is refused. A photograph of 40 million pixels takes 160 MB.
pub const MAX_DECODING_BYTES: u64 = 256 << 20;

/// A progressive JPEG with more scans is refused: each may go over all pixels again. Cameras and editors write
/// about ten.
const MAX_SCANS: usize = 100;

/// What the encoder of thumbnails and small things take beside all that is counted.
const SLACK: u64 = 4 << 20;

/// What is known of an image before its pixels are decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decodable<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) format: ImageFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) color: ColorType,
    /// As the decoder says: all pixels at the depth of the file.
    pub(super) total_bytes: u64,
    /// Whether the picture is turned by a quarter, which takes a second one.
    pub(super) is_turned: bool,
    /// The width of the widest thumbnail.
    pub(super) widest: u32,
}

impl Decodable<'_> {
    /// The most memory in bytes that decoding, turning, converting and narrowing the image hold at once.
    pub(super) fn cost(&self) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let channels = if self.color.has_alpha() { 4 } else { 3 };
        let is_plain = matches!(self.color, ColorType::Rgb8 | ColorType::Rgba8);
        let converted = pixels.saturating_mul(channels);
        let decoding = self.total_bytes.saturating_add(self.working(pixels));
        let turning = if self.is_turned { self.total_bytes.saturating_mul(2) } else { 0 };
        let converting = if is_plain { converted } else { self.total_bytes.saturating_add(converted) };
        // Rows are narrowed first, then columns (`fast_image_resize`).
        let narrowed = u64::from(self.widest).saturating_mul(u64::from(self.height)) * channels;
        let narrowing = converted.saturating_add(narrowed.saturating_mul(2));
        let most = decoding.max(turning).max(converting).max(narrowing);
        most.saturating_add(self.bytes.len() as u64).saturating_add(SLACK)
    }

    /// What the decoder holds beside the pixels that it gives.
    fn working(&self, pixels: u64) -> u64 {
        match self.format {
            // A few rows: interlaced pictures are put together in place.
            ImageFormat::Png => u64::from(self.width) * 8 * 4,
            // The first picture of an animation beside the whole canvas.
            ImageFormat::Gif => pixels.saturating_mul(5),
            // The planes of a lossy picture, its alpha, and the first picture of an animation beside the canvas.
            ImageFormat::Webp => pixels.saturating_mul(10),
            ImageFormat::Jpeg => {
                let frame = jpeg_frame(self.bytes);
                let rows = u64::from(self.width) * 4 * 64;
                // Coefficients of 16 bits are kept until the last scan.
                if frame.is_progressive { pixels * 2 * frame.components + rows } else { rows }
            }
            ImageFormat::Avif | ImageFormat::Svg => 0,
        }
    }

    /// Whether a few bytes make the decoder go over all pixels again and again.
    pub(super) fn has_too_many_scans(&self) -> bool {
        self.format == ImageFormat::Jpeg && jpeg_frame(self.bytes).scans > MAX_SCANS
    }
}

/// What the markers of a JPEG say (ITU T.81, annex B).
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
            // Fill bytes, stuffed bytes, restarts and marks without a length.
            0xff | 0x00 | 0x01 | 0xd0..=0xd9 => continue,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                frame.is_progressive |= !matches!(marker, 0xc0 | 0xc1);
                frame.components = after.get(7).map_or(4, |&count| u64::from(count)).clamp(1, 4);
            }
            0xda => frame.scans += 1,
            _ => {}
        }
        // The segment, whose length counts its own two bytes.
        let length = after.first_chunk().map_or(2, |length| usize::from(u16::from_be_bytes(*length)));
        rest = after.get(length..).unwrap_or_default();
    }
    frame
}

/// Memory that decoders have taken.
#[derive(Debug)]
pub(super) struct Reservations {
    used: Mutex<u64>,
    freed: Condvar,
    max: u64,
}

/// All decoders of this process draw on it.
pub(super) static DECODING: Reservations = Reservations::new(MAX_DECODING_BYTES);

impl Reservations {
    const fn new(max: u64) -> Self {
        Self { used: Mutex::new(0), freed: Condvar::new(), max }
    }

    /// Waits until `bytes` are free and reserves them; `None` where that is more than the whole budget.
    pub(super) fn reserve(&self, bytes: u64) -> Option<Reservation<'_>> {
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

/// Bytes that are free again when this is dropped.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
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
    fn reservations_stay_within_the_bound_whatever_the_order() {
        let all = Reservations::new(100);
        assert!(all.reserve(101).is_none());
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for size in [60, 50, 40, 100, 1, 99, 30, 30, 30, 30] {
                let (all, now, most) = (&all, &now, &most);
                scope.spawn(move || {
                    let reserved = all.reserve(size).unwrap();
                    most.fetch_max(now.fetch_add(size, Ordering::SeqCst) + size, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(size, Ordering::SeqCst);
                    drop(reserved);
                });
            }
        });
        assert!((60..=100).contains(&most.load(Ordering::SeqCst)), "{most:?}");
        assert_eq!(*all.used.lock().unwrap(), 0);
    }

    #[test]
    fn depth_and_working_memory_count() {
        let image = |format, color: ColorType, turned| {
            let bytes: &[u8] = b"\xff\xd8\xff\xc2\x00\x11\x08\x03\xe8\x03\xe8\x03";
            let total_bytes = 1_000_000 * u64::from(color.bytes_per_pixel());
            let is_turned = turned;
            let (width, height, widest) = (1000, 1000, 800);
            Decodable { bytes, format, width, height, color, total_bytes, is_turned, widest }.cost() - SLACK
        };
        let plain = image(ImageFormat::Png, ColorType::Rgb8, false);
        assert!((7_800_000..8_000_000).contains(&plain), "{plain}");
        let deep = image(ImageFormat::Png, ColorType::Rgba16, false);
        assert!((12_000_000..12_100_000).contains(&deep), "{deep}");
        let turned = image(ImageFormat::Png, ColorType::Rgba16, true);
        assert!((16_000_000..16_100_000).contains(&turned), "{turned}");
        assert!(image(ImageFormat::Jpeg, ColorType::Rgb8, false) > 9_000_000, "progressive");
        assert!(image(ImageFormat::Webp, ColorType::Rgba8, false) > 13_000_000);
    }

    #[test]
    fn scans_are_counted_across_their_data() {
        let scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00data\xff\x00data\xff\xd0\xff\xff";
        let bytes =
            [b"\xff\xd8\xff\xc2\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00", &scan.repeat(150)[..]].concat();
        let frame = jpeg_frame(&bytes);
        assert!(frame.is_progressive);
        assert_eq!((frame.components, frame.scans), (1, 150));
    }
}
