//! Editors' commands, and what editors see.
//!
//! `commands` carries commands out, or queues them for the process that has the store open:
//! decisions on articles (`article_edit`) and on stories (`story_edit`). `record_edits` reads edits
//! of record files back as overrides.
//!
//! The other files prepare decisions: `review_queue` lists the articles that wait for review,
//! `gate_trial` tries other gate rules, `topic_check` checks the topic files, `evaluation` compares
//! Courant's decisions with those of editors, `proposals` derives better weights and topic entries
//! from them, and `train_topics` learns the topics from the site's articles.

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
