//! What an article and a story have in common, as numbers for the learned decision.

/// The names of the features, in the order of [`Features`].
pub const FEATURES: [&str; COUNT] = [
    "all_max",
    "title_max",
    "lead_max",
    "name_max",
    "all_mean",
    "title_mean",
    "lead_mean",
    "name_mean",
    "shared_all",
    "shared_names",
    "title_in_all",
    "all_in_title",
    "margin",
    "rival",
    "hours_newest",
    "hours_nearest",
    "size",
    "title_words",
    "body_words",
    "member_body_words",
    "same_source",
    "other_language",
    "window",
    "all_by_names",
    "compared",
    "blend",
    "story_mean",
    "story_share",
    "names_contained",
    "words_contained",
    "all_second",
    "title_covered",
    "title_backed",
    "all_backed",
];

const COUNT: usize = 34;

/// One candidate's features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features(pub [f32; COUNT]);

/// The place of a feature by its name, known when the program is compiled.
pub(in crate::group) const fn index(name: &str) -> usize {
    let mut at = 0;
    while at < COUNT {
        if same(FEATURES[at], name) {
            return at;
        }
        at += 1;
    }
    panic!("no feature has this name")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
