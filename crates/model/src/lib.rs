//! The values of Courant and their rules.
//!
//! Every other room of the house depends on this one and it depends on none: ids, articles, stories, topics,
//! scores, verdicts, records and the snapshot from which everything is published. Nothing here reads a file,
//! a clock or a socket.

mod address;
mod article;
mod capture;
mod collection;
mod date;
mod id;
mod provider;
mod record;
mod redact;
mod score;
mod snapshot;
mod source;
mod special;
mod story;
mod topic;
mod value;
mod verdict;

pub use address::{AddressProblem, MAX_ADDRESS_BYTES, PublicAddresses};
pub use article::{Article, ArticleKind, DateOrigin, Image, UNREAD};
pub use capture::{Capture, CaptureState, NewCapture, Rejection};
pub use collection::{
    Api, Classic, Collection, Entry, FieldKind, FieldRule, Form, Head, Layout, Listed, Order, Origin, Paging,
    Part, Schema, Shown, Take, stem_of,
};
pub use date::parse_date;
pub use id::{ArticleId, IdError, StoryId};
pub use provider::{KnownProvider, Provider, ProviderImage};
pub use record::{Record, RecordPath, Related};
pub use redact::{redacted_text, redacted_url};
pub use score::{Heat, Judgement, Quality, Signal, TopicMatch};
pub use snapshot::{HeatCurve, Item, SiteInfo, Snapshot, StoryView, Thumbnail};
pub use source::{Moving, PageState, PendingPage, Rhythm, Source, SourceKind, SourceState};
pub use special::{SpecialRange, inner_v4, special_range};
pub use story::{Member, Reason};
pub use topic::Topic;
pub use value::{Map, Value};
pub use verdict::{Effect, EffectKind, Override, Verdict};

/// The moment type used everywhere: an instant in UTC.
pub use jiff::Timestamp;
