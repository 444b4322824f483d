//! Why a file of URL rules is refused.

/// Why rule data is refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The text is no JSON of the wanted shape.
    #[error("rule data {format}: {source}")]
    Shape {
        /// Which format was read.
        format: &'static str,
        /// What the reader says, with line and column.
        source: serde_json::Error,
    },
    /// A regular expression of a rule is none, or grows too large.
    #[error("rule data {format}: pattern of {rule}: {source}")]
    Pattern {
        /// Which format was read.
        format: &'static str,
        /// The rule's name or place.
        rule: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// A URL match pattern is not of the form `scheme://host/path`.
    #[error("rule data {format}: `{pattern}` is no URL match pattern, wanted scheme://host/path")]
    MatchPattern {
        /// Which format was read.
        format: &'static str,
        /// The pattern.
        pattern: String,
    },
    /// An action that is not known.
    #[error(
        "rule data {format}: unknown action `{action}`, wanted redirect, base64,redirect, regex-path or regex-path-template"
    )]
    Action {
        /// Which format was read.
        format: &'static str,
        /// The action.
        action: String,
    },
}
