//! For how long what is kept, and the parts of a store from which a sweep removes.

/// For how many days what is kept. 0 keeps for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Bytes of captures after they were processed.
    pub capture_days: u32,
    /// The same for the latest capture of each article that is published; where less than `capture_days`, that counts.
    pub published_capture_days: u32,
    /// Rows of processed captures whose bytes went: as long, the same bytes are known again.
    pub capture_row_days: u32,
    /// Text and HTML of articles that readers never saw, from when the article was first seen; in any case as long as
    /// the grouping remembers them.
    pub unpublished_text_days: u32,
    /// Entries after their source last listed them, and pages after they were fetched.
    pub source_entry_days: u32,
    /// Pages and captures that were given up.
    pub dead_letter_days: u32,
    /// What is known about images that nothing shows and of which there is no copy.
    pub image_days: u32,
    /// How often links were followed.
    pub click_days: u32,
    /// Not a wish but a fact: how many days back the grouping of stories reads texts.
    pub window_days: u32,
}

/// A part of the store from which a sweep removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Bytes of captures after which their article was captured again.
    OlderCaptures,
    /// Bytes of processed captures.
    Captures,
    /// Rows of captures without bytes.
    CaptureRows,
    /// Captures that were given up.
    DeadCaptures,
    /// Pages that were given up.
    DeadPages,
    /// Pages that were fetched, and that no source lists.
    Pages,
    /// Entries that their sources no longer list.
    SourceEntries,
    /// Texts of articles that readers never saw.
    Texts,
    /// What is known about images that nothing shows.
    Images,
    /// Counts of followed links.
    Clicks,
    /// Requests of editors that were answered.
    Requests,
}

impl Part {
    /// The name of the part in output for programs: `capture_rows`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OlderCaptures => "older_captures",
            Self::Captures => "captures",
            Self::CaptureRows => "capture_rows",
            Self::DeadCaptures => "dead_captures",
            Self::DeadPages => "dead_pages",
            Self::Pages => "pages",
            Self::SourceEntries => "source_entries",
            Self::Texts => "texts",
            Self::Images => "images",
            Self::Clicks => "clicks",
            Self::Requests => "requests",
        }
    }

    /// What goes, in words: "bodies of processed captures".
    pub const fn words(self) -> &'static str {
        match self {
            Self::OlderCaptures => "bodies of captures that a later one replaced",
            Self::Captures => "bodies of processed captures",
            Self::CaptureRows => "rows of old captures",
            Self::DeadCaptures => "captures given up",
            Self::DeadPages => "pages given up",
            Self::Pages => "rows of fetched pages",
            Self::SourceEntries => "entries that sources no longer list",
            Self::Texts => "texts of articles never published",
            Self::Images => "rows of images that nothing shows",
            Self::Clicks => "counts of followed links",
            Self::Requests => "answered requests of editors",
        }
    }
}

/// What a sweep removes from one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// From where.
    pub part: Part,
    /// Rows that went, or lost their bytes.
    pub rows: u64,
    /// Bytes of content in them; indexes and the space between rows come on top.
    pub bytes: u64,
}
