//! Why a file of URL rules is refused.

/// Why rule data is refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The text is not JSON of the expected shape.
    #[error("rule data {format}: {source}")]
    Shape {
        /// The format that was read.
        format: &'static str,
        /// The parser's message, with line and column.
        source: serde_json::Error,
    },
    /// A pattern is not a valid regular expression, or too large.
    #[error("rule data {format}: pattern of {rule}: {source}")]
    Pattern {
        /// The format that was read.
        format: &'static str,
        /// The rule's name or position.
        rule: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// A URL match pattern is not of the form `scheme://host/path`.
    #[error("rule data {format}: `{pattern}` is not a URL match pattern; expected scheme://host/path")]
    MatchPattern {
        /// The format that was read.
        format: &'static str,
        /// The pattern.
        pattern: String,
    },
    /// An unknown action.
    #[error(
        "rule data {format}: unknown action `{action}`; expected `redirect`, `base64,redirect`, `regex-path` or `regex-path-template`"
    )]
    Action {
        /// The format that was read.
        format: &'static str,
        /// The action.
        action: String,
    },
}
