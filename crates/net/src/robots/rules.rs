//! The rules of a robots.txt that apply to Courant (RFC 9309, section 2.2).
//!
//! Matching is linear in the path and the pattern: robots.txt is untrusted, and patterns with many
//! stars must not take longer than others.

use super::lines::{Line, lines};

/// The name of Courant in robots.txt.
pub(crate) const PRODUCT_TOKEN: &str = "courant";

/// The rules in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    pattern: Box<str>,
}

impl Rules {
    /// Parses the group for Courant, or if there is none the group for all robots.
    pub(crate) fn read(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let mut groups = Groups::default();
        for line in lines(&ascii(body)) {
            groups.take(line);
        }
        Self { rules: if groups.named_us { groups.for_us } else { groups.for_all } }
    }

    /// Whether a path with its query (`/a?b`, percent-encoded) may be fetched. The longest matching
    /// pattern decides; `Allow` wins a tie.
    pub(crate) fn allow(&self, path: &str) -> bool {
        let path = normalized(path);
        if path == "/robots.txt" {
            return true;
        }
        let longest = |allows| {
            let matching =
                self.rules.iter().filter(|rule| rule.allows == allows && matches(&rule.pattern, &path));
            matching.map(|rule| rule.pattern.len()).max()
        };
        longest(false) <= longest(true)
    }

    /// Approximate memory of the rules, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.rules.iter().map(|rule| size_of::<Rule>() + rule.pattern.len()).sum()
    }
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact about the state of the parser")]
struct Groups {
    for_us: Vec<Rule>,
    for_all: Vec<Rule>,
    named_us: bool,
    in_group_for_us: bool,
    in_group_for_all: bool,
    rules_seen: bool,
}

impl Groups {
    fn take(&mut self, line: Line<'_>) {
        match line {
            Line::UserAgent(agent) => self.user_agent(agent),
            Line::Allow(pattern) => self.rule(true, pattern),
            Line::Disallow(pattern) => self.rule(false, pattern),
        }
    }

    fn user_agent(&mut self, agent: &str) {
        if self.rules_seen {
            (self.in_group_for_us, self.in_group_for_all, self.rules_seen) = (false, false, false);
        }
        let name_end = agent.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_')));
        let name = &agent[..name_end.unwrap_or(agent.len())];
        if agent == "*" || agent.starts_with("* ") {
            self.in_group_for_all = true;
        } else if name.eq_ignore_ascii_case(PRODUCT_TOKEN) {
            self.in_group_for_us = true;
            self.named_us = true;
        }
    }

    fn rule(&mut self, allows: bool, pattern: &str) {
        self.rules_seen = true;
        let group = match (self.in_group_for_us, self.in_group_for_all) {
            (true, _) => &mut self.for_us,
            (false, true) => &mut self.for_all,
            (false, false) => return,
        };
        if !pattern.is_empty() {
            group.push(Rule { allows, pattern: normalized(pattern).into() });
        }
    }
}

/// Percent-encodes non-ASCII bytes, as matching requires.
fn ascii(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    for &byte in body {
        if byte.is_ascii() { text.push(char::from(byte)) } else { push_encoded(&mut text, byte) }
    }
    text
}

fn push_encoded(text: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(HEX[usize::from(byte >> 4)]));
    text.push(char::from(HEX[usize::from(byte & 15)]));
}

/// Decodes percent-encoded unreserved characters, and makes other percent-encodings upper case (RFC
/// 9309, section 2.2.2).
fn normalized(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        let coded = (byte == b'%').then(|| bytes.get(at..at + 2)).flatten();
        let coded = coded
            .and_then(|pair| data_encoding::HEXUPPER_PERMISSIVE.decode(pair).ok())
            .and_then(|bytes| bytes.first().copied());
        match coded {
            Some(coded) => {
                at += 2;
                if coded.is_ascii_alphanumeric() || b"-._~".contains(&coded) {
                    text.push(char::from(coded));
                } else {
                    push_encoded(&mut text, coded);
                }
            }
            None if byte.is_ascii() => text.push(char::from(byte)),
            None => push_encoded(&mut text, byte),
        }
    }
    text
}

