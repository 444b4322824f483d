//! From a page's HTML to the clean fields of an article.
//!
//! The page is reduced to what can be parsed in bounded time, parsed once, and walked once for its
//! facts; title, authors, dates, images, URLs and the main text are then determined from those,
//! each in its own module. The article's own URL is not decided here (see `identity`), and nothing
//! is fetched.

mod article;
mod body;
mod classify;
mod fragment;
mod metadata;
mod page;
mod text;

pub use article::{Extracted, PageInput, extract};
pub use fragment::{Fragment, clean_fragment};
pub use metadata::language::language;
pub use text::{excerpt, plain_text, shortened_title};
