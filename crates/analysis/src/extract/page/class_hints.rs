//! What class and id of an element indicate, found in one pass over them.

use std::{ops::BitOr, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use dom_query::{NodeData, NodeRef};

use super::dom;

/// A set of meanings of a class or id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::extract) struct ClassHints(u16);

impl ClassHints {
    /// Comments, lists of other articles, consent boxes.
    pub(in crate::extract) const FOREIGN: Self = Self(1);
    /// Sidebars, footers and teasers, which may still be about the article.
    pub(in crate::extract) const ASIDE: Self = Self(1 << 1);
    /// A page layout with a sidebar: the name mentions the sidebar but the element is not one.
    pub(in crate::extract) const LAYOUT: Self = Self(1 << 2);
    /// The article's body.
    pub(in crate::extract) const BODY: Self = Self(1 << 3);
    /// The author.
    pub(in crate::extract) const AUTHOR: Self = Self(1 << 4);
    /// A date.
    pub(in crate::extract) const DATE: Self = Self(1 << 5);
    /// A button.
    pub(in crate::extract) const BUTTON: Self = Self(1 << 6);
    /// A caption or the credit of an image.
    pub(in crate::extract) const CAPTION: Self = Self(1 << 7);

    /// Whether any of these meanings is in the set.
    pub(in crate::extract) fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }
}

impl BitOr for ClassHints {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

const WORDS: &[(ClassHints, &[&str])] = &[
    (
        ClassHints::FOREIGN,
        &[
            "comment",
            "related",
            "recommend",
            "more-stories",
            "trending",
            "popular",
            "newsletter",
            "disqus",
            "respond",
            "most-read",
            "latest",
            "read-next",
            "similar",
            "also-like",
            "cookie",
            "consent",
        ],
    ),
    (ClassHints::ASIDE, &["sidebar", "footer", "teaser", "breadcrumb"]),
    (
        ClassHints::LAYOUT,
        &["comments-closed", "has-sidebar", "with-sidebar", "wsidebar", "right-sidebar", "left-sidebar"],
    ),
    (
        ClassHints::BODY,
        &[
            "article-body",
            "articlebody",
            "article__body",
            "article-content",
            "article__content",
            "entry-content",
            "post-content",
            "post-body",
            "story-body",
            "post__content",
        ],
    ),
    (
        ClassHints::AUTHOR,
        &[
            "author",
            "byline",
            "autor",
            "auteur",
            "writer",
            "by-line",
            "contributor",
            "verfasser",
            "redakteur",
        ],
    ),
    (
        ClassHints::DATE,
        &[
            "date",
            "time",
            "publi",
            "posted",
            "datum",
            "fecha",
            "updated",
            "dateline",
            "meta-info",
            "post-meta",
            "entry-meta",
        ],
    ),
    (ClassHints::BUTTON, &["btn", "button", "cart"]),
    (
        ClassHints::CAPTION,
        &[
            "caption",
            "image-credit",
            "photo-credit",
            "img-credit",
            "imagecredit",
            "photocredit",
            "bildunterschrift",
            "copyright",
        ],
    ),
];

/// The meanings of a class or id.
pub(in crate::extract) fn hints_in(value: &str) -> ClassHints {
    static AUTOMATON: LazyLock<(AhoCorasick, Vec<ClassHints>)> = LazyLock::new(|| {
        let words = || WORDS.iter().flat_map(|(hints, words)| words.iter().map(|word| (*hints, *word)));
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words().map(|(_, word)| word))
            .expect("the words are constants");
        (automaton, words().map(|(hints, _)| hints).collect())
    });
    if value.is_empty() {
        return ClassHints::default();
    }
    let (automaton, meanings) = &*AUTOMATON;
    automaton
        .find_overlapping_iter(value)
        .fold(ClassHints::default(), |all, found| all | meanings[found.pattern().as_usize()])
}

/// The meanings of an element's class and id.
pub(in crate::extract) fn hints_of(node: &NodeRef<'_>) -> ClassHints {
    node.query_or(ClassHints::default(), |inner| match &inner.data {
        NodeData::Element(element) => {
            dom::class_and_id_values(element).fold(ClassHints::default(), |all, value| all | hints_in(value))
        }
        _ => ClassHints::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_can_have_several_meanings() {
        let found = hints_in(" entry-content post-date sidebar ");
        assert!(found.any(ClassHints::BODY) && found.any(ClassHints::DATE) && found.any(ClassHints::ASIDE));
        assert!(!found.any(ClassHints::FOREIGN | ClassHints::AUTHOR));
        assert_eq!(hints_in(""), ClassHints::default());
    }
}
