//! Values that the page cache keeps. They know nothing of how they are made.

use minijinja::Value;

use crate::template_data::template_data;

template_data! {
    /// A provider, and its page if it has one.
    struct ProviderLink {
        name,
        href,
        /// The link as HTML, from `provider_link.html`.
        link,
    }
}

/// The HTML of a story in lists, as `story_card.html` gives it. It is kept until the story changes,
/// because each story is in several lists.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Where each day has a heading.
    pub(crate) below_days: Value,
    /// In the list of one day.
    pub(crate) of_day: Value,
}
