//! Decodes bytes to text, and detects the encoding of a document.
//!
//! The precedence is that of RFC 7303 §3 for XML and of the HTML standard for pages: a byte order
//! mark, then the HTTP header, then the declaration in the document, then detection by the bytes. A
//! legacy label is ignored if the bytes are valid UTF-8 with several multi-byte characters, which
//! does not happen by chance.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memmem;

/// A declaration is searched for in this many first bytes.
const DECLARATION_WINDOW: usize = 4096;
/// The detector reads this many bytes at most.
const DETECTION_WINDOW: usize = 256 * 1024;

/// A document as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text without byte order mark.
    pub text: Cow<'a, str>,
    /// The WHATWG name of the encoding in lower case (`utf-8`, `windows-1251`), or `utf-32`, which
    /// WHATWG does not have.
    pub encoding: &'static str,
}

/// The text of an HTML page. `content_type` is the value of the HTTP header.
pub fn decode_html<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    decode(bytes, content_type, meta_label)
}

/// The text of an XML or JSON document. `content_type` is the value of the HTTP header.
pub fn decode_xml<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    decode(bytes, content_type, declared_label)
}

fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    declared: fn(&[u8]) -> Option<&str>,
) -> Decoded<'a> {
    if let Some(text) = utf32(bytes) {
        return Decoded { text: Cow::Owned(text), encoding: "utf-32" };
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..]);
    }
    if let Some(encoding) = wide_without_mark(bytes) {
        return with(encoding, bytes);
    }
    let label = content_type.and_then(charset_of).or_else(|| {
        let window = &bytes[..bytes.len().min(DECLARATION_WINDOW)];
        declared(window)
    });
    let stated = label.and_then(known_encoding).filter(|encoding| {
        // A document with `<` as one byte is not in a wide encoding, whatever its label.
        *encoding != UTF_16LE && *encoding != UTF_16BE && *encoding != REPLACEMENT
    });
    let valid = std::str::from_utf8(bytes);
    match (stated, valid) {
        (Some(encoding), Ok(text))
            if encoding == UTF_8 || encoding != ISO_2022_JP && is_surely_utf8(text) =>
        {
            Decoded { text: Cow::Borrowed(text), encoding: "utf-8" }
        }
        (Some(encoding), _) if encoding != UTF_8 => with(encoding, bytes),
        (_, Ok(text)) if !text.contains('\u{1b}') => Decoded { text: Cow::Borrowed(text), encoding: "utf-8" },
        (Some(_), _) if is_damaged_utf8(bytes) => with(UTF_8, bytes),
        _ => with(detected(bytes), bytes),
    }
}

fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text, encoding: lower_name(encoding) }
}

/// The name in lower case, without allocation.
fn lower_name(encoding: &'static Encoding) -> &'static str {
    const NAMES: &[&str] = &[
        "utf-8",
        "utf-16le",
        "utf-16be",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "windows-874",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "ibm866",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "x-mac-cyrillic",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "gbk",
        "gb18030",
        "big5",
        "euc-kr",
        "x-user-defined",
        "replacement",
    ];
    NAMES.iter().find(|name| name.eq_ignore_ascii_case(encoding.name())).copied().unwrap_or(encoding.name())
}

/// Labels in use that WHATWG does not list.
fn known_encoding(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'', '“', '”', '‘', '’']);
    Encoding::for_label(label.as_bytes()).or_else(|| {
        let folded: String = label.to_ascii_lowercase().replace('_', "-");
        let other = match folded.as_str() {
            "cp949" | "ms949" | "uhc" | "x-windows-949" => "euc-kr",
            "cp932" | "ms932" | "sjis" | "windows-932" | "shift-jis" => "shift_jis",
            "cp936" | "ms936" | "windows-936" | "hz" => "gbk",
            "cp950" | "windows-950" => "big5",
            "utf8mb4" | "utf-8n" | "unicode" | "u8" => "utf-8",
            "mac" | "macroman" | "mac-roman" => "macintosh",
            "iso-8859-1-windows-3.1-latin-1" | "latin-1" | "cp-1252" => "windows-1252",
            _ => {
                let page =
                    folded.trim_start_matches("windows").trim_start_matches("cp").trim_start_matches('-');
                return match page {
                    "1250" | "1251" | "1252" | "1253" | "1254" | "1255" | "1256" | "1257" | "1258" => {
                        Encoding::for_label(format!("windows-{page}").as_bytes())
                    }
                    _ => None,
                };
            }
        };
        Encoding::for_label(other.as_bytes())
    })
}

/// The charset parameter of a content type.
fn charset_of(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim()).filter(|value| !value.is_empty())
    })
}

/// The encoding that an XML declaration names.
fn declared_label(window: &[u8]) -> Option<&str> {
    let start = memmem::find(window, b"<?xml")?;
    let rest = &window[start..];
    let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
    label_after(&rest[..end], b"encoding")
}

/// The encoding that an HTML page names in a `meta` (HTML standard, "prescan a byte stream").
fn meta_label(window: &[u8]) -> Option<&str> {
    let mut rest = window;
    while let Some(start) = memmem::find(rest, b"<").map(|at| at + 1) {
        rest = &rest[start..];
        if rest.starts_with(b"!--") {
            rest = &rest[memmem::find(rest, b"-->").unwrap_or(rest.len())..];
        } else if rest.len() > 4 && rest[..4].eq_ignore_ascii_case(b"meta") {
            let tag = &rest[..memchr::memchr(b'>', rest).unwrap_or(rest.len())];
            if let Some(label) = label_after(tag, b"charset") {
                return Some(label);
            }
        }
    }
    declared_label(window)
}

