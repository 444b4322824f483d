//! The text that a reader typed as an FTS5 expression that is always valid.

/// Maximum length of a text in characters; the rest is ignored.
const MAX_CHARS: usize = 512;

/// Maximum number of words and phrases; further ones are ignored.
const MAX_TERMS: usize = 16;

/// An FTS5 expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    /// The expression.
    pub(super) text: String,
    /// Whether its last word is a prefix of the words to find.
    pub(super) is_prefix: bool,
}

/// The expression for a text: all words and phrases must occur, the last word may be a prefix.
/// `None` if the text has no word.
///
/// Every word becomes a string of FTS5 (<https://www.sqlite.org/fts5.html>, section 3.1), in which
/// nothing has a special meaning: `AND`, `NEAR(`, `*`, `-`, `column:` are words or nothing, like
/// everything else.
pub(super) fn fts5(typed: &str) -> Option<Expression> {
    let mut terms = terms(typed);
    terms.truncate(MAX_TERMS);
    let is_prefix = terms.last().is_some_and(Term::can_be_prefix);
    let mut words: Vec<String> = terms.iter().map(|term| format!("\"{}\"", term.text)).collect();
    if is_prefix && let Some(last) = words.last_mut() {
        last.push('*');
    }
    (!words.is_empty()).then(|| Expression { text: words.join(" "), is_prefix })
}

struct Term {
    text: String,
    is_phrase: bool,
}

impl Term {
    /// Whether longer words with this beginning match too. A single ASCII letter would match so
    /// much that the search would be expensive and useless; a single Chinese character is a word.
    fn can_be_prefix(&self) -> bool {
        !self.is_phrase && (self.text.len() > 1)
    }
}

fn terms(typed: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut text = String::new();
    let mut is_phrase = false;
    let mut finish = |text: &mut String, is_phrase: bool| {
        if text.chars().any(char::is_alphanumeric) {
            terms.push(Term { text: text.trim().to_owned(), is_phrase });
        }
        text.clear();
    };
    for character in typed.chars().take(MAX_CHARS) {
        if is_quote(character) {
            finish(&mut text, is_phrase);
            is_phrase = !is_phrase;
        } else if character.is_control() || (character.is_whitespace() && !is_phrase) {
            // Control characters separate words: a NUL would end the expression.
            if is_phrase {
                text.push(' ');
            } else {
                finish(&mut text, false);
            }
        } else {
            text.push(character);
        }
    }
    // A phrase without its closing mark is still being typed.
    finish(&mut text, false);
    terms
}

/// The quotation marks that people type. Single ones are apostrophes too.
const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂')
}

#[cfg(test)]
mod tests {
    use super::fts5;

    fn text(typed: &str) -> Option<String> {
        let expression = fts5(typed)?;
        assert_eq!(expression.is_prefix, expression.text.ends_with('*'), "{typed:?}");
        Some(expression.text)
    }

    #[test]
    fn words_phrases_and_operators() {
        let cases = [
            ("", None),
            (" \t ", None),
            ("\"", None),
            ("*", None),
            ("- : ( ^ ", None),
            ("a", Some("\"a\"")),
            ("中", Some("\"中\"*")),
            ("robot", Some("\"robot\"*")),
            ("robot arm", Some("\"robot\" \"arm\"*")),
            ("\"robot arm\"", Some("\"robot arm\"")),
            ("“robot arm” law", Some("\"robot arm\" \"law\"*")),
            ("law \"robot arm", Some("\"law\" \"robot arm\"*")),
            ("a AND NOT NEAR(b)", Some("\"a\" \"AND\" \"NOT\" \"NEAR(b)\"*")),
            ("title:x OR *", Some("\"title:x\" \"OR\"*")),
            ("don't", Some("\"don't\"*")),
            ("x\0y", Some("\"x\" \"y\"")),
        ];
        for (typed, expected) in cases {
            assert_eq!(text(typed).as_deref(), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_query_is_bounded() {
        let words = text(&"ab ".repeat(100_000)).unwrap();
        assert_eq!(words.split(' ').count(), 16);
    }
}
