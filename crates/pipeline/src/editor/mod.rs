//! Editors' commands, and what editors see: the review queue, evaluations and proposals.

pub(crate) mod article_edit;
pub(crate) mod commands;
pub(crate) mod evaluation;
pub(crate) mod gate_trial;
pub(crate) mod proposals;
pub(crate) mod record_edits;
pub(crate) mod review_queue;
pub(crate) mod story_edit;
pub(crate) mod topic_check;
pub(crate) mod train_topics;
