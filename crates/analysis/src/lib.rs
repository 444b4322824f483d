//! Judgement without I/O: from pages to articles, from articles to stories.

pub mod extract;
