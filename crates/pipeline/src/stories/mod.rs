//! Stories: which article leads, which are related, how much heat a story has, and which articles
//! are published.
//!
//! `overrides` reads the decisions of editors, and `member` applies them to an article.
//! `heat_inputs` collects what heats a story besides its own articles: links, clicks, and the
//! boosts that `boost` reads. `score` turns all of these into lead, related articles, heat and
//! verdicts, and `rescore` does so for the stories that a batch changes.

pub(crate) mod boost;
pub(crate) mod heat_inputs;
pub(crate) mod member;
pub(crate) mod overrides;
pub(crate) mod rescore;
pub(crate) mod score;
