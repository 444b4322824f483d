//! Text that was UTF-8, was read as Latin-1 or Windows-1252, and was written as UTF-8 again.

use encoding_rs::WINDOWS_1252;

/// The text as it was meant: if every character stands for one byte and the bytes are valid UTF-8,
/// the bytes are the text. Anything else is returned unchanged; valid text does not have that form
/// by chance.
pub(super) fn repaired(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    if !may_be_mojibake(&text) {
        return text;
    }
    match single_bytes(&text).map(String::from_utf8) {
        Some(Ok(meant)) => meant,
        _ => text,
    }
}

/// Whether the first character that is not ASCII can be the first byte of one, and the next its
/// second.
fn may_be_mojibake(text: &str) -> bool {
    let Some(at) = text.bytes().position(|b| !b.is_ascii()) else { return false };
    let mut characters = text[at..].chars();
    matches!(characters.next(), Some('\u{C2}'..='\u{F4}'))
        && characters.next().and_then(byte_of).is_some_and(|byte| (0x80..0xC0).contains(&byte))
}

/// The bytes that the characters stand for, if each stands for one.
fn single_bytes(text: &str) -> Option<Vec<u8>> {
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
