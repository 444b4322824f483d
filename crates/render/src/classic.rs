//! The classic API: documents of the crate `classic`, from a snapshot.

use courant_classic::Schema;

use crate::{Document, RenderError, Snapshot, context::RenderContext};

const JSON: &str = "application/json";

/// The heading of a collection.
pub(crate) fn title_of(schema: &Schema, snapshot: &Snapshot) -> String {
    courant_classic::title_of(schema, &snapshot.site.title, &snapshot.topics)
}

/// The document at `/api/KEY/`; `None` where there is none.
pub(crate) fn document(context: &RenderContext, key: &str) -> Option<Result<Document, RenderError>> {
    let snapshot = &context.snapshot;
    let (classic, index) = (snapshot.classic.as_ref()?, context.index.classic.as_ref()?);
    let bytes = index.document(snapshot.site_content(), classic, key)?;
    Some(Ok(context.document(JSON, bytes)))
}

/// The keys of all documents, in order.
pub(crate) fn keys(context: &RenderContext) -> impl Iterator<Item = &str> {
    context.index.classic.iter().flat_map(|index| index.keys())
}
