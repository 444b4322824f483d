//! A tolerant XML reader: malformed XML becomes a tree too.
//!
//! A strict XML reader must stop at the first error (XML 1.0 §1.2); a news reader must not. Here
//! bare `&` and `<` are text, undeclared prefixes have their customary meaning, HTML entities are
//! known, end tags that match nothing are ignored, missing ones are supplied, and a truncated
//! document ends where it is cut. The tree is flat (an arena in document order): there is no
//! recursion, and every step is linear in the input. Entities that a document declares are expanded
//! within narrow limits.

mod entity;
mod names;
mod tokens;
mod tree;

pub(crate) use entity::html_entity;
pub use entity::{Entities, decode_references};
pub use names::Ns;
pub use tree::{Document, Node, NodeId, line_of};
