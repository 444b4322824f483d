//! Problem details (RFC 9457), the errors of the API.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of problems (RFC 9457 §6.1).
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Maximum length of a parameter's name in a problem, in characters.
const MAX_NAME: usize = 50;

/// A problem. Its type is `about:blank`, because the status identifies it (RFC 9457 §4.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    parameter: Option<String>,
}

/// Problem details (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    #[schema(format = "uri-reference")]
    r#type: &'static str,
    /// The name of the status.
    title: &'a str,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong.
    detail: &'a str,
    /// The invalid parameter, if there is one.
    // An extension member (RFC 9457 §3.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<&'a str>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), parameter: None }
    }

    /// A missing or invalid query parameter.
    pub(crate) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        // Names come from the URL and can have any length.
        let name: String = name.chars().take(MAX_NAME).collect();
        let detail = format!("parameter {name}: {}", detail.into());
        Self { status: StatusCode::BAD_REQUEST, detail, parameter: Some(name) }
    }

    /// The invalid parameter.
    #[cfg(test)]
    pub(crate) fn parameter_name(&self) -> Option<&str> {
        self.parameter.as_deref()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            parameter: self.parameter.as_deref(),
        };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (self.status, headers, serde_json::to_vec(&body).unwrap_or_default()).into_response()
    }
}
