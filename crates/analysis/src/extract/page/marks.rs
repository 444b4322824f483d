//! What class and id of an element say, told by one pass over them.

use std::{ops::BitOr, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use dom_query::{NodeData, NodeRef};

use super::dom;

/// A set of the things that marks can speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::extract) struct Says(u16);

impl Says {
    /// Comments, lists of other articles, consent boxes.
    pub(in crate::extract) const FOREIGN: Self = Self(1);
    /// Columns, feet and teasers, which may still speak of the article.
    pub(in crate::extract) const BESIDE: Self = Self(1 << 1);
    /// A page's layout with a column, which names the column but is not it.
    pub(in crate::extract) const LAYOUT: Self = Self(1 << 2);
    /// The article's body.
    pub(in crate::extract) const BODY: Self = Self(1 << 3);
    /// The author.
    pub(in crate::extract) const AUTHOR: Self = Self(1 << 4);
    /// A date.
    pub(in crate::extract) const DATE: Self = Self(1 << 5);
    /// A button.
    pub(in crate::extract) const BUTTON: Self = Self(1 << 6);
    /// A caption or the credit of a picture.
    pub(in crate::extract) const CAPTION: Self = Self(1 << 7);

    /// Whether the marks speak of any of these things.
    pub(in crate::extract) fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }
}

impl BitOr for Says {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

const WORDS: &[(Says, &[&str])] = &[
    (
        Says::FOREIGN,
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
    (Says::BESIDE, &["sidebar", "footer", "teaser", "breadcrumb"]),
    (
        Says::LAYOUT,
        &["comments-closed", "has-sidebar", "with-sidebar", "wsidebar", "right-sidebar", "left-sidebar"],
    ),
    (
        Says::BODY,
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
        Says::AUTHOR,
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
        Says::DATE,
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
    (Says::BUTTON, &["btn", "button", "cart"]),
    (
        Says::CAPTION,
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

/// What these marks speak of.
pub(in crate::extract) fn says(marks: &str) -> Says {
    static AUTOMATON: LazyLock<(AhoCorasick, Vec<Says>)> = LazyLock::new(|| {
        let words = || WORDS.iter().flat_map(|(says, words)| words.iter().map(|word| (*says, *word)));
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words().map(|(_, word)| word))
            .expect("the words are constant");
        (automaton, words().map(|(says, _)| says).collect())
    });
    if marks.is_empty() {
        return Says::default();
    }
    let (automaton, meanings) = &*AUTOMATON;
    automaton
        .find_overlapping_iter(marks)
        .fold(Says::default(), |all, found| all | meanings[found.pattern().as_usize()])
}

/// What class and id of an element speak of.
pub(in crate::extract) fn says_of(node: &NodeRef<'_>) -> Says {
    node.query_or(Says::default(), |inner| match &inner.data {
        NodeData::Element(element) => {
            dom::own_marks(element).fold(Says::default(), |all, mark| all | says(mark))
        }
        _ => Says::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_speak_of_several_things() {
        let found = says(" entry-content post-date sidebar ");
        assert!(found.any(Says::BODY) && found.any(Says::DATE) && found.any(Says::BESIDE));
        assert!(!found.any(Says::FOREIGN | Says::AUTHOR));
        assert_eq!(says(""), Says::default());
    }
}
