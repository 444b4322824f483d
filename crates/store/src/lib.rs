//! Everything durable, in SQLite: sources, queues, captures, articles, stories, overrides, the
//! contents of published records, the search index.
//!
//! What callers may rely on:
//!
//! - **What a call acknowledges is durable.** Every change is one transaction, and the call returns
//!   after the write-ahead log has reached the disk (`journal_mode = WAL`, `synchronous = FULL`):
//!   it survives `kill -9` and power loss.
//! - **Every call may be made twice.** Queues identify their items, and committing the same batch
//!   again gives the same state.
//! - **One writer.** One process opens a store for writing; a second one gets [`StoreError::InUse`]
//!   and may open it for reading, submit commands ([`CommandQueue`]) and change the keys of the API
//!   ([`ApiKeys`]). Within the process a [`Store`] is cloned freely: changes wait for each other;
//!   reads run beside them and see the state before or after a change, never half of one.
//! - **Order is part of the result.** The documentation of every list says how it is ordered, ties
//!   included.
//!
//! Times are stored in whole microseconds; finer digits are dropped. Texts are stored unchanged.
//! The time comes with each call; the store never reads a clock.
//!
//! Statements are declared as constants, so that a test can prepare each of them (`sql.rs`). A list
//! of any length is bound as one JSON argument of `json_each(?)`: unlike a statement built with one
//! placeholder per item, its text is the same for every length, so it is declared, tested and
//! cached like any other. What else is specific to SQLite is in `store.rs` (opening), `search/`
//! (FTS5), `check.rs`, `repair.rs` and `recover/` (damage).

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

pub use api_keys::{ApiKeyRow, ApiKeys};
pub use articles::{ArticleRow, KnownArticle, SnapshotRow};
pub use backlog::{Backlog, Queue};
pub use captures::MAX_SHARED_ATTEMPTS;
pub use check::{Damaged, Health};
pub use clicks::DayClicks;
pub use commands::{CommandAnswer, CommandQueue};
pub use commit::{ArticleDecision, Batch, CaptureOutcome, StoredArticle};
pub use correct_times::{CorrectedTimes, TimeLimits};
pub use counts::Counts;
pub use damage::UnreadableRow;
pub use dead_letters::{DeadKind, DeadLetter};
pub use error::StoreError;
pub use images::ImageRow;
pub use keep::{Compaction, Keep, Part, Removed, SweepReport, Usage, UsageRow};
pub use links::LinkRow;
pub use read_transaction::ReadTransaction;
pub use record_files::{RecordFile, RecordVersion};
pub use recover::{RecoveredTable, Recovery};
pub use revision::Revision;
pub use sealed_payloads::SealedPayload;
pub use search::{SearchAnswer, SearchHit, SearchQuery};
pub use snapshot::StoreSnapshot;
pub use source_days::SourceDay;
pub use source_entries::{EntryStatus, ListedEntry};
pub use source_yields::SourceYield;
pub use sources::SourceSync;
pub use store::Store;
pub use stories::{GroupRow, StoryMember};
pub use subscriptions::Subscription;
pub use waiting_articles::WaitingQuery;

/// The result of the functions of this crate.
pub type Result<T> = std::result::Result<T, StoreError>;
