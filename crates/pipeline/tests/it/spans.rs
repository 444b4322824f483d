//! What the log tells about the object of a line: the spans of sources and captures.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Mutex, OnceLock},
};

use courant_model::{CaptureOrigin, NewCapture};
use courant_pipeline::{Context, clock::Clock, process_pending};
use courant_site::Site;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context as LayerContext, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};
use url::Url;

use crate::scenarios::ScenarioRunner;

/// Fields by name.
#[derive(Debug, Clone, Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

/// A line of the log with the fields of its spans by `span.field`.
#[derive(Debug, Clone)]
struct Line {
    level: Level,
    message: String,
    spans: BTreeMap<String, String>,
}

/// All lines of this process since the first call of [`lines`].
static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Keeps each line in [`LINES`].
struct Capturing;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capturing {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: LayerContext<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(span.extensions_mut().get_mut::<Fields>().unwrap());
    }

    fn on_event(&self, event: &Event<'_>, context: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut spans = BTreeMap::new();
        for span in context.event_scope(event).into_iter().flatten() {
            for (name, value) in &span.extensions().get::<Fields>().unwrap().0 {
                spans.insert(format!("{}.{name}", span.name()), value.clone());
            }
        }
        let message = fields.0.remove("message").unwrap_or_default();
        LINES.lock().unwrap().push(Line { level: *event.metadata().level(), message, spans });
    }
}

/// Starts to capture, for the whole process: captures are processed on other threads.
fn start_capturing() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let filter = Targets::new().with_target("courant_pipeline", Level::DEBUG);
        tracing_subscriber::registry().with(Capturing.with_filter(filter)).init();
    });
}

/// The captured lines with this message.
fn lines(message: &str) -> Vec<Line> {
    LINES.lock().unwrap().iter().filter(|line| line.message == message).cloned().collect()
}

#[tokio::test]
async fn the_warning_about_a_source_has_the_source() {
    start_capturing();
    let gone = json!({ "steps": [{ "respond": { "status": 410 } }], "expect": { "disabled": true } });
    assert_eq!(ScenarioRunner::run(&gone).await, [""; 0]);
    let found = lines("feed returned 410 Gone; polling stopped");
    assert!(!found.is_empty());
    for line in found {
        assert_eq!(line.level, Level::WARN);
        let source = line.spans.get("poll.source").map(String::as_str).unwrap_or_default();
        assert!(source.starts_with("http://site.") && source.ends_with(".xml"), "{line:?}");
    }
}

#[tokio::test]
async fn a_line_about_a_capture_has_its_number_and_page() {
    start_capturing();
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::bare();
    folder.path().clone_into(&mut site.dir);
    let now = "2026-01-14T12:00:00Z".parse().unwrap();
    let context = Context::open(site, Clock::new(Some(now))).await.unwrap();
    let url = Url::parse("https://user:secret@paper.example/login").unwrap();
    let capture = NewCapture {
        final_url: url.clone(),
        url,
        status: 404,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"<title>Not found</title><p>This page does not exist.".to_vec(),
        fetched: now,
        source: None,
        entry: None,
        origin: CaptureOrigin::Page,
    };
    context.store.add_captures(&[capture], now).await.unwrap();
    process_pending(&context, &CancellationToken::new(), |_| {}).await.unwrap();
    let found = lines("the page is not an article");
    let line = found
        .iter()
        .find(|line| line.spans.get("capture.page").is_some_and(|page| page.contains("paper.example/login")));
    let line = line.expect("a line about this capture");
    assert_eq!(line.spans["capture.number"], "1");
    assert!(!line.spans["capture.page"].contains("secret"), "{line:?}");
}
