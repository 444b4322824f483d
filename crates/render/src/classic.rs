//! The classic API: documents of the crate `classic`, from a snapshot.

use courant_classic::{Schema, SiteContent};

use crate::{Document, RenderError, Snapshot, context::RenderContext};

const JSON: &str = "application/json";

/// What the API shows of a snapshot beside its collections.
pub(crate) fn content(snapshot: &Snapshot) -> SiteContent<'_> {
    SiteContent {
        title: &snapshot.site.title,
        topics: &snapshot.topics,
        items: &snapshot.items,
        taken: snapshot.taken,
    }
}

/// The heading of a collection.
pub(crate) fn title_of(schema: &Schema, snapshot: &Snapshot) -> String {
    courant_classic::title_of(schema, &snapshot.site.title, &snapshot.topics)
}

/// The document at `/api/KEY/`; `None` where there is none.
pub(crate) fn document(context: &RenderContext, key: &str) -> Option<Result<Document, RenderError>> {
    let snapshot = &context.snapshot;
    let (classic, index) = (snapshot.classic.as_ref()?, context.index.classic.as_ref()?);
    let bytes = index.document(content(snapshot), classic, key)?;
    Some(Ok(context.document(JSON, bytes)))
}

/// The keys of all documents, in order.
pub(crate) fn keys(context: &RenderContext) -> impl Iterator<Item = &str> {
    context.index.classic.iter().flat_map(|index| index.keys())
}
