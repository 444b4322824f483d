//! The values of Courant and their rules.
//!
//! Every other crate depends on this one and it depends on none of them: ids, articles, stories,
//! topics, scores, verdicts, records and rules for URLs. Nothing here reads a file, a clock or a
//! socket.

mod article;
mod capture;
mod capture_origin;
mod date;
mod editor_decision;
mod id;
mod names;
mod provider;
mod public_url;
mod record;
mod redact;
mod score;
mod signal;
mod snapshot;
mod source;
mod special;
mod story;
mod topic;
mod url_reference;
mod value;
mod verdict;

pub use article::{Article, ArticleKind, DateOrigin, Image, UNREAD};
pub use capture::{Capture, CaptureState, NewCapture, Rejection, RejectionKind};
pub use capture_origin::{CaptureOrigin, FullTextOf, OriginKind, Unread};
pub use date::parse_date;
pub use editor_decision::{EditorDecision, Override, StoryDecision};
pub use id::{ArticleId, IdError, StoryId};
pub use names::UnknownName;
pub use provider::{KnownProvider, Provider, ProviderImage};
pub use public_url::{MAX_URL_BYTES, PublicUrls, UrlProblem};
pub use record::{Record, RecordPath, Related};
pub use redact::{redacted_text, redacted_url};
pub use score::{Heat, Judgement, Quality, TopicMatch, TopicOrigin, published_heat};
pub use signal::{Signal, SignalKind};
pub use snapshot::{HeatCurve, Item, SiteInfo, StoryView, Thumbnail};
pub use source::{PageState, PendingMove, PendingPage, Rhythm, Source, SourceKind, SourceState};
pub use special::{SpecialRange, inner_v4, special_range};
pub use story::{Member, Reason};
pub use topic::Topic;
pub use url_reference::{is_absolute_reference, is_segment, resolve_reference};
pub use value::{Map, Value};
pub use verdict::{BuiltInRule, Effect, EffectKind, GateRule, Verdict};

/// An instant in UTC, used everywhere.
pub use jiff::Timestamp;
