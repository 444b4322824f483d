//! Everything durable, in SQLite: sources, queues, captures, articles, stories, overrides, what was
//! published, the search index.
//!
//! The rules that callers may rely on:
//!
//! - **What a call acknowledges is kept.** Every changing call is one transaction, and it returns after the
//!   write-ahead log has reached the disk (`journal_mode = WAL`, `synchronous = FULL`): it survives
//!   `kill -9` and a loss of power.
//! - **Every call may be made twice.** Queues know their members by identity, and a commit of the same batch
//!   gives the same state.
//! - **One writer.** A store is opened for writing by one process; a second is refused with
//!   [`StoreError::InUse`] and may open it for reading, leave requests ([`RequestBox`]) and change the keys of the
//!   API ([`ApiKeyBox`]). Within the process a [`Store`] is cloned freely:
//!   changes wait for each other, reads go on beside them and see the state before or after a change, never
//!   half of one.
//! - **Order is part of the answer.** Every list says in which order it comes, ties included.
//!
//! Moments are kept in whole microseconds; finer digits are dropped. Texts are kept as they are. Time comes in
//! with the calls; the store never looks at a clock itself.
//! Statements are declared as constants, so that a test can prepare each of them (`sql.rs`); lists of any length
//! are bound as one JSON argument of `json_each(?)`, so that a statement is the same text for every length. What
//! else is particular to SQLite is in `store.rs` (opening), `search/` (FTS5), `soundness.rs` (checks), `repair.rs`
//! and `recover/` (damage).

#![warn(missing_docs)]

#[macro_use]
mod sql;

mod api_keys;
mod articles;
mod backlog;
mod captures;
mod check;
mod clicks;
mod codec;
mod commands;
mod commit;
mod correct_times;
mod counters;
mod counts;
mod damage;
mod dead_letters;
mod error;
mod host_pauses;
mod images;
mod judgements;
mod keep;
mod links;
mod lock;
mod overrides;
mod pack;
mod pages;
mod read_transaction;
mod record_files;
mod recover;
mod repair;
mod revision;
mod schema;
mod sealed_payloads;
mod search;
mod snapshot;
mod source_days;
mod source_entries;
mod source_yields;
mod sources;
mod store;
mod stories;
mod subscriptions;
mod unreadable;
mod waiting_articles;

pub use api_keys::{ApiKeyBox, ApiKeyRow};
pub use articles::{ArticleRow, KnownArticle, SnapshotRow};
pub use backlog::{Backlog, Queue};
pub use captures::TRIES_TOGETHER;
pub use check::{Damaged, Health};
pub use clicks::DayClicks;
pub use commands::{Answer, RequestBox};
pub use commit::{Batch, CaptureOutcome, Standing, StoredArticle};
pub use correct_times::{MendedTimes, TimeLimits};
pub use counts::Counts;
pub use damage::Unreadable;
pub use dead_letters::{DeadKind, DeadLetter};
pub use error::StoreError;
pub use images::ImageRow;
pub use keep::{Compaction, Keep, Part, Removed, Swept, Usage, UsageRow};
pub use links::LinkRow;
pub use read_transaction::Reading;
pub use record_files::{RecordFile, RecordVersion};
pub use recover::{RecoveredTable, Recovery};
pub use revision::ChangeMark;
pub use sealed_payloads::SealedPayload;
pub use search::{SearchAnswer, SearchHit, SearchQuery};
pub use snapshot::StoreSnapshot;
pub use source_days::SourceDay;
pub use source_entries::{EntryNews, NamedEntry};
pub use source_yields::SourceYield;
pub use sources::SourceSync;
pub use store::Store;
pub use stories::{GroupRow, StoryMember};
pub use subscriptions::Subscription;
pub use waiting_articles::WaitingQuery;

/// What the functions of this crate give.
pub type Result<T> = std::result::Result<T, StoreError>;
