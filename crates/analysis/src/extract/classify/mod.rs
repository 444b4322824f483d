//! What the page is: its kind, or why it is not an article.

pub(super) mod kind;
