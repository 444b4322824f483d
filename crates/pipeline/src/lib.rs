//! The life of an article, by stage: gather, process, stories, publish; and the commands of editors
//! and imports.
//!
//! What a job has acknowledged is in the store, so each job may be stopped at any time and run
//! again. Everything between the capture and the commit is a pure function of the capture, the
//! site's files and what was stored before; [`Context`] holds what these functions need.

pub mod clock;
mod context;
mod editor;
mod gather;
mod import;
mod parallel;
mod process;
mod publish;
mod rules;
mod stories;
pub mod tasks;

#[cfg(test)]
mod fixtures;

pub use context::Context;
pub use editor::article_edit::ArticleShown;
pub use editor::commands::{
    EditorAnswer, EditorCommand, EditorRequest, PublishedAnswer, answer_requests, carry_out_requests,
    request_box,
};
pub use editor::evaluation::evaluation;
pub use editor::gate_trial::{GateChange, GateTrial, try_gate};
pub use editor::proposals::{Chosen, Proposals, Sample, proposals};
pub use editor::review_queue::{Waiting, queue};
pub use editor::story_edit::StoryShown;
pub use editor::topic_check::{TopicCheck, check_topics};
pub use editor::train_topics::{Lesson, train_topics};
pub use gather::check::{SourceCheck, check_source};
pub use gather::client::{client_config, client_of};
pub use gather::discover::{Discovery, discover};
pub use gather::fetch::{FetchSummary, fetch_pages};
pub use gather::images::cache_images;
pub use gather::ingest::{IngestSummary, ingest_feed, ingest_records, ingest_urls, ingest_warc};
pub use gather::poll::{PollResult, PollSummary, poll, poll_one};
pub use gather::quotas::over_limits;
pub use gather::source_health::{SourceHealth, source_health};
pub use gather::websub::{CALLBACK_PATH, HubCallbacks, Push, own_feeds, tell_hubs};
pub use import::{ImportSummary, KindSummary, import_files, read_news, settle_news};
pub use process::batch::process_pending;
pub use process::candidate::ParsedArticle;
pub use process::candidate::provider;
pub use process::parse_article::parse_article;
pub use process::rejudge::rejudge;
pub use process::repair_times::repair_times;
pub use process::summary::ProcessSummary;
pub use process::summary::StageTimes;
pub use publish::publisher::{PublishReport, Publisher};
pub use publish::round::publication;
pub use publish::round::publish_records;
pub use publish::round::snapshot_to_read;
pub use publish::static_site::{BuildSummary, build_static, check_static, update_static};
pub use publish::summary::PublishSummary;
pub use publish::sweep::{in_words, keep_of, size, sweep_after_round, sweep_all};
pub use rules::Rules;
