//! Which entries of the topic files occur in an article, whatever its topics.

use std::collections::BTreeSet;

use super::{EntryKind, JudgeInput, Layout, MAX_HEAD_WORDS, MAX_WORDS, TopicFinder, spam};

/// An entry of a topic file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicEntry {
    /// The id of its topic.
    pub topic: String,
    /// The words to find.
    pub phrase: String,
    /// `keyword`, `conditional`, `exclude` or `hashtag`.
    pub kind: &'static str,
}

/// The entries that occur in an article, by their position in
/// [`crate::judge::Judge::topic_entries`].
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
                    EntryKind::Keyword => "keyword",
                    EntryKind::Conditional | EntryKind::ConditionalStrong => "conditional",
                    EntryKind::Exclude => "exclude",
                    EntryKind::Hashtag => "hashtag",
                },
            })
            .collect()
    }

    /// The entries that occur in this article.
    pub(in crate::judge) fn entries_found(&self, input: &JudgeInput<'_>) -> EntriesFound {
        let matcher = self.matcher(input.language);
        let found = |text: &str, limit: usize, shouting: bool| {
            matcher.find(&Layout::of(text), limit, shouting).into_iter().map(|hit| hit.entry as usize)
        };
        let mut in_head: BTreeSet<usize> =
            found(input.title, MAX_HEAD_WORDS, spam::is_shouting(input.title)).collect();
        in_head.extend(found(input.excerpt, MAX_HEAD_WORDS, false));
        let mut anywhere = in_head.clone();
        anywhere.extend(found(input.text, MAX_WORDS, false));
        EntriesFound { in_head, anywhere }
    }
}
