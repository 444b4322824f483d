//! Reads the target that a redirector carries.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use percent_encoding::percent_decode_str;
use url::Url;

/// Maximum number of nested percent-encodings of a target.
const MAX_LAYERS: usize = 4;

/// The URL in a text after at most four percent-decodings: HTTP or HTTPS, with a host that has a
/// dot or is an IP address, without user and password. With `scheme`, a target without scheme gets
/// this one.
pub(super) fn read_target(text: &str, scheme: Option<&str>) -> Option<Url> {
    let mut text = text.trim().to_owned();
    for _ in 0..MAX_LAYERS {
        if let Some(url) = as_web_url(&text) {
            return Some(url);
        }
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            break;
        }
        text = decoded;
    }
    let text = text.trim_start_matches('/');
    as_web_url(&format!("{}://{text}", scheme?))
}

/// The same for a target in Base64, of any alphabet, padded or not.
pub(super) fn read_base64_target(text: &str) -> Option<Url> {
    read_target(&String::from_utf8(decode_base64(text)?).ok()?, None)
}

/// Bytes in Base64 of any alphabet, padded or not.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text = percent_decode_str(text.trim()).decode_utf8().ok()?;
    let bytes = text.as_bytes();
    [BASE64URL_NOPAD, BASE64_NOPAD, BASE64URL, BASE64].iter().find_map(|alphabet| alphabet.decode(bytes).ok())
}

fn as_web_url(text: &str) -> Option<Url> {
    let scheme_end = text.find("://")?;
    let scheme = &text[..scheme_end];
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let reachable = url.host_str().is_some_and(|host| host.contains(['.', ':']));
    (reachable && url.username().is_empty() && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_decoded_as_far_as_needed() {
        for (text, scheme, expected) in [
            ("https://a.example/x", None, Some("https://a.example/x")),
            ("https%253A%252F%252Fa.example%252Fx", None, Some("https://a.example/x")),
            ("a.example/x", Some("https"), Some("https://a.example/x")),
            ("//a.example/x", Some("https"), Some("https://a.example/x")),
            ("a.example/x", None, None),
            ("javascript:alert(1)", None, None),
            ("javascript:alert(1)", Some("https"), None),
            ("https://localhost/x", None, None),
            ("https://user:secret@a.example/", None, None),
            ("ftp://a.example/", None, None),
        ] {
            assert_eq!(read_target(text, scheme).as_ref().map(Url::as_str), expected, "{text}");
        }
    }

    #[test]
    fn base64_of_any_alphabet_is_read() {
        for text in
            ["aHR0cHM6Ly9hLmV4YW1wbGUvPw==", "aHR0cHM6Ly9hLmV4YW1wbGUvPw", "aHR0cHM6Ly9hLmV4YW1wbGUvPw%3D%3D"]
        {
            assert_eq!(read_base64_target(text).unwrap().as_str(), "https://a.example/?", "{text}");
        }
        assert_eq!(read_base64_target("***"), None);
    }
}
