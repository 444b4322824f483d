//! From a page's HTML to the clean fields of an article.
//!
//! The page is thinned to what can be parsed in bounded time, parsed once, and walked once for its facts;
//! title, people, dates, pictures, addresses and the main text are then judged from those, each in a module of
//! its own. Which address is the article's own is not decided here (see `identity`), and nothing is fetched.

mod authors;
mod blocks;
mod body;
mod container;
mod dates;
mod dom;
mod excerpt;
mod facts;
mod fragment;
mod furniture;
mod hints;
mod images;
mod json_ld;
mod kind;
mod language;
mod late;
mod lead;
mod limits;
mod links;
mod marks;
mod measure;
mod page;
mod phrases;
mod prune;
mod sanitise;
mod tags;
mod text;
mod title;
mod writer;
mod zone;

pub use fragment::{Fragment, clean_fragment};
pub use language::language;
pub use page::{Extracted, PageInput, extract};
pub use text::{excerpt, plain_text, shortened_title};
