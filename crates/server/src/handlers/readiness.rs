//! `/readyz`: whether the program does its work. The short form names the failing checks and is
//! public; the full form has paths, reasons and figures, and belongs on a listener that only the
//! owner reaches.

use std::future::Future;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Whether the program does its work, with details.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyState {
    /// Whether publications are current and editors' commands are carried out.
    pub ready: bool,
    /// The names of all failing checks, including those that do not make the program unready.
    pub failing: Vec<String>,
    /// All details as a JSON object; only for the owner.
    pub full: Value,
}

/// Knows whether the program does its work.
pub trait Readiness: Clone + Send + Sync + 'static {
    /// The current state.
    fn ready_state(&self) -> impl Future<Output = ReadyState> + Send;
}

/// The short form: the status (`ok`, `degraded` or `failing`) and the names of failing checks. The
/// HTTP status is 503 if it is `failing`, otherwise 200.
pub(crate) async fn short<R: Readiness>(State(readiness): State<R>) -> Response {
    let state = readiness.ready_state().await;
    respond(&state, &json!({ "status": status(&state), "failing": state.failing }))
}

/// The full form: the short one with all details.
pub(crate) async fn full<R: Readiness>(State(readiness): State<R>) -> Response {
    let state = readiness.ready_state().await;
    let mut body = json!({ "status": status(&state), "failing": state.failing });
    if let (Some(body), Value::Object(full)) = (body.as_object_mut(), state.full.clone()) {
        body.extend(full);
    }
    respond(&state, &body)
}

fn status(state: &ReadyState) -> &'static str {
    match state {
        ReadyState { ready: false, .. } => "failing",
        ReadyState { failing, .. } if failing.is_empty() => "ok",
        _ => "degraded",
    }
}

fn respond(state: &ReadyState, body: &Value) -> Response {
    let code = if state.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (code, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::{Body, to_bytes},
        http::Request,
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    #[derive(Clone)]
    struct Fixed(ReadyState);

    impl Readiness for Fixed {
        async fn ready_state(&self) -> ReadyState {
            self.0.clone()
        }
    }

    async fn request(router: Router<Fixed>, readiness: Fixed) -> (u16, Value) {
        let request = Request::get("/readyz").body(Body::empty()).unwrap();
        let response = router.with_state(readiness).oneshot(request).await.unwrap();
        let code = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (code, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn fixed(ready: bool, failing: &[&str]) -> Fixed {
        let failing = failing.iter().map(|&name| name.to_owned()).collect();
        Fixed(ReadyState { ready, failing, full: json!({ "disks": ["/srv/news"] }) })
    }

    #[tokio::test]
    async fn the_short_form_names_failing_checks_and_nothing_else() {
        for (readiness, code, status) in [
            (fixed(true, &[]), 200, "ok"),
            (fixed(true, &["git"]), 200, "degraded"),
            (fixed(false, &["records"]), 503, "failing"),
        ] {
            let failing = readiness.0.failing.clone();
            let found = request(Router::new().route("/readyz", get(short::<Fixed>)), readiness).await;
            assert_eq!(found, (code, json!({ "status": status, "failing": failing })));
        }
    }

    #[tokio::test]
    async fn the_full_form_has_all_details() {
        let router = Router::new().route("/readyz", get(full::<Fixed>));
        let (code, body) = request(router, fixed(false, &["disk"])).await;
        assert_eq!(code, 503);
        let expected = json!({ "status": "failing", "failing": ["disk"], "disks": ["/srv/news"] });
        assert_eq!(body, expected);
    }
}
