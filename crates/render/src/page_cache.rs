//! Parts of pages that are kept once they have been rendered, because many pages show them.

use std::sync::{Arc, OnceLock};

use courant_model::StoryId;
use minijinja::Value;
use quick_cache::sync::Cache;

use crate::{RenderError, template_data::PageShell};

/// Maximum number of stories whose HTML in lists is kept: about 1.5 kB each.
const MAX_ROWS: usize = 32_768;

/// What pages are made of. A copy is empty.
#[derive(Debug)]
pub(crate) struct PageCache {
    shell: OnceLock<Arc<PageShell>>,
    /// Shells of the lists of a topic, by its position in the taxonomy.
    topic_shells: Vec<OnceLock<Arc<PageShell>>>,
    /// The HTML of a story in a list, by the level of its heading.
    rows: Cache<(StoryId, u8), Value>,
}

impl PageCache {
    pub(crate) fn new(topics: usize) -> Self {
        Self { shell: OnceLock::new(), topic_shells: new_locks(topics), rows: Cache::new(MAX_ROWS) }
    }

    /// The shell of the lists of this topic, or of all other pages, made at first use.
    pub(crate) fn shell(
        &self,
        topic: Option<usize>,
        make: impl FnOnce() -> Result<PageShell, RenderError>,
    ) -> Result<Arc<PageShell>, RenderError> {
        let kept = topic.and_then(|at| self.topic_shells.get(at)).unwrap_or(&self.shell);
        if let Some(shell) = kept.get() {
            Ok(Arc::clone(shell))
        } else {
            let shell = Arc::new(make()?);
            Ok(Arc::clone(kept.get_or_init(|| shell)))
        }
    }

    /// The HTML of a story in a list, made at first use.
    pub(crate) fn row(
        &self,
        story: StoryId,
        heading_level: u8,
        make: impl FnOnce() -> Result<Value, RenderError>,
    ) -> Result<Value, RenderError> {
        self.rows.get_or_insert_with(&(story, heading_level), make)
    }

    /// Forgets a story that has changed.
    pub(crate) fn forget_story(&self, story: StoryId, heading_levels: &[u8]) {
        for level in heading_levels {
            self.rows.remove(&(story, *level));
        }
    }

    /// Forgets the shells: the navigation may have changed.
    pub(crate) fn forget_shells(&mut self) {
        self.shell = OnceLock::new();
        self.topic_shells = new_locks(self.topic_shells.len());
    }
}

impl Clone for PageCache {
    fn clone(&self) -> Self {
        Self::new(self.topic_shells.len())
    }
}

fn new_locks<T>(count: usize) -> Vec<OnceLock<T>> {
    (0..count).map(|_| OnceLock::new()).collect()
}
