//! Text that was UTF-8, was read as Latin-1 or Windows-1252, and was written as UTF-8 again.

use encoding_rs::WINDOWS_1252;

/// The text as it was meant: where every character stands for one byte and the bytes are UTF-8, these are the
/// text. Anything else comes back unchanged; by chance no sound text has that shape.
pub(super) fn repaired(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    match single_bytes(&text).map(String::from_utf8) {
        Some(Ok(meant)) => meant,
        _ => text,
    }
}

/// The bytes that the characters stand for, if each stands for one and the first that is not ASCII can begin
/// a character of UTF-8.
fn single_bytes(text: &str) -> Option<Vec<u8>> {
    let first = text.chars().find(|c| !c.is_ascii())?;
    if !matches!(first, '\u{C2}'..='\u{F4}') {
        return None;
    }
    text.chars().map(byte_of).collect()
}

fn byte_of(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(c) {
        return Some(byte);
    }
    (0x80..=0x9F_u8).find(|byte| {
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(byte));
        text.starts_with(c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_encoded_text_is_read_once() {
        for (written, meant) in [
            ("\u{e2}\u{80}\u{a6}", "…"),
            ("donâ€™t", "don’t"),
            ("CafÃ© crÃ¨me", "Café crème"),
            ("Café crème", "Café crème"),
            ("Ünal’s café", "Ünal’s café"),
            ("Ã und €", "Ã und €"),
            ("плохо", "плохо"),
        ] {
            assert_eq!(repaired(written.to_owned()), meant);
        }
    }
}
