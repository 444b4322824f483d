//! Shows URLs without the secrets in them: for logs, errors, lists and metrics.
//!
//! User names, passwords and the values of parameters with the name of a secret are hidden. A
//! secret in the path cannot be distinguished from an ordinary path and stays.

use url::Url;

/// Replaces a secret.
const HIDDEN: &str = "***";

/// Names, and words of names (`auth_token`, `X-Amz-Signature`, `feedToken`), whose values are
/// secret.
const SECRET_WORDS: [&str; 33] = [
    "access",
    "accesstoken",
    "apikey",
    "appkey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "hmac",
    "jwt",
    "key",
    "login",
    "nonce",
    "otp",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "phpsessid",
    "pin",
    "private",
    "pwd",
    "secret",
    "session",
    "sessionid",
    "sid",
    "sig",
    "signature",
    "ticket",
    "token",
];

/// Names that are secret only as a whole: `country_code` is not.
const SECRET_NAMES: [&str; 2] = ["code", "pw"];

/// Endings of names that are written without a separator: `rsskey`, `usertoken`.
const SECRET_ENDINGS: [&str; 8] =
    ["auth", "jwt", "key", "password", "passwd", "secret", "signature", "token"];

/// Maximum depth of URLs within parameters of URLs; deeper ones are hidden completely.
const MAX_DEPTH: usize = 3;

/// Maximum distance in characters at which the `@` after an unescaped password is searched for.
const MAX_USER_INFO: usize = 256;

/// `url` with user name, password and secret parameters (of query and fragment) replaced by `***`.
///
/// Parameters are known by their names, whatever their case: `token`, `api_key`, `feedToken`,
/// `rsskey`, `X-Amz-Signature` and the like. Everything else stays as it is, so that the source can
/// still be recognised.
pub fn redacted_url(url: &Url) -> String {
    redacted(url.as_str(), 0)
}

/// `text`, such as an error message, with the secrets of all URLs in it replaced as by
/// [`redacted_url`].
///
/// URLs need not be valid or complete: a message may quote a URL that could not be parsed, or cut
/// it.
pub fn redacted_text(text: &str) -> String {
    redacted(text, 0)
}

fn redacted(text: &str, depth: usize) -> String {
    without_parameters(&without_user_info(text), depth)
}

/// Hides everything between `://` and the last `@` before the host.
fn without_user_info(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        rest = after;
        if let Some(end) = user_info(after) {
            shown.push_str(HIDDEN);
            rest = &after[end..];
        }
    }
    shown.push_str(rest);
    shown
}

/// The end of the user info at the start of `text`: the position of its `@`.
fn user_info(text: &str) -> Option<usize> {
    let ends_authority = |character| ends_url(character) || matches!(character, '/' | '?' | '#' | '\\');
    let authority = &text[..text.find(ends_authority).unwrap_or(text.len())];
    authority.rfind('@').or_else(|| {
        // Not a port: a password with a character that should have been escaped.
        let port = authority.rsplit_once(':').filter(|_| !authority.starts_with('['))?.1;
        let is_port = port.chars().all(|character| character.is_ascii_digit());
        let mut near = text.char_indices().take(MAX_USER_INFO).take_while(|&(_, each)| !ends_url(each));
        near.find(|&(_, each)| each == '@').map(|(at, _)| at).filter(|_| !is_port)
    })
}

/// Hides the values of secret parameters, wherever `?name=`, `&name=`, `;name=` or `#name=` occurs.
fn without_parameters(text: &str, depth: usize) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(starts_parameter) {
        let (before, after) = rest.split_at(at + 1);
        shown.push_str(before);
        rest = after;
        let Some((name, value)) = parameter(after) else { continue };
        if is_secret_name(&decoded(name)) || holds_secret_url(value, depth) {
            shown.push_str(&after[..=name.len()]);
            shown.push_str(if value.is_empty() { "" } else { HIDDEN });
            rest = &after[name.len() + 1 + value.len()..];
        }
    }
    shown.push_str(rest);
    shown
}

/// Name and value of the parameter at the start of `text`.
fn parameter(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character| ends_url(character) || starts_parameter(character));
    let (name, value) = text[..end.unwrap_or(text.len())].split_once('=')?;
    // Without the punctuation of the sentence around it.
    Some((name, value.trim_end_matches(['.', ',', ':', ')', ']', '}', '…'])))
}

fn starts_parameter(character: char) -> bool {
    matches!(character, '?' | '&' | ';' | '#')
}

