//! Record files that could not be written, with the reasons. Publishing continues without them, and
//! every round tries them again.

use std::{collections::BTreeMap, fmt, sync::Arc};

use courant_model::{ArticleId, RecordPath};
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Maximum number of files that a message or a summary lists.
const MAX_NAMED: usize = 5;

/// The record files that could not be written when they were last tried, by article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unwritten {
    files: BTreeMap<ArticleId, (RecordPath, Arc<str>)>,
    /// The last reason. Usually all files have the same reason, which is then stored once.
    reason: Option<Arc<str>>,
}

impl Unwritten {
    pub(crate) fn note(&mut self, article: ArticleId, path: &RecordPath, reason: &str) {
        let known = self.reason.as_ref().filter(|known| ***known == *reason).cloned();
        let reason = known.unwrap_or_else(|| Arc::from(reason));
        self.reason = Some(Arc::clone(&reason));
        self.files.insert(article, (path.clone(), reason));
    }

    pub(crate) fn forget(&mut self, article: ArticleId) {
        self.files.remove(&article);
    }

    pub(crate) fn articles(&self) -> impl Iterator<Item = ArticleId> {
        self.files.keys().copied()
    }

    /// Whether all files could be written.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The first files with their reasons, by article: at most as many as a message lists.
    pub fn named(&self) -> impl Iterator<Item = (&RecordPath, &str)> {
        self.files.values().take(MAX_NAMED).map(|(path, reason)| (path, &**reason))
    }

    /// Only the files of these articles.
    pub fn of(&self, articles: &[ArticleId]) -> Self {
        let files = articles.iter().filter_map(|id| Some((*id, self.files.get(id)?.clone())));
        Self { files: files.collect(), reason: None }
    }
}

/// Lists their number and the first files with their reasons.
impl fmt::Display for Unwritten {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.files.len() > 1 {
            write!(to, "{} record files: ", self.files.len())?;
        }
        for (at, (path, reason)) in self.named().enumerate() {
            let comma = if at == 0 { "" } else { "; " };
            write!(to, "{comma}records/{path}: {reason}")?;
        }
        match self.files.len().saturating_sub(MAX_NAMED) {
            0 => Ok(()),
            more => write!(to, "; and {more} more"),
        }
    }
}

impl Serialize for Unwritten {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("Unwritten", 2)?;
        fields.serialize_field("count", &self.files.len())?;
        fields.serialize_field("first", &self.named().collect::<Vec<_>>())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_lists_the_first_files_and_counts_the_others() {
        let mut files = Unwritten::default();
        for number in 0..7 {
            let path = RecordPath::parse(&format!("news/{number}.md")).unwrap();
            files.note(ArticleId::from_bytes([number; 16]), &path, "Permission denied");
        }
        let text = files.to_string();
        assert!(text.starts_with("7 record files: records/news/0.md: Permission denied; "), "{text}");
        assert!(text.ends_with("; and 2 more") && !text.contains("news/5.md"), "{text}");
        files.forget(ArticleId::from_bytes([3; 16]));
        assert_eq!(files.articles().count(), 6);
        let one = files.of(&[ArticleId::from_bytes([6; 16]), ArticleId::from_bytes([3; 16])]);
        assert_eq!(one.to_string(), "records/news/6.md: Permission denied");
        let json = serde_json::to_value(&files).unwrap();
        assert_eq!((&json["count"], json["first"].as_array().map(Vec::len)), (&6.into(), Some(5)));
    }
}
