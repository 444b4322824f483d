//! Figures for a monitoring system. They name sources, so they belong on a listener that only the
//! owner reaches.

use std::future::Future;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// The media type of the text format (OpenMetrics 1.0).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Provides the figures.
pub trait Metrics: Clone + Send + Sync + 'static {
    /// The current figures in OpenMetrics text, or the error message for the monitoring system.
    fn text(&self) -> impl Future<Output = Result<String, String>> + Send;
}

/// `/metrics`.
pub(crate) async fn figures<M: Metrics>(State(metrics): State<M>) -> Response {
    match metrics.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(problem) => (StatusCode::SERVICE_UNAVAILABLE, problem).into_response(),
    }
}
