//! Fixtures for the tests of several jobs: a context in a folder of its own, and captured pages.

use courant_model::{CaptureOrigin, NewCapture, Timestamp};
use courant_site::Site;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{clock::Clock, context::Context, process::batch::process_pending};

/// The current time of these contexts.
pub(crate) const NOW: &str = "2026-01-14T12:00:00Z";

/// A context in this folder, with the site as `change` configures it.
pub(crate) async fn context(folder: &std::path::Path, change: impl FnOnce(&mut Site)) -> Context {
    let mut site = Site::bare();
    folder.clone_into(&mut site.dir);
    change(&mut site);
    Context::open(site, Clock::new(Some(timestamp(NOW)))).await.unwrap()
}

pub(crate) fn timestamp(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The capture of a page, fetched at this time, without a source.
pub(crate) fn page(url: &str, html: String, fetched: &str) -> NewCapture {
    let url = Url::parse(url).unwrap();
    NewCapture {
        final_url: url.clone(),
        url,
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
        body: html.into_bytes(),
        fetched: timestamp(fetched),
        source: None,
        entry: None,
        origin: CaptureOrigin::Page,
    }
}

/// Stores captures and processes everything that is pending.
pub(crate) async fn take_in(context: &Context, captures: &[NewCapture]) {
    context.store.add_captures(captures, context.clock.now()).await.unwrap();
    process_pending(context, &CancellationToken::new(), |_| {}).await.unwrap();
}
