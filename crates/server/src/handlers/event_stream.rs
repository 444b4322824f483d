//! `/api/v1/events/`: the stream of events for one client.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{KeepAlive, Sse},
    },
};
use courant_render::ListError;
use futures_util::stream;

use super::{params, site::failed};
use crate::{
    app::SiteState,
    connections::{Counted, note},
    openapi::{parameters, responses},
    paths,
    problem::Problem,
};

/// Interval of comments on a quiet stream, so that proxies do not close it.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// `Retry-After` for a client that was refused because of too many listeners, in seconds.
const RETRY_AFTER_S: &str = "60";
/// `X-Accel-Buffering: no` makes nginx pass on events immediately.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Changes of stories as they happen
///
/// Server-sent events (WHATWG HTML §9.2). `story`: a new or changed story, as in lists; a change of
/// heat alone is not sent. `removed`, with `id`: a story that is no longer shown, or no longer
/// passes the filters. `merged`, with `id`, `movedTo` and `url`: a story that was merged into
/// another. `reset`: more events than are kept have happened since the last one that the client has
/// seen; fetch the lists again. A client that was disconnected sends `Last-Event-ID` and gets the
/// events that it has missed. Comments are sent every twenty seconds. Needs the live server.
#[utoipa::path(
    get,
    path = paths::API_EVENTS,
    operation_id = "listen",
    tag = "Stories",
    params(parameters::Filter, parameters::LastEvent),
    responses(
        (
            status = 200,
            description = "A stream that does not end.",
            body = String,
            content_type = "text/event-stream",
        ),
        responses::Stream,
        responses::Checked,
        responses::Keyed,
    ),
)]
pub(crate) async fn events<S: Clone>(State(state): State<SiteState<S>>, request: Request) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let filter = match params::event_filter(uri) {
        Ok(filter) => filter,
        Err(problem) => return problem.into_response(),
    };
    match filter.topic.as_deref().map_or(Ok(()), |topic| state.current().check_topic(topic)) {
        Ok(()) => {}
        Err(ListError::Parameter { name, detail }) => {
            return Problem::parameter(name, detail).into_response();
        }
        Err(error @ ListError::Render(_)) => return failed(uri.path(), &error),
    }
    // An id that is not text is treated like an unknown one.
    let last_id = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("?"));
    let last_id = last_id.filter(|id| !id.is_empty());
    let Some(receiver) = state.events.listen(filter, last_id, state.access.counted_network(&request)) else {
        note(request.extensions(), Counted::TooManyListeners);
        let detail = "too many clients are listening to events; try again later";
        let mut response = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        return response;
    };
    let events = stream::unfold(receiver, async |mut receiver| {
        let event = receiver.recv().await?;
        Some((Ok::<_, Infallible>(event), receiver))
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    ([UNBUFFERED], stream).into_response()
}
