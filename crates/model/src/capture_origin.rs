//! What a capture is a capture of.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{RecordPath, Rejection, RejectionKind, names::named};

/// Why the page behind an entry was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "because", rename_all = "snake_case")]
pub enum Unread {
    /// Pages are not fetched: `[fetch] pages = false`, or a feed that was read from a file.
    NotFetched,
    /// The server answered 404 or 410.
    Gone(String),
    /// The URL must not be requested.
    Refused(String),
    /// The request failed, or the answer was not the article but, for example, a login page.
    Failed(String),
}

impl Unread {
    /// The reason as a text for editors.
    pub fn because(&self) -> &str {
        match self {
            Self::NotFetched => "pages are not fetched here",
            Self::Gone(because) | Self::Refused(because) | Self::Failed(because) => because,
        }
    }

    /// The rejection, if no article can be made of the entry alone. `speaks` is whether the source
    /// speaks for the page's provider.
    pub fn rejection(&self, speaks: bool) -> Option<Rejection> {
        match self {
            Self::Refused(because) => Some(Rejection::new(RejectionKind::Address, because.as_str())),
            Self::Gone(because) if !speaks => Some(Rejection::new(
                RejectionKind::LinkedPageGone,
                format!("{because}; the source does not speak for its provider"),
            )),
            _ => None,
        }
    }
}

/// The article to which a full-text page belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullTextOf {
    /// The URL of the article.
    pub article_url: Url,
    /// The steps by which the article was identified.
    pub identity_steps: Vec<String>,
}

named! {
    /// The kinds of [`CaptureOrigin`], by the names under which they are stored.
    pub enum OriginKind ("origin of a capture") {
        /// See [`CaptureOrigin::Page`].
        Page = "page",
        /// See [`CaptureOrigin::Entry`].
        Entry = "entry",
        /// See [`CaptureOrigin::FullText`].
        FullText = "full_text",
        /// See [`CaptureOrigin::Record`].
        Record = "record",
    }
}

/// What a capture is a capture of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CaptureOrigin {
    /// A page as fetched or as found in an archive.
    #[default]
    Page,
    /// An entry whose page was not read, for this reason. The body is empty.
    Entry(Unread),
    /// A page that was fetched because it may have the full text of another page's article. Only
    /// its text is used.
    FullText(FullTextOf),
    /// A record file with this path below `records/`, which is imported.
    Record(RecordPath),
}

impl CaptureOrigin {
    /// Its kind.
    pub const fn kind(&self) -> OriginKind {
        match self {
            Self::Page => OriginKind::Page,
            Self::Entry(_) => OriginKind::Entry,
            Self::FullText(_) => OriginKind::FullText,
            Self::Record(_) => OriginKind::Record,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_origin_is_read_back_by_its_name() {
        for kind in OriginKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!(CaptureOrigin::default().kind(), OriginKind::Page);
    }

    #[test]
    fn the_reasons_for_an_unread_page_are_read_back() {
        let because = || "answered 410".to_owned();
        for why in [
            Unread::NotFetched,
            Unread::Gone(because()),
            Unread::Refused(because()),
            Unread::Failed(because()),
        ] {
            let json = serde_json::to_string(&why).unwrap();
            assert_eq!(serde_json::from_str::<Unread>(&json).unwrap(), why);
        }
    }
}
