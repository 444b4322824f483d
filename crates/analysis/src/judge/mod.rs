//! What an article is about and how good it is, with the reasons.
//!
//! Topics come from the keywords of the site's taxonomy, found as whole words in all inflections of
//! the text's language. Quality is a sum of small signals whose weights are in one table
//! ([`Weights`]); the classic profile ([`ClassicProfile`]) computes the predecessor's formula
//! instead.

mod classic;
mod input;
mod judgement;
mod keyword;
mod layout;
mod learned;
mod matcher;
pub mod proposals;
mod signals;
mod spam;
mod taxonomy;
mod topics;
mod weights;
mod words;

pub use input::JudgeInput;
pub use judgement::{ClassicProfile, Judge, Profile};
pub use learned::{Example, LearnedError, LearnedTopics, TooFewExamples, TopicTrial, Trained, train};
pub use taxonomy::{Taxonomy, TaxonomyError};
pub use topics::{EntriesFound, TopicEntry};
pub use weights::Weights;
