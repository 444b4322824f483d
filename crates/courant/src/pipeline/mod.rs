//! The life of an article, one job a file: poll → fetch → understand → place → publish.
//!
//! What a job acknowledges is in the store, so each may be stopped at any moment and run again. Everything
//! between the capture and the commit is a pure function of the capture, the site's files and what was stored
//! before; [`Desk`] holds what these functions need.

mod article_edit;
mod attention;
mod attribution;
mod beacon;
mod boost;
mod bounded_file;
mod build;
mod check;
mod client;
mod collections;
mod connection_metrics;
mod desk;
mod discover;
mod editor_request;
mod entry;
mod evaluation;
mod fetch;
mod files;
mod fuller;
mod gate_trial;
mod git;
mod hand_edits;
mod image_budget;
mod images;
mod import;
mod ingest;
mod known_feeds;
mod mend_times;
mod metrics;
mod named;
mod page_list;
mod place;
mod poll;
mod presses;
mod process;
mod proposals;
mod publish;
mod publishable;
mod queue;
mod quotas;
mod read_source;
mod record_capture;
mod rejudge;
mod source_health;
mod standing;
mod store_metrics;
mod stored_input;
mod story_edit;
mod sweep;
mod topic_check;
mod train_topics;
mod understand;
mod websub;

pub(crate) use article_edit::ArticleShown;
pub(crate) use beacon::BeaconDesk;
pub(crate) use bounded_file::{read_bounded, read_file};
pub(crate) use build::{BuildSummary, build_static, check_static, update_static};
pub(crate) use check::{SourceCheck, check_source};
pub(crate) use client::client_of;
pub(crate) use desk::{Desk, Rules};
pub(crate) use discover::{Discovery, discover};
pub(crate) use editor_request::{
    EditorAnswer, EditorRequest, EditorWish, PublishedAnswer, answer_requests, carry_out_requests,
    request_box,
};
pub(crate) use evaluation::evaluation;
pub(crate) use fetch::{FetchSummary, fetch_pages};
pub(crate) use files::{replace as replace_file, write_atomically, write_privately};
pub(crate) use gate_trial::{GateChange, GateTrial, try_gate};
pub(crate) use images::cache_images;
pub(crate) use import::{ImportSummary, KindSummary, import_files, read_news, settle_news};
pub(crate) use ingest::{IngestSummary, ingest_feed, ingest_records, ingest_urls, ingest_warc};
pub(crate) use mend_times::mend_times;
pub(crate) use metrics::SiteMetrics;
pub(crate) use poll::{PollSummary, poll};
pub(crate) use presses::{Presses, Printed};
pub(crate) use process::{ProcessSummary, StageTimes, process_pending};
pub(crate) use proposals::{Chosen, Proposals, Sample, proposals};
pub(crate) use publish::{PublishSummary, publication, publish_records, snapshot_to_read};
pub(crate) use queue::{Waiting, queue};
pub(crate) use quotas::over_limits;
pub(crate) use rejudge::rejudge;
pub(crate) use source_health::{SourceHealth, source_health};
pub(crate) use story_edit::StoryShown;
pub(crate) use sweep::{in_words, keep_of, size, sweep_after_round, sweep_all};
pub(crate) use topic_check::{TopicCheck, check_topics};
pub(crate) use train_topics::{Lesson, train_topics};
pub(crate) use understand::{Understood, provider, understand};
pub(crate) use websub::{CALLBACK_PATH, PushDesk, own_feeds, tell_hubs};

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod scenarios;
