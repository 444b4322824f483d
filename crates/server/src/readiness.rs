//! `/readyz`: whether the program does its work. The short form names the checks that fail and is for everybody; the full
//! form has paths, reasons and figures, and belongs on a listener that only the owner reaches.

use std::future::Future;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

/// What is said about whether the program does its work.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyAnswer {
    /// Whether readers see what they should and editors are obeyed.
    pub ready: bool,
    /// The names of the checks that are not passed, those included that do not make it unready.
    pub failing: Vec<String>,
    /// Everything behind it, a JSON object; for the owner alone.
    pub full: Value,
}

/// What knows whether the program does its work.
pub trait Readiness: Clone + Send + Sync + 'static {
    /// How the program is now.
    fn answer(&self) -> impl Future<Output = ReadyAnswer> + Send;
}

/// Answers these paths with the short form: the status (`ok`, `degraded` or `failing`) and the names of failing checks.
/// The HTTP status is 503 where it is `failing`, else 200.
pub fn ready_router<R: Readiness>(paths: &[String], readiness: R) -> Router {
    let routes = paths.iter().fold(Router::new(), |routes, path| routes.route(path, get(short::<R>)));
    routes.with_state(readiness)
}

/// Answers `/readyz` with the full form.
pub fn full_ready_router<R: Readiness>(readiness: R) -> Router {
    Router::new().route("/readyz", get(full::<R>)).with_state(readiness)
}

async fn short<R: Readiness>(State(readiness): State<R>) -> Response {
    let answer = readiness.answer().await;
    respond(&answer, &json!({ "status": status(&answer), "failing": answer.failing }))
}

async fn full<R: Readiness>(State(readiness): State<R>) -> Response {
    let answer = readiness.answer().await;
    let mut body = json!({ "status": status(&answer), "failing": answer.failing });
    if let (Some(body), Value::Object(full)) = (body.as_object_mut(), answer.full.clone()) {
        body.extend(full);
    }
    respond(&answer, &body)
}

fn status(answer: &ReadyAnswer) -> &'static str {
    match answer {
        ReadyAnswer { ready: false, .. } => "failing",
        ReadyAnswer { failing, .. } if failing.is_empty() => "ok",
        _ => "degraded",
    }
}

fn respond(answer: &ReadyAnswer, body: &Value) -> Response {
    let code = if answer.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (code, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, http::Request};
    use tower::ServiceExt;

    use super::*;

    #[derive(Clone)]
    struct Fixed(ReadyAnswer);

    impl Readiness for Fixed {
        async fn answer(&self) -> ReadyAnswer {
            self.0.clone()
        }
    }

    async fn asked(router: Router, path: &str) -> (u16, Value) {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let code = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (code, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn fixed(ready: bool, failing: &[&str]) -> Fixed {
        let failing = failing.iter().map(|&name| name.to_owned()).collect();
        Fixed(ReadyAnswer { ready, failing, full: json!({ "disks": ["/srv/news"] }) })
    }

    #[tokio::test]
    async fn the_short_form_names_what_fails_and_nothing_else() {
        let paths = ["/readyz".to_owned(), "/site/readyz".to_owned()];
        for (readiness, code, status) in [
            (fixed(true, &[]), 200, "ok"),
            (fixed(true, &["git"]), 200, "degraded"),
            (fixed(false, &["records"]), 503, "failing"),
        ] {
            for path in ["/readyz", "/site/readyz"] {
                let failing = readiness.0.failing.clone();
                let found = asked(ready_router(&paths, readiness.clone()), path).await;
                assert_eq!(found, (code, json!({ "status": status, "failing": failing })));
            }
        }
    }

    #[tokio::test]
    async fn the_full_form_has_everything() {
        let (code, body) = asked(full_ready_router(fixed(false, &["disk"])), "/readyz").await;
        assert_eq!(code, 503);
        let expected = json!({ "status": "failing", "failing": ["disk"], "disks": ["/srv/news"] });
        assert_eq!(body, expected);
    }
}
