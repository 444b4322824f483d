//! The part of a record's file name that comes from its title.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Maximum characters of a slug. The predecessor cut at 142 or 143; 142 reproduces all its files
/// but one.
const MAX_SLUG_CHARS: usize = 142;

/// The slug of a title: lower case, accents dropped (`Pokémon` → `pokemon`), everything removed but
/// `a–z`, `0–9`, space, `_` and `-`, runs of the last three folded to one `-`, cut at a word to at
/// most 142 characters.
///
/// Empty if the title has no such character (a headline in Chinese). The rule is the predecessor's:
/// other characters vanish without leaving a gap (`low-code/no-code` → `low-codeno-code`), and
/// decomposition is canonical only (NFD), so that `˜` is dropped and not read as a space with a
/// tilde.
pub fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    let mut gap = false;
    for c in title.chars().flat_map(char::to_lowercase).nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'a'..='z' | '0'..='9' => {
                if gap && !slug.is_empty() {
                    slug.push('-');
                }
                gap = false;
                slug.push(c);
            }
            ' ' | '\t' | '\n' | '\r' | '_' | '-' => gap = true,
            _ => {}
        }
    }
    cut_at_word(&mut slug);
    slug
}

/// Shortens an ASCII slug to whole words; a single word longer than the limit is cut.
fn cut_at_word(slug: &mut String) {
    if slug.len() > MAX_SLUG_CHARS {
        let end = slug[..=MAX_SLUG_CHARS].rfind('-').unwrap_or(MAX_SLUG_CHARS);
        slug.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_follow_the_predecessor() {
        for (title, expected) in [
            (
                "US Looking to Build Alliances for Responsible Military AI Use",
                "us-looking-to-build-alliances-for-responsible-military-ai-use",
            ),
            ("Pokémon, Ünïcode & Ærø", "pokemon-unicode-r"),
            ("low-code/no-code  for  all", "low-codeno-code-for-all"),
            (" It’s what_it -- is™ ", "its-what-it-is"),
            ("a\u{a0}b\u{ad}c ˜ d", "abc-d"),
            ("人工知能", ""),
            ("--", ""),
        ] {
            assert_eq!(slug(title), expected, "{title}");
        }
    }

    #[test]
    fn a_long_slug_ends_with_a_whole_word() {
        let title = "word ".repeat(60);
        let slug = slug(&title);
        assert!(slug.len() <= MAX_SLUG_CHARS && slug.ends_with("-word"), "{slug}");
        assert_eq!(super::slug(&"x".repeat(500)).len(), MAX_SLUG_CHARS);
    }
}