fn ends_url(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>' | '`')
}

/// Whether a parameter's value is a URL that contains a secret.
fn holds_secret_url(value: &str, depth: usize) -> bool {
    let value = decoded(value);
    value.contains("://") && (depth >= MAX_DEPTH || redacted(&value, depth + 1) != value)
}

fn is_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_NAMES.contains(&lower.as_str())
        || SECRET_ENDINGS.iter().any(|ending| lower.ends_with(ending))
        || lower.split(|character: char| !character.is_ascii_alphanumeric()).any(is_secret_word)
        || camel_words(name).any(|word| is_secret_word(&word))
}

fn is_secret_word(word: &str) -> bool {
    SECRET_WORDS.binary_search(&word).is_ok()
}

/// The words of `feedTokenId`, in lower case.
fn camel_words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut after_capital = true;
    for character in name.chars() {
        if character.is_ascii_uppercase() && !after_capital {
            words.push(String::new());
        }
        after_capital = character.is_ascii_uppercase();
        if let Some(word) = words.last_mut() {
            word.push(character.to_ascii_lowercase());
        }
    }
    words.into_iter()
}

/// `text` with its percent escapes decoded; names of parameters may be escaped.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%').then(|| tail.get(..2).and_then(hex_byte)).flatten();
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        redacted_url(&Url::parse(url).unwrap())
    }

    #[test]
    fn words_are_sorted_for_the_search() {
        assert!(SECRET_WORDS.is_sorted());
    }

    #[test]
    fn user_names_and_passwords_are_hidden() {
        for (url, wanted) in [
            ("https://ann:s3cret@news.example/feed", "https://***@news.example/feed"),
            ("https://ann@news.example:8443/", "https://***@news.example:8443/"),
            ("https://:s3cret@news.example/", "https://***@news.example/"),
            ("https://ann:a@b@news.example/@tom", "https://***@news.example/@tom"),
            ("http://[::1]:9000/x@y", "http://[::1]:9000/x@y"),
            ("https://news.example/@tom:x@y", "https://news.example/@tom:x@y"),
        ] {
            assert_eq!(shown(url), wanted);
        }
    }

    #[test]
    fn secret_parameters_are_hidden_by_name() {
        for name in [
            "token",
            "TOKEN",
            "key",
            "api_key",
            "apikey",
            "apiKey",
            "access_token",
            "auth",
            "auth_token",
            "password",
            "pass",
            "pwd",
            "pw",
            "secret",
            "client-secret",
            "sig",
            "signature",
            "session",
            "sessionid",
            "PHPSESSID",
            "code",
            "jwt",
            "credential",
            "X-Amz-Credential",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            "rss_key",
            "rsskey",
            "feedToken",
            "private_token",
            "tokenId",
            "%74oken",
            "user[password]",
            "sid",
            "hub.secret",
        ] {
            let url = format!("https://news.example/feed?page=2&{name}=s3cret&lang=de#top");
            let wanted = format!("https://news.example/feed?page=2&{name}=***&lang=de#top");
            assert_eq!(redacted_text(&url), wanted);
            assert!(!shown(&url).contains("s3cret"), "{name}");
        }
    }

    #[test]
    fn ordinary_parameters_stay() {
        for name in [
            "keyword",
            "keywords",
            "author",
            "country_code",
            "tokens",
            "channel_id",
            "q",
            "id",
            "passage",
            "monkeys",
            "signal",
            "feed",
            "assets",
            "keyboard",
            "authors",
        ] {
            let url = format!("https://news.example/feed?{name}=plain&{name}=");
            assert_eq!(shown(&url), url);
        }
        assert_eq!(shown("https://news.example/a?token=&b=1"), "https://news.example/a?token=&b=1");
        assert_eq!(shown("https://news.example/a?token"), "https://news.example/a?token");
    }

    #[test]
    fn fragments_and_urls_in_parameters_are_searched() {
        for url in [
            "https://news.example/#access_token=s3cret",
            "https://news.example/p?url=https%3A%2F%2Fann%3As3cret%40other.example%2F",
            "https://news.example/p?url=https://other.example/?token=s3cret",
            "https://news.example/p?u=https%3A%2F%2Fb.example%2F%3Fu%3Dhttps%253A%252F%252Fc.example%252F%253Fkey%253Ds3cret",
        ] {
            assert!(!shown(url).contains("s3cret"), "{}", shown(url));
        }
        let plain = "https://news.example/p?url=https%3A%2F%2Fother.example%2Ffeed";
        assert_eq!(shown(plain), plain);
    }

    #[test]
    fn messages_keep_their_other_text() {
        for (text, wanted) in [
            (
                "cannot fetch https://ann:s3cret@news.example/f?token=s3cret: timed out",
                "cannot fetch https://***@news.example/f?token=***: timed out",
            ),
            (
                "\"http://u:s3@x@news.example:99999/\" is not a URL",
                "\"http://***@news.example:99999/\" is not a URL",
            ),
            ("https://ann:pa#s3cret@news.example/x failed", "https://***@news.example/x failed"),
            ("(see news.example/f?a=1&amp;api_key=s3cret).", "(see news.example/f?a=1&amp;api_key=***)."),
            ("a=b; c? d & e: https://news.example/?q=x", "a=b; c? d & e: https://news.example/?q=x"),
            (
                "redis://:s3cret@cache.example and ftp://u:s3cret@f.example",
                "redis://***@cache.example and ftp://***@f.example",
            ),
            ("write to ann@news.example", "write to ann@news.example"),
            ("", ""),
        ] {
            assert_eq!(redacted_text(text), wanted);
        }
    }

    #[test]
    fn deep_nesting_is_bounded() {
        let url = format!("https://news.example/?{}token=s3cret", "u=https://news.example/?".repeat(20_000));
        assert!(!redacted_text(&url).contains("s3cret"));
        let encoded = (0..6).fold("https://a.example/?token=s3cret".to_owned(), |inner, _| {
            let escaped =
                inner.replace('%', "%25").replace(':', "%3A").replace('?', "%3F").replace('=', "%3D");
            format!("https://news.example/?u={escaped}")
        });
        assert!(!redacted_text(&encoded).contains("s3cret"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_accepted_and_redacting_again_changes_nothing(text in "[ -~é…]{0,60}(://[ -~é…]{0,40}){0,3}") {
            let once = redacted_text(&text);
            proptest::prop_assert_eq!(redacted_text(&once), once);
        }
    }
}