/// The value after `name =`, with or without quotation marks.
fn label_after<'w>(tag: &'w [u8], name: &[u8]) -> Option<&'w str> {
    let at = tag.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))? + name.len();
    let rest = tag[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    // Quotation marks may be typographic ones in any encoding: bytes that occur in no label are
    // skipped.
    let is_label = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.' | b'+');
    let start = rest.iter().position(is_label)?;
    let rest = &rest[start..];
    let end = rest.iter().position(|b| !is_label(b)).unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).ok()
}

/// UTF-16 without a byte order mark, recognised by the zeros beside its first characters.
fn wide_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..4)?;
    let is_opening = |b: u8| matches!(b, b'<' | b'{' | b' ' | b'\n' | b'\r' | b'\t');
    match *start {
        [0, a, 0, b] if is_opening(a) && b != 0 => Some(UTF_16BE),
        [a, 0, b, 0] if is_opening(a) && b != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-32, which browsers do not read but XML allows.
fn utf32(bytes: &[u8]) -> Option<String> {
    let (rest, big) = match *bytes.get(..4)? {
        [0, 0, 0xFE, 0xFF] => (&bytes[4..], true),
        [0xFF, 0xFE, 0, 0] => (&bytes[4..], false),
        [0, 0, 0, b'<'] => (bytes, true),
        [b'<', 0, 0, 0] => (bytes, false),
        _ => return None,
    };
    let code = |chunk: &[u8]| {
        let four = [chunk[0], chunk[1], chunk[2], chunk[3]];
        if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    Some(rest.chunks_exact(4).map(|chunk| char::from_u32(code(chunk)).unwrap_or('\u{FFFD}')).collect())
}

/// Whether a valid text has enough multi-byte characters that it is not another encoding by
/// chance.
fn is_surely_utf8(text: &str) -> bool {
    /// Number of multi-byte characters.
    const ENOUGH: usize = 3;
    text.bytes().filter(|b| *b >= 0xC2).take(ENOUGH).count() == ENOUGH
}

/// Whether bytes are UTF-8 with some damage rather than another encoding: more valid multi-byte
/// characters than invalid sequences.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes[..bytes.len().min(DETECTION_WINDOW)].utf8_chunks() {
        good += chunk.valid().bytes().filter(|b| *b >= 0xC2).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= bad
}

fn detected(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(DETECTION_WINDOW)], bytes.len() <= DETECTION_WINDOW);
    let found = detector.guess(None, Utf8Detection::Allow);
    // UTF-8 was ruled out before, but a window may look like it.
    if found == UTF_8 && !is_damaged_utf8(bytes) { WINDOWS_1252 } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(bytes: &[u8], content_type: Option<&str>) -> (String, &'static str) {
        let decoded = decode_xml(bytes, content_type);
        (decoded.text.into_owned(), decoded.encoding)
    }

    #[test]
    fn the_header_precedes_the_declaration_and_the_declaration_detection() {
        let bytes = b"<?xml version='1.0' encoding='iso-8859-2'?><a>\xb9\xe8</a>";
        assert!(xml(bytes, None).0.ends_with("<a>šč</a>"));
        assert!(xml(bytes, Some("text/xml; charset=windows-1252")).0.ends_with("<a>¹è</a>"));
    }

    #[test]
    fn utf8_in_a_legacy_coat_is_utf8() {
        let text = "<?xml version='1.0' encoding='iso-8859-1'?><a>naïve café déjà</a>";
        assert_eq!(xml(text.as_bytes(), None), (text.to_owned(), "utf-8"));
        assert_eq!(xml(text.as_bytes(), Some("text/xml; charset=us-ascii")).1, "utf-8");
    }

    #[test]
    fn wide_encodings_are_recognised_with_and_without_byte_order_mark() {
        for (encoding, big) in [("utf-16le", false), ("utf-16be", true)] {
            let units = "<a>é</a>".encode_utf16();
            let bytes: Vec<u8> =
                units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
            assert_eq!(xml(&bytes, None), ("<a>é</a>".to_owned(), encoding));
        }
        let bytes: Vec<u8> = "<a>é</a>".chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        assert_eq!(xml(&bytes, None), ("<a>é</a>".to_owned(), "utf-32"));
    }

    #[test]
    fn wrong_labels_are_not_believed() {
        assert_eq!(xml("<?xml encoding='utf-16'?><a>é</a>".as_bytes(), None).1, "utf-8");
        assert_eq!(xml("<?xml encoding='none-such'?><a>é</a>".as_bytes(), None).1, "utf-8");
        let damaged = b"<?xml encoding='utf-8'?><a>\xc3\xa9\xc3\xa8 \xff</a>";
        assert!(xml(damaged, None).0.contains("éè \u{FFFD}"));
        let mislabelled = b"<?xml encoding='utf-8'?><a>caf\xe9 d\xe9j\xe0 vu</a>";
        assert!(xml(mislabelled, None).0.contains("café déjà vu"));
    }

    #[test]
    fn pages_declare_in_meta() {
        for meta in
            ["<meta charset=koi8-r>", "<META http-equiv=content-type content='text/html; charset=KOI8-R'>"]
        {
            let mut bytes = meta.as_bytes().to_vec();
            bytes.extend_from_slice(b"\xf7\xf2");
            assert!(decode_html(&bytes, None).text.ends_with("ВР"));
        }
    }

    proptest::proptest! {
        #[test]
        fn utf8_comes_back_unchanged(text in "[^\\x00\\x1b\\ufeff]{0,60}") {
            let written = format!("<a>{text}");
            proptest::prop_assert_eq!(&decode_xml(written.as_bytes(), None).text, &written);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = decode_html(&bytes, Some("text/html; charset=shift_jis"));
            let _ = decode_xml(&bytes, None);
        }
    }
}
