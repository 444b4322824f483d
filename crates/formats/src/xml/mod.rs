//! A tolerant XML reader: what the web calls XML becomes a tree, whatever is wrong with it.
//!
//! A strict XML reader must stop at the first error (XML 1.0 §1.2); a news reader must not. Here bare `&`
//! and `<` are text, undeclared prefixes keep their customary meaning, HTML entities are known, end tags that
//! match nothing are passed over, missing ones are supplied, and a document that breaks off ends where it
//! breaks off. The tree is flat (an arena in document order), so that depth costs nothing: no recursion, and
//! every step is linear in the input. Entities of a document's own are expanded within a small allowance.

mod entity;
mod names;
mod tokens;
mod tree;

pub(crate) use entity::html_entity;
pub use entity::{Entities, decode_references};
pub use names::Ns;
pub use tree::{Document, Node, NodeId, line_of};
