//! What short texts and URLs indicate: an author, a date.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

/// Whether a URL looks like that of an author's page.
pub(super) fn leads_to_author(href: &str) -> bool {
    static PARTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build([
                "/author/",
                "/authors/",
                "/autor/",
                "/auteur/",
                "/autoren/",
                "/by/",
                "/staff/",
                "/contributor",
                "/people/",
                "/profile/",
                "/redakteur",
            ])
            .expect("the words are constants")
    });
    PARTS.is_match(href)
}

/// Whether a text may begin with the words of [`is_credit`]: a cheap check of its first word.
fn may_be_credit(text: &str) -> bool {
    let start = text.char_indices().take(4).find(|(_, c)| c.is_alphanumeric()).map_or(0, |(at, _)| at);
    let word: String = text[start..].chars().take(13).take_while(|c| c.is_alphanumeric()).collect();
    matches!(
        word.to_lowercase().as_str(),
        "written"
            | "posted"
            | "published"
            | "reported"
            | "words"
            | "story"
            | "text"
            | "texte"
            | "texto"
            | "article"
            | "ein"
            | "eine"
            | "blog"
            | "blogbeitrag"
            | "beitrag"
            | "geschrieben"
            | "verfasst"
            | "escrito"
            | "scritto"
            | "écrit"
            | "ecrit"
            | "by"
            | "von"
            | "par"
            | "por"
            | "di"
            | "door"
            | "av"
            | "af"
            | "autor"
            | "autorin"
            | "autoren"
            | "autores"
            | "autora"
            | "auteur"
            | "autore"
            | "author"
            | "authors"
            | "redacción"
            | "redaccion"
    )
}

/// Whether a text begins with words that introduce an author.
pub(super) fn is_credit(text: &str) -> bool {
    static CREDIT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)^\W{0,3}(?:(?:written|posted|published|reported|words|story|text|texte|texto|article|ein\ (?:artikel|beitrag|gastbeitrag|kommentar|essay|interview|bericht)|eine\ (?:kolumne|analyse|reportage|glosse|rezension)|(?:blog)?\ ?beitrag|geschrieben|verfasst|escrito|scritto|[ée]crit)\s+)?
            (?:by|von|par|por|di|door|av|af)(?-u:\b)(?:\s+\p{Lu}|\s*$|:)|^\W{0,3}(?:autor(?:in|en|es|a)?|auteur|autore|authors?|redacci[óo]n|text)\s*:",
        )
        .expect("the pattern is a constant")
    });
    may_be_credit(text) && CREDIT.is_match(text)
}

/// Whether a text contains something like a year or the end of a short date.
pub(super) fn has_year(text: &str) -> bool {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    text.as_bytes()
        .windows(4)
        .any(|part| digits(part) && (part.starts_with(b"20") || part.starts_with(b"19")))
        || text
            .as_bytes()
            .windows(6)
            .any(|part| digits(&part[..2]) && part[2] == b'.' && digits(&part[3..5]) && part[5] == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_known_by_their_first_words() {
        for text in [
            "By Ada Quill",
            "— Text von Ada Quill",
            "Autorin: Ada Quill",
            "Ein Beitrag von Ada Quill",
            "Écrit par Ada",
            "Eine Kolumne von Ada Quill",
        ] {
            assert!(is_credit(text), "{text}");
        }
        for text in ["Bystanders came", "The text was long", "Vonnegut Kurt"] {
            assert!(!is_credit(text), "{text}");
        }
    }

    #[test]
    fn authors_pages_are_known_by_their_path() {
        assert!(leads_to_author("/Author/ada-quill") && leads_to_author("https://a.example/by/ada"));
        assert!(!leads_to_author("/news/authority"));
    }
}
