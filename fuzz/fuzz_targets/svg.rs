//! SVG images: whatever comes in, what goes out is safe, small and stays as it is when it comes in again.

#![no_main]

use courant_sanitize::{is_svg, sanitize_svg};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = is_svg(bytes);
    let Ok(safe) = sanitize_svg(bytes) else { return };
    let text = String::from_utf8_lossy(&safe.bytes).to_ascii_lowercase();
    for unsafe_part in ["<script", "<foreignobject", "<!doctype", "<!entity", "=\"javascript:"] {
        assert!(!text.contains(unsafe_part), "{unsafe_part} in {text}");
    }
    // An escaped character takes up to six bytes.
    assert!(text.len() <= 1024 + 6 * bytes.len(), "{} bytes out of {}", text.len(), bytes.len());
    // Only what is allowed stays as it is.
    let again = sanitize_svg(&safe.bytes).map(|again| again.bytes);
    assert_eq!(again.ok(), Some(safe.bytes));
});
