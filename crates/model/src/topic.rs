//! Topics: nodes of a site's taxonomy.

use serde::{Deserialize, Serialize};

use crate::Value;

/// A node of the taxonomy, as its file in `topics/` describes it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Topic {
    /// Short permanent identifier, used in URLs: `machine-learning`. `_id` in the file.
    #[serde(rename = "_id")]
    pub id: String,
    /// The name shown to readers; also how records name it.
    pub name: String,
    /// A shorter name for narrow spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortname: Option<String>,
    /// The *name* of the parent topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What it is about, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words and phrases that name the topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Words and phrases that indicate another topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// With the leading `#`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashtags: Vec<String>,
    /// URLs of images for the topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Service name to endpoint: `news: https://…/api/news/…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<(String, String)>,
    /// Fields that Courant does not know, kept as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, Value)>,
}
