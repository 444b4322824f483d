//! Figures for a monitoring system, on a listener of their own: they name sources, which are nobody else's business.

use std::future::Future;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// The text form of figures (OpenMetrics 1.0).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What can be measured.
pub trait Metrics: Clone + Send + Sync + 'static {
    /// The present figures in OpenMetrics text; an error is what the monitoring system is told.
    fn text(&self) -> impl Future<Output = Result<String, String>> + Send;
}

/// Answers `/metrics` with the figures, and nothing else.
pub fn metrics_router<M: Metrics>(metrics: M) -> Router {
    Router::new().route("/metrics", get(figures::<M>)).with_state(metrics)
}

async fn figures<M: Metrics>(State(metrics): State<M>) -> Response {
    match metrics.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(problem) => (StatusCode::SERVICE_UNAVAILABLE, problem).into_response(),
    }
}
