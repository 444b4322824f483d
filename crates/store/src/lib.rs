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
//! What is particular to SQLite is in `store.rs` (opening), `search/` (FTS5), `health.rs` (checks), and, in
//! the queries, in `json_each(?)` where a list of any length is bound as one argument.

#![warn(missing_docs)]

mod api_keys;
mod articles;
mod captures;
mod clicks;
mod codec;
mod commit;
mod damage;
mod error;
mod health;
mod hosts;
mod images;
mod judgements;
mod keep;
mod links;
mod lock;
mod overrides;
mod pack;
mod pages;
mod publish;
mod queue;
mod reading;
mod record_files;
mod recover;
mod repair;
mod requests;
mod search;
mod secured;
mod soundness;
mod source_days;
mod source_entries;
mod source_health;
mod sources;
mod store;
mod stories;
mod subscriptions;
mod times;
mod waiting;

pub use api_keys::{ApiKeyBox, ApiKeyRow};
pub use articles::{ArticleRow, KnownArticle, SnapshotRow};
pub use captures::TRIES_TOGETHER;
pub use clicks::DayClicks;
pub use commit::{Batch, CaptureOutcome, Standing, StoredArticle};
pub use damage::Unreadable;
pub use error::StoreError;
pub use health::{Counts, DeadKind, DeadLetter, Health};
pub use images::ImageRow;
pub use keep::{Compaction, Keep, Part, Removed, Swept, Usage, UsageRow};
pub use links::LinkRow;
pub use publish::{ChangeMark, StoreSnapshot};
pub use queue::WaitingQuery;
pub use reading::Reading;
pub use record_files::{RecordFile, RecordVersion};
pub use recover::{RecoveredTable, Recovery};
pub use requests::{Answer, RequestBox};
pub use search::{SearchAnswer, SearchHit, SearchQuery};
pub use secured::SealedPayload;
pub use soundness::Damaged;
pub use source_days::SourceDay;
pub use source_entries::{EntryNews, NamedEntry};
pub use source_health::SourceYield;
pub use sources::SourceSync;
pub use store::Store;
pub use stories::{GroupRow, StoryMember};
pub use subscriptions::Subscription;
pub use times::{MendedTimes, TimeLimits};
pub use waiting::{Backlog, Queue};

/// What the functions of this crate give.
pub type Result<T> = std::result::Result<T, StoreError>;
