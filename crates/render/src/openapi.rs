//! The description of `/api/v1/` (OpenAPI 3.1.1), derived from the handlers of the server, whose
//! tests hold the file equal to them. Only the name, the URL and the topics of the site are filled
//! in.

use serde_json::{Value, json};

use crate::{Document, RenderError, context::RenderContext};

const DESCRIPTION: &str = include_str!("../openapi.json");

/// The description of this site's API.
pub(crate) fn description(context: &RenderContext) -> Result<Value, RenderError> {
    let mut description: Value = serde_json::from_str(DESCRIPTION)?;
    description["info"]["title"] = json!(format!("{}: API", context.snapshot.site.title));
    // Paths start with a slash, so the URL to which they are appended must not end in one
    // (OpenAPI 3.1.1 §4.8.8).
    description["servers"] = json!([{ "url": context.home.trim_end_matches('/') }]);
    let topics: Vec<&str> = context.snapshot.topics.iter().map(|topic| topic.id.as_str()).collect();
    if !topics.is_empty() {
        // Other ids are refused, so tools can offer these.
        description["components"]["parameters"]["topic"]["schema"] =
            json!({ "type": "string", "enum": topics });
    }
    Ok(description)
}

/// `/api/v1/openapi.json`.
pub(crate) fn document(context: &RenderContext) -> Result<Document, RenderError> {
    context.json(&description(context)?)
}
