//! Packed bodies: the first byte chooses the coding, and nothing costs more than its budget.

#![no_main]

use std::cell::Cell;

use courant_formats::decode::{Budget, Coding, Stop, decode_into};
use libfuzzer_sys::fuzz_target;

/// The most bytes that a body may unpack to here.
const MAX_BYTES: u64 = 1 << 16;
/// The most checks of the budget that any such body may take.
const MAX_CHECKS: u32 = 10_000;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else { return };
    let coding = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd][usize::from(choice % 4)];
    let checks = Cell::new(0_u32);
    let stop = || {
        checks.set(checks.get() + 1);
        (checks.get() > MAX_CHECKS).then_some(Stop::Deadline)
    };
    let mut out = Vec::new();
    let mut budget = Budget::new(MAX_BYTES, &stop);
    // What is damaged or too large is an error; it must be a cheap one.
    let _ = decode_into(coding, body, &mut budget, &mut out);
    assert!(out.len() as u64 <= MAX_BYTES, "{} bytes written", out.len());
    assert!(checks.get() <= MAX_CHECKS, "{} checks for {} bytes", checks.get(), body.len());
});
