//! Escaping of text for HTML and XML. Most texts have nothing to escape, so that searching decides
//! what it costs.

use std::fmt;

/// Number of bytes that are searched at once.
const LANES: usize = 16;

/// The place of the first byte that is wanted. The search goes in strides, without a branch for each
/// byte.
pub(crate) fn find(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (chunks, _) = text.as_chunks::<LANES>();
    let has_none = |chunk: &&[u8; LANES]| !chunk.iter().fold(false, |found, &byte| found | wanted(byte));
    let passed = chunks.iter().take_while(has_none).count() * LANES;
    text[passed..].iter().position(|&byte| wanted(byte)).map(|at| passed + at)
}

/// ASCII characters and the references that are written in their place.
pub(crate) type References<const N: usize> = [(u8, &'static str); N];

/// For text in HTML, quoted attributes included.
pub(crate) const HTML: References<5> =
    [(b'&', "&amp;"), (b'<', "&lt;"), (b'>', "&gt;"), (b'"', "&quot;"), (b'\'', "&#39;")];

/// The place of the first character that has a reference.
pub(crate) fn find_special<const N: usize>(text: &str, references: &References<N>) -> Option<usize> {
    find(text.as_bytes(), |byte| references.iter().any(|special| byte == special.0))
}

/// Writes text with references in place of the characters that have one.
pub(crate) fn write_escaped<const N: usize>(
    out: &mut impl fmt::Write,
    text: &str,
    references: &References<N>,
) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = find_special(rest, references) {
        let reference = references.iter().find(|special| special.0 == rest.as_bytes()[at]);
        out.write_str(&rest[..at])?;
        out.write_str(reference.map_or("", |special| special.1))?;
        rest = &rest[at + 1..];
    }
    out.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_written_wherever_they_are_in_a_text() {
        for before in 0..40 {
            let text = format!("{}<{}&'ä\"", "a".repeat(before), "é".repeat(before));
            let mut written = String::new();
            write_escaped(&mut written, &text, &HTML).unwrap();
            let expected = format!("{}&lt;{}&amp;&#39;ä&quot;", "a".repeat(before), "é".repeat(before));
            assert_eq!(written, expected);
        }
    }
}
