//! The lines of a robots.txt (RFC 9309, section 2.2). Parsing is as tolerant as Google's
//! open-source parser: misspelled keys, a missing colon, any line ending.

/// Maximum length of a line in bytes; the rest is ignored. Eight times the longest URL that
/// browsers support.
const MAX_LINE: usize = 2083 * 8;

/// Common spellings of `Disallow`.
const DISALLOW: [&str; 6] = ["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"];
const USER_AGENT: [&str; 3] = ["user-agent", "useragent", "user agent"];

/// A line with a rule or the user agent of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// `User-agent: …`
    UserAgent(&'a str),
    /// `Allow: …`
    Allow(&'a str),
    /// `Disallow: …`
    Disallow(&'a str),
}

/// The relevant lines in order; sitemaps, crawl delays and everything unknown are skipped.
pub(crate) fn lines(body: &str) -> impl Iterator<Item = Line<'_>> {
    body.split(['\n', '\r']).filter_map(line)
}

fn line(text: &str) -> Option<Line<'_>> {
    let text = text.get(..MAX_LINE).unwrap_or(text);
    let text = text.split_once('#').map_or(text, |(before, _)| before).trim();
    let (key, value) = text.split_once(':').or_else(|| without_colon(text))?;
    let (key, value) = (key.trim(), value.trim());
    // As in Google's parser, a key may have a suffix ("Disallow-all: /").
    let begins_with =
        |name: &str| key.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    if USER_AGENT.iter().any(|name| begins_with(name)) {
        Some(Line::UserAgent(value))
    } else if begins_with("allow") {
        Some(Line::Allow(value))
    } else if DISALLOW.iter().any(|name| begins_with(name)) {
        Some(Line::Disallow(value))
    } else {
        None
    }
}

/// Key and value of a line without a colon: exactly two words.
fn without_colon(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once([' ', '\t'])?;
    let value = value.trim();
    (!value.contains([' ', '\t'])).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parsed_tolerantly() {
        for (text, expected) in [
            ("Disallow: /a # the attic", Some(Line::Disallow("/a"))),
            ("  disAllow:/a", Some(Line::Disallow("/a"))),
            ("Dissalow : /a", Some(Line::Disallow("/a"))),
            ("Disallow /a", Some(Line::Disallow("/a"))),
            ("Disallow\t /a  ", Some(Line::Disallow("/a"))),
            ("Disallow:", Some(Line::Disallow(""))),
            ("Disallow /a /b", None),
            ("Disallow", None),
            ("Allow: /a:b", Some(Line::Allow("/a:b"))),
            ("User agent: x", Some(Line::UserAgent("x"))),
            ("useragent: x", Some(Line::UserAgent("x"))),
            ("Sitemap: https://lake.example/sitemap.xml", None),
            ("Crawl-delay: 10", None),
            ("# Disallow: /", None),
            (": /a", None),
            ("", None),
        ] {
            assert_eq!(lines(text).next(), expected, "{text:?}");
        }
    }

    #[test]
    fn every_kind_of_line_ending_works() {
        let found: Vec<_> = lines("User-agent: *\r\nDisallow: /a\rAllow: /b\n\nDisallow: /c").collect();
        let expected = [Line::UserAgent("*"), Line::Disallow("/a"), Line::Allow("/b"), Line::Disallow("/c")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_read() {
        let text = format!("Disallow: /{}\nAllow: /b", "a".repeat(1 << 20));
        let found: Vec<_> = lines(&text).collect();
        assert!(matches!(found[0], Line::Disallow(value) if value.len() < MAX_LINE));
        assert_eq!(found[1], Line::Allow("/b"));
    }
}
