//! The rules: phrases with what to write instead, and exceptions with their reasons.

/// Longest comment line, in columns.
pub(crate) const MAX_COMMENT_WIDTH: usize = 100;

/// A phrase that is not allowed.
pub(crate) struct Rule {
    /// Whole words in lower case; found with a capital at its beginning as well.
    pub(crate) phrase: &'static str,
    /// What to write instead.
    pub(crate) instead: &'static str,
    /// Words directly before the phrase with which it is fine.
    pub(crate) except_after: &'static [&'static str],
    /// Words directly after the phrase with which it is fine.
    pub(crate) except_before: &'static [&'static str],
    /// Whether string literals are searched as well.
    pub(crate) in_messages: bool,
}

/// A phrase that is not allowed anywhere.
const fn banned(phrase: &'static str, instead: &'static str) -> Rule {
    Rule { phrase, instead, except_after: &[], except_before: &[], in_messages: true }
}

/// A phrase that is not allowed in comments and documentation, but is common in data.
const fn prose(phrase: &'static str, instead: &'static str) -> Rule {
    Rule { in_messages: false, ..banned(phrase, instead) }
}

/// "is no X", which is fine in "there is no X" and "is no longer".
const fn negated(phrase: &'static str, instead: &'static str) -> Rule {
    Rule {
        except_after: &["there", "There"],
        except_before: &["longer", "more", "less", "fewer", "better", "worse"],
        ..banned(phrase, instead)
    }
}

pub(crate) const RULES: &[Rule] = &[
    negated("is no", "is not a …; in messages: invalid X: expected Y"),
    negated("are no", "are not …"),
    negated("was no", "was not a …"),
    negated("were no", "were not …"),
    negated("be no", "not be a …"),
    negated("is none", "is not one"),
    negated("are none", "are not"),
    banned("anew", "again"),
    banned("whoever", "anyone who"),
    banned("whosoever", "anyone who"),
    banned("so many letters", "number of characters"),
    prose("so many", "maximum number of; too many"),
    banned("was wanted", "expected …; must be …"),
    banned("is wanted", "expected …; must be …"),
    banned("are wanted", "expected …; must be …"),
    banned("ended badly", "failed"),
    banned("ended well", "succeeded"),
    banned("in one sight", "in one place"),
    banned("gone round", "bypassed"),
    banned("go round", "bypass"),
    banned("goes round", "bypasses"),
    banned("ever later", "with longer delays"),
    banned("at the most", "at most"),
    banned("of now", "current"),
    banned("in hand", "current; being processed"),
    banned("gets on", "makes progress"),
    banned("get on", "make progress"),
    banned("whatever becomes", "whatever happens to"),
    banned("editor's word", "editor's decision; override"),
    banned("editor's words", "editor's decisions; overrides"),
    banned("editors' words", "editors' decisions; overrides"),
    banned("words of editors", "decisions of editors; overrides"),
    banned("mend", "fix; repair"),
    banned("mends", "fixes; repairs"),
    banned("mended", "fixed; repaired"),
    banned("mending", "fixing; repairing"),
    banned("hitherto", "so far"),
    banned("henceforth", "from then on"),
    banned("thereof", "of it"),
    banned("therein", "in it"),
    banned("whereof", "of which"),
    banned("whereupon", "and then"),
    banned("thither", "there"),
    banned("for want of", "because … is missing"),
    prose("moment", "instant; time"),
    prose("moments", "instants; times"),
    prose("picture", "image"),
    prose("pictures", "images"),
    prose("furniture", "boilerplate"),
    prose("river", "feed order; list of stories"),
    prose("buried", "dead-lettered"),
    prose("the bill", "the breakdown of the score"),
    prose("its bill", "the breakdown of its score"),
    prose("whole bill", "full score"),
    Rule { except_before: &["for"], ..prose("stands in", "is in") },
    Rule { except_before: &["for"], ..prose("stand in", "are in") },
];

/// Places where a phrase is right: end of the path, phrase, reason.
pub(crate) const ALLOWED: &[(&str, &str, &str)] = &[
    ("testkit/tests/wording/rules.rs", "", "names the phrases"),
    ("conformance/run.py", "buried", "a key in the JSON of `courant ingest`"),
];
