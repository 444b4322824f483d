//! Which entries of the topic files stand in an article, whatever comes of it.

use std::collections::BTreeSet;

use super::{JudgeInput, Kind, LONGEST_HEAD, Layout, MOST_WORDS, TopicFinder, spam};

/// An entry of a topic file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicEntry {
    /// The id of its topic.
    pub topic: String,
    /// The words to be found.
    pub phrase: String,
    /// `keyword`, `conditional`, `exclude` or `hashtag`.
    pub kind: &'static str,
}

/// The entries that stand in an article, by their place in [`crate::judge::Judge::topic_entries`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntriesFound {
    /// In title or excerpt.
    pub in_head: BTreeSet<usize>,
    /// In title, excerpt or text.
    pub anywhere: BTreeSet<usize>,
}

impl TopicFinder {
    /// All entries, in the order of the topic files.
    pub(in crate::judge) fn topic_entries(&self) -> Vec<TopicEntry> {
        self.entries
            .iter()
            .map(|entry| TopicEntry {
                topic: self.taxonomy.topics()[entry.topic].id.clone(),
                phrase: entry.phrase.clone(),
                kind: match entry.kind {
                    Kind::Keyword => "keyword",
                    Kind::Conditional | Kind::Telling => "conditional",
                    Kind::Exclude => "exclude",
                    Kind::Hashtag => "hashtag",
                },
            })
            .collect()
    }

    /// The entries that stand in this article.
    pub(in crate::judge) fn entries_found(&self, input: &JudgeInput<'_>) -> EntriesFound {
        let matcher = self.matcher(input.language);
        let found = |text: &str, limit: usize, shouting: bool| {
            matcher.find(&Layout::of(text), limit, shouting).into_iter().map(|hit| hit.entry as usize)
        };
        let mut in_head: BTreeSet<usize> =
            found(input.title, LONGEST_HEAD, spam::is_shouting(input.title)).collect();
        in_head.extend(found(input.excerpt, LONGEST_HEAD, false));
        let mut anywhere = in_head.clone();
        anywhere.extend(found(input.text, MOST_WORDS, false));
        EntriesFound { in_head, anywhere }
    }
}
