//! The description of `/api/v1/` (`OpenAPI` 3.1.1), kept by hand beside the handlers and held to them by the tests of
//! the server. Only the name, the address and the topics of the site are filled in.

use serde_json::{Value, json};

use crate::{Document, Publication, RenderError};

const DESCRIPTION: &str = include_str!("openapi.json");

/// The description of this site's API.
pub(crate) fn description(publication: &Publication) -> Result<Value, RenderError> {
    let mut description: Value = serde_json::from_str(DESCRIPTION)?;
    description["info"]["title"] = json!(format!("{}: API", publication.snapshot.site.title));
    // Paths start with a slash, so the address they are appended to ends in none (`OpenAPI` 3.1.1 §4.8.8).
    description["servers"] = json!([{ "url": publication.home.trim_end_matches('/') }]);
    let topics: Vec<&str> = publication.snapshot.topics.iter().map(|topic| topic.id.as_str()).collect();
    if !topics.is_empty() {
        // Any other id is refused, so that tools can offer these.
        description["components"]["parameters"]["topic"]["schema"] =
            json!({ "type": "string", "enum": topics });
    }
    Ok(description)
}

/// `/api/v1/openapi.json`.
pub(crate) fn document(publication: &Publication) -> Result<Document, RenderError> {
    Ok(publication.document("application/json", serde_json::to_vec(&description(publication)?)?))
}
