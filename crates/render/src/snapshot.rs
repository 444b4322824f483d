//! The snapshot: the state of the store from which all outputs are rendered.

use std::sync::Arc;

use courant_classic::{ClassicApi, Collection, SiteContent};
use courant_model::{Item, KnownProvider, SiteInfo, StoryId, StoryView, Timestamp, Topic};

/// Everything that is needed to render all outputs, and nothing else. Two equal snapshots render to
/// the same bytes. Articles and stories are shared, so that a copy costs little.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The time that the snapshot shows; heat is of this time.
    pub taken: Timestamp,
    /// The publication.
    pub site: SiteInfo,
    /// The taxonomy, in the order of its files.
    pub topics: Vec<Topic>,
    /// The providers that the owner has described, by domain.
    pub providers: Vec<KnownProvider>,
    /// Articles, newest publication first, ties by id.
    pub items: Vec<Arc<Item>>,
    /// Stories with at least one item, hottest lead first, ties by newest lead, then by id.
    pub stories: Vec<Arc<StoryView>>,
    /// Stories that were merged into others: old id, present id.
    pub moved: Vec<(StoryId, StoryId)>,
    /// Records other than news, as the site's own API shows them: their HTML sanitised, and bodies
    /// other than HTML left out.
    pub collections: Arc<Vec<Collection>>,
    /// What the classic API shows; `None` where the site has none.
    pub classic: Option<ClassicApi>,
}

impl Snapshot {
    /// What the classic API shows of it beside the collections.
    pub(crate) fn site_content(&self) -> SiteContent<'_> {
        SiteContent { title: &self.site.title, topics: &self.topics, items: &self.items, taken: self.taken }
    }
}
