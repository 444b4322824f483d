//! What an editor's words would change about the rules: other weights, other entries of topic files.
//!
//! Nothing here changes anything: a proposal names its evidence, and whoever asks decides.

mod entries;
mod weights;

pub use entries::{EntryChange, EntryProposal, HeadExample, propose_entries};
pub use weights::{
    Agreement, Bill, BillExample, FEWEST_WORDS, Lesson, Shares, WeightChange, WeightProposal, propose_weights,
};
