//! Which article an address means: the tracker-free address, the canonical one, the AMP pair, the provider,
//! the key under which the article is known, and the name of its record.
//!
//! Nothing here makes a request. [`UrlRules`] unwraps redirectors whose target stands in the address and drops
//! tracking parameters; [`identify`] weighs what a page claims about itself; [`canonical_key`] turns the
//! result into the text that [`article_id`] hashes.

pub mod amp;
mod base;
mod brave;
mod claims;
mod clearurls;
mod key;
mod plausible;
mod provider;
mod query;
mod redirectors;
mod rules;
mod shape;
mod slug;
mod target;

pub use claims::{Claims, Identity, identify};
pub use key::{article_id, canonical_key};
pub use provider::provider_domain;
pub use rules::{CleanUrl, RuleError, UrlRules};
pub use slug::slug;
