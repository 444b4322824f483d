//! The predecessor's API, and the collections that it shows.
//!
//! A collection is a kind of records other than news: learning, people, samples … Each is described
//! by a schema, which is data (TOML): where its records are, which fields they have, and how the
//! API shows them. The schemas in `collections/` come with Courant; a site adds its own.
//!
//! - [`read_schema`] and [`bundled`] read schemas, [`read_entry`] records.
//! - [`ClassicIndex`] knows every document of the API (`/api/news/`, `/api/learning/page/2/` …) and
//!   writes it.

#![warn(missing_docs)]

mod api;
mod read;
mod schema;

pub use api::{ClassicIndex, SiteContent, title_of};
pub use read::{
    MAX_RECORD_BYTES, SchemaError, bundled, is_below, is_record_name, read_entry, read_schema, remarks,
    without_marks,
};
pub use schema::{
    ApiSchema, ClassicApi, Collection, CollectionRecord, DocumentForm, FieldKind, FieldRule, HeadField,
    JsonLayout, ListOrder, ListedRecords, Paging, RecordOrigin, Schema, ShownField, SubList, ValueSource,
    stem_of,
};
