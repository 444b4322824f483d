//! Changes to the rules that an editor's decisions suggest: other weights, other entries of topic
//! files.
//!
//! Nothing here changes anything: a proposal names its evidence, and the caller decides.

mod entries;
mod weights;

pub use entries::{EntryChange, EntryProposal, HeadExample, propose_entries};
pub use weights::{
    Agreement, Breakdown, MIN_DECISIONS, Outcome, Shares, WeightChange, WeightExample, WeightProposal,
    propose_weights,
};
