//! What the tests of several jobs share: a desk of its own, and pages as if they had been fetched.

use courant_model::{NewCapture, Timestamp};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Desk, process_pending};
use crate::{clock::Clock, site::Site};

/// The moment at which these desks stand.
pub(super) const NOW: &str = "2026-01-14T12:00:00Z";

/// A desk in this folder, its site as `change` makes it.
pub(super) async fn desk(folder: &std::path::Path, change: impl FnOnce(&mut Site)) -> Desk {
    let mut site = Site::bare();
    folder.clone_into(&mut site.dir);
    change(&mut site);
    Desk::open(site, Clock::new(Some(moment(NOW)))).await.unwrap()
}

pub(super) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A page, fetched at this moment from no source.
pub(super) fn page(url: &str, html: String, fetched: &str) -> NewCapture {
    let url = Url::parse(url).unwrap();
    NewCapture {
        final_url: url.clone(),
        url,
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
        body: html.into_bytes(),
        fetched: moment(fetched),
        source: None,
        entry: None,
    }
}

/// Stores pages and makes articles of all that waits.
pub(super) async fn take_in(desk: &Desk, captures: &[NewCapture]) {
    desk.store.add_captures(captures, desk.clock.now()).await.unwrap();
    process_pending(desk, &CancellationToken::new(), |_| {}).await.unwrap();
}
