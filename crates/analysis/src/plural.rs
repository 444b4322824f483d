//! Counts with their nouns, for reasons.

/// A count with its noun: `1 word`, `2 words`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        let words = |count| counted(count, "word", "words");
        assert_eq!([words(0), words(1), words(2)], ["0 words", "1 word", "2 words"]);
    }
}
