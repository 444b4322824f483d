//! Providers: who publishes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A provider's logo, as in records.
pub type ProviderImage = crate::Image;

/// A publisher.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    /// The name shown to readers.
    pub name: String,
    /// The registrable domain (Public Suffix List), or the name under a shared platform
    /// (`name.substack.com`).
    pub domain: String,
    /// Logos.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ProviderImage>,
}

/// A provider that the site's owner has described in `providers/`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KnownProvider {
    /// Name, domain and logos.
    #[serde(flatten)]
    pub provider: Provider,
    /// What it is, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The editor's trust, 0 to 100; 50 if unknown.
    #[serde(default = "KnownProvider::default_trust")]
    pub trust: u8,
    /// Further domains of the same provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

impl KnownProvider {
    /// The trust of an unknown provider.
    pub const fn default_trust() -> u8 {
        50
    }
}
