//! Hiding the passwords and tokens in URLs.

use std::borrow::Cow;

/// A text with the passwords and tokens in its URLs hidden.
pub(super) fn redacted(text: &str) -> Cow<'_, str> {
    if text.contains("://") { Cow::Owned(courant_model::redacted_text(text)) } else { Cow::Borrowed(text) }
}
