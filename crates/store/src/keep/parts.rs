//! The parts of a store from which a sweep removes, and for how long each is kept.

/// For how many days each part is kept. 0 keeps it for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Bytes of captures after they were processed.
    pub capture_days: u32,
    /// The same for the latest capture of each published article, if longer than `capture_days`.
    pub published_capture_days: u32,
    /// Rows of processed captures without bytes; until they are removed, the same bytes are
    /// recognised.
    pub capture_row_days: u32,
    /// Text and HTML of articles that were never published, from their first sighting; in any case
    /// as long as the grouping remembers them.
    pub unpublished_text_days: u32,
    /// Entries after their source last listed them, and pages after they were fetched.
    pub source_entry_days: u32,
    /// Pages and captures that were given up.
    pub dead_letter_days: u32,
    /// Images that nothing shows and of which there is no copy.
    pub image_days: u32,
    /// Counts of followed links.
    pub click_days: u32,
    /// Not a setting: how many days back the grouping of stories reads texts.
    pub window_days: u32,
}

/// A part of the store from which a sweep removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Bodies of captures whose article was captured again.
    OlderCaptures,
    /// Bodies of processed captures.
    Captures,
    /// Rows of captures without bodies.
    CaptureRows,
    /// Captures that were given up.
    DeadCaptures,
    /// Pages that were given up.
    DeadPages,
    /// Pages that were fetched and that no source lists.
    Pages,
    /// Entries that their sources no longer list.
    SourceEntries,
    /// Texts of articles that were never published.
    Texts,
    /// Images that nothing shows.
    Images,
    /// Counts of followed links.
    Clicks,
    /// Editor commands that were answered.
    Requests,
}

impl Part {
    /// The name of the part in JSON output: `capture_rows`.
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

    /// The removed items in words: "bodies of processed captures".
    pub const fn description(self) -> &'static str {
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
            Self::Requests => "answered editor commands",
        }
    }
}

/// What a sweep removes from one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// The part.
    pub part: Part,
    /// Number of rows that were removed, or whose bytes were.
    pub rows: u64,
    /// Bytes of content in them; indexes and the space between rows are not counted.
    pub bytes: u64,
}
