//! Escaping of text for HTML and XML. Most texts have nothing to escape, so that searching decides
//! what it costs.

use std::fmt;

/// Number of bytes that are searched at once.
const LANES: usize = 16;

/// The place of the first of these bytes. The search goes in strides, without a branch for each
/// byte, so that the compiler can use vector instructions.
pub(crate) fn find(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (chunks, _) = text.as_chunks::<LANES>();
    let has_none = |chunk: &&[u8; LANES]| !chunk.iter().fold(false, |found, &byte| found | wanted(byte));
    let passed = chunks.iter().take_while(has_none).count() * LANES;
    text[passed..].iter().position(|&byte| wanted(byte)).map(|at| passed + at)
}

/// Writes text with a reference in place of each ASCII character that has one.
pub(crate) fn write_with_references(
    out: &mut impl fmt::Write,
    text: &str,
    reference_of: impl Fn(u8) -> Option<&'static str>,
) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = find(rest.as_bytes(), |byte| reference_of(byte).is_some()) {
        out.write_str(&rest[..at])?;
        out.write_str(reference_of(rest.as_bytes()[at]).unwrap_or_default())?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

/// Writes text as HTML, also for quoted attributes.
pub(crate) fn write_html(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    write_with_references(out, text, html_reference)
}

/// The reference that replaces a character in HTML and XML.
pub(crate) const fn html_reference(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&#39;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_written_wherever_they_are_in_a_text() {
        for before in 0..40 {
            let text = format!("{}<{}&'ä\"", "a".repeat(before), "é".repeat(before));
            let mut written = String::new();
            write_html(&mut written, &text).unwrap();
            let expected = format!("{}&lt;{}&amp;&#39;ä&quot;", "a".repeat(before), "é".repeat(before));
            assert_eq!(written, expected);
        }
    }
}
