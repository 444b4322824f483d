//! `courant queue`, `publish`, `hold` and `unset`: an editor's word on single articles.

use clap::Args;

use super::{SinceHours, parse_hours};

#[derive(Debug, Args)]
pub(crate) struct QueueArgs {
    /// Only articles first seen this long ago at most: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ArticleArgs {
    /// Address of the article, as any page or feed gives it
    pub(crate) url: String,
    /// Who says so
    #[arg(long, value_name = "NAME", default_value = "an editor")]
    pub(crate) by: String,
}

#[derive(Debug, Args)]
pub(crate) struct UnsetArgs {
    /// Address of the article, as any page or feed gives it
    pub(crate) url: String,
    /// The field of its record: published, title, topics …
    pub(crate) field: String,
}
