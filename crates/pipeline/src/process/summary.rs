//! The outcome of processing, and the time it took.

use std::{collections::BTreeMap, time::Duration};

use courant_model::RejectionKind;
use serde::Serialize;

/// The outcome of processing captures.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessSummary {
    /// Captures that became an article or changed one.
    pub articles: u64,
    /// Captures that are not articles.
    pub rejected: u64,
    /// Rejected captures by reason.
    pub rejected_by: BTreeMap<RejectionKind, u64>,
    /// Remarks on articles by their short name: `unread`, `address`, `title`.
    pub remarks: BTreeMap<String, u64>,
    /// Captures that could not be processed.
    pub buried: u64,
    /// The time spent in each stage.
    #[serde(skip)]
    pub times: StageTimes,
}

/// Time spent in each stage. Parallel stages count the time of all cores.
#[derive(Debug, Clone, Copy, Default)]
pub struct StageTimes {
    pub read: Duration,
    pub parse_article: Duration,
    pub prepare: Duration,
    pub place: Duration,
    pub commit: Duration,
}
