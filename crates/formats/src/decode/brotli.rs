//! Brotli (RFC 7932).

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{Budget, Coding, DecodeError, Decoder, Progress, damaged, run};

pub(super) fn decode(mut body: &[u8], budget: &mut Budget<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let alloc = StandardAlloc::default;
    // Strict: windows of up to 1 GiB are an extension outside of RFC 7932.
    let mut stream = Stream { state: BrotliState::new_strict(alloc(), alloc(), alloc()), total: 0 };
    run(&mut stream, &mut body, budget, out)
}

struct Stream {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    total: usize,
}

impl Decoder for Stream {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, DecodeError> {
        let (mut read, mut written) = (0, 0);
        let result = BrotliDecompressStream(
            &mut input.len(),
            &mut read,
            input,
            &mut output.len(),
            &mut written,
            output,
            &mut self.total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => Err(damaged(Coding::Brotli, &"not what the format allows")),
            result => Ok(Progress { read, written, ended: matches!(result, BrotliResult::ResultSuccess) }),
        }
    }
}
