//! Zstandard (RFC 8878): one frame after the other.

use zstd::stream::raw::{DParameter, Decoder as Frames, Operation};

use super::{Budget, Coding, DecodeError, Decoder, Progress, ZSTD_MAGIC, damaged, run};

/// Maximum window size of a body: 8 MiB (RFC 9659, section 3).
const WINDOW_LOG: u32 = 23;

/// Whether a skippable frame begins here (section 3.1.2).
pub(super) fn is_skippable(body: &[u8]) -> bool {
    matches!(body, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

pub(super) fn decode(mut body: &[u8], budget: &mut Budget<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut frame = Frame(Frames::new().map_err(|error| damaged(Coding::Zstd, &error))?);
    let window = frame.0.set_parameter(DParameter::WindowLogMax(WINDOW_LOG));
    window.map_err(|error| damaged(Coding::Zstd, &error))?;
    let mut is_first = true;
    while is_first || body.starts_with(&ZSTD_MAGIC) || is_skippable(body) {
        budget.check()?;
        budget.member()?;
        frame.0.reinit().map_err(|error| damaged(Coding::Zstd, &error))?;
        run(&mut frame, &mut body, budget, out)?;
        is_first = false;
    }
    Ok(())
}

struct Frame(Frames<'static>);

impl Decoder for Frame {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, DecodeError> {
        let status = self.0.run_on_buffers(input, output);
        let status = status.map_err(|error| damaged(Coding::Zstd, &error))?;
        // `remaining` is also 0 if no frame has begun.
        let moved = status.bytes_read + status.bytes_written > 0;
        Ok(Progress {
            read: status.bytes_read,
            written: status.bytes_written,
            ended: status.remaining == 0 && moved,
        })
    }
}