/// Whether the pattern matches a prefix of the path: `*` matches anything, a final `$` the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_anchored) =
        pattern.strip_suffix('$').map_or((pattern, false), |pattern| (pattern, true));
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            match rest.find(before) {
                Some(at) => rest = &rest[at + before.len()..],
                None => return false,
            }
        }
    }
    match last {
        None => !is_anchored || rest.is_empty(),
        Some(part) if is_anchored => rest.ends_with(part),
        Some(part) => rest.contains(part),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(robots: &str, path: &str) -> bool {
        Rules::read(robots.as_bytes()).allow(path)
    }

    #[test]
    fn groups() {
        let robots = "\u{feff}User-agent: *\nDisallow: /private/\n\nUser-agent: other\nUser-agent: COURANT/1.0\nDisallow: /desk\n";
        assert!(allows(robots, "/private/a"));
        assert!(!allows(robots, "/desk"));
        let everyone = "Disallow: /before\nuser-agent: *\ndisalow: /private/\nSitemap: /x\nCrawl-delay: 3\nDisallow: /more\n";
        assert!(allows(everyone, "/before"));
        assert!(!allows(everyone, "/private/a.html"));
        assert!(!allows(everyone, "/more"));
        assert!(allows(everyone, "/"));
        assert!(allows("User-agent: courant\nDisallow:\n\nUser-agent: *\nDisallow: /", "/a"));
        assert!(allows("<html>no robots</html>", "/a"));
        assert!(!allows("User-agent: *\nDisallow: /", "/a"));
        assert!(allows("User-agent: *\nDisallow: /", "/robots.txt"));
    }

    #[test]
    fn the_longest_pattern_decides() {
        let robots =
            "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c\nAllow: /tie\nDisallow: /tie\n";
        assert!(!allows(robots, "/a/x"));
        assert!(allows(robots, "/a/b/x"));
        assert!(!allows(robots, "/a/b/c"));
        assert!(allows(robots, "/tie"));
    }

    #[test]
    fn percent_encoding_is_normalized() {
        assert!(!allows("User-agent: *\nDisallow: /zürich", "/z%c3%bcrich/1"));
        assert!(!allows("User-agent: *\nDisallow: /%7ejoe", "/~joe"));
        assert!(allows("User-agent: *\nDisallow: /a%2fb", "/a/b"));
    }

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("/", "/a", true),
            ("/fish", "/fish.html", true),
            ("/fish", "/Fish", false),
            ("/fish*", "/fish", true),
            ("/fish/", "/fish", false),
            ("/*.php", "/a.php?x=1", true),
            ("/*.php$", "/a.php?x=1", false),
            ("/*.php$", "/a.php", true),
            ("/*.php$", "/a.php/b.php", true),
            ("/a$b", "/a$b", true),
            ("/a$", "/a", true),
            ("/a$", "/ab", false),
            ("*", "/x", true),
            ("/*/b/*/d", "/a/b/c/d", true),
            ("/*/b/*/d", "/a/b/d", false),
            ("/a*a$", "/a", false),
            ("/**$", "/x", true),
            ("*$", "/x", true),
            ("", "/", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn many_stars_take_no_more_time() {
        let robots = format!("User-agent: *\nDisallow: /{}x", "*a".repeat(8000));
        assert!(allows(&robots, &format!("/{}", "a".repeat(8000))));
    }

    /// The simplest implementation of the rule, for comparison.
    fn simple(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            [b'$'] => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|skip| simple(rest, &path[skip..])),
            [first, rest @ ..] => path.first() == Some(first) && simple(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_simple_implementation(pattern in "[ab*$]{0,8}", path in "/[ab$]{0,8}") {
            prop_assert_eq!(matches(&pattern, &path), simple(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn reads_anything(body in proptest::collection::vec(any::<u8>(), 0..400), path in "/\\PC{0,20}") {
            Rules::read(&body).allow(&path);
        }
    }
}
