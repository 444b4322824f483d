//! Limits that the client enforces and its errors name.

/// Maximum length of a URL that is requested, in bytes. RFC 9110, section 4.1, recommends to
/// support at least 8000.
pub(crate) const MAX_URL_BYTES: usize = 8192;

/// Maximum number of content codings of a body. Servers send one; each more multiplies the cost of
/// decoding.
pub(crate) const MAX_CODINGS: usize = 1;
