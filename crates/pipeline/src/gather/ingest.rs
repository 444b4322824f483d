//! Bulk input: web archives, folders of records, feed files, lists of URLs.
//!
//! All input goes through the same queue of captures as fetched pages, so an interrupted run
//! continues where it stopped and gives the same result.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use courant_analysis::identity;
use courant_formats::{
    feed::{self, FeedContext},
    record, warc,
};
use courant_model::{CaptureOrigin, NewCapture, PendingPage, RecordPath, Unread};
use courant_site::read_file;
use serde::Serialize;
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    context::Context,
    gather::entries::{EntryTarget, link_of, page_of},
    process::{
        attribution::{SourceAuthority, capture_unread},
        record_capture,
    },
};

/// Number of captures stored in one transaction.
const BATCH: usize = 64;
/// Maximum number of failure reasons that are kept.
const MAX_REASONS: usize = 1_000;

/// The outcome of bulk input.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IngestSummary {
    /// Pages, records or entries read.
    pub read: u64,
    /// Those that were not in the store before.
    pub new: u64,
    /// Number of pages, records or entries that could not be read.
    pub unreadable: u64,
    /// What could not be read, with the reason; at most the first 1,000.
    pub failed: Vec<String>,
}

impl IngestSummary {
    /// Counts something that could not be read; only the first reasons are kept.
    fn note_failure(&mut self, reason: String) {
        self.unreadable += 1;
        if self.failed.len() < MAX_REASONS {
            self.failed.push(reason);
        }
    }
}

/// Queues the pages of a web archive. `on_page` gets the number of pages and bytes read so far.
pub async fn ingest_warc(
    context: &Context,
    file: &Path,
    stop: &CancellationToken,
    mut on_page: impl FnMut(u64, u64),
) -> anyhow::Result<IngestSummary> {
    let input = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let (sender, mut batches) = mpsc::channel(1);
    let (name, token) = (file.display().to_string(), stop.clone());
    let reading = spawn_blocking(move || read_archive(input, &name, &token, &sender));
    let mut summary = IngestSummary::default();
    while let Some(Batch { captures, read, unreadable, consumed }) = batches.recv().await {
        summary.read += read;
        summary.new += context.store.add_captures(&captures, context.clock.now()).await? as u64;
        for reason in unreadable {
            summary.note_failure(reason);
        }
        on_page(summary.read, consumed);
    }
    reading.await.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(summary)
}

/// Pages of an archive, in their order.
#[derive(Default)]
struct Batch {
    captures: Vec<NewCapture>,
    read: u64,
    unreadable: Vec<String>,
    consumed: u64,
}

/// Reads an archive to its end or until the stop. Unpacking may take long, so this runs on a
/// blocking thread.
fn read_archive(input: File, name: &str, stop: &CancellationToken, batches: &mpsc::Sender<Batch>) {
    let input = StoppableInput { input, stop: stop.clone() };
    let mut reader = warc::Reader::new(BufReader::with_capacity(1 << 18, input));
    let mut batch = Batch::default();
    while let Some(response) = reader.next() {
        if stop.is_cancelled() {
            break;
        }
        match response {
            Ok(response) => {
                batch.read += 1;
                if (200..300).contains(&response.status) {
                    batch.captures.push(archived(response));
                }
            }
            Err(error) => batch.unreadable.push(format!("{name}: {error}")),
        }
        if batch.captures.len() == BATCH || batch.unreadable.len() == BATCH {
            batch.consumed = reader.consumed();
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return;
            }
        }
    }
    batch.consumed = reader.consumed();
    // The receiver is dropped only if storing failed, and it reports that error itself.
    let _ = batches.blocking_send(batch);
}

/// A file whose reads fail once the program is told to stop.
struct StoppableInput {
    input: File,
    stop: CancellationToken,
}

impl Read for StoppableInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other("stopped"));
        }
        self.input.read(buffer)
    }
}

fn archived(response: warc::Response) -> NewCapture {
    NewCapture {
        final_url: response.url.clone(),
        url: response.url,
        status: response.status,
        headers: response.headers,
        body: response.body,
        fetched: response.date,
        source: None,
        entry: None,
        origin: CaptureOrigin::Page,
    }
}

/// Queues the records of a folder and its sub-folders. `on_record` gets the number of records read,
/// twice.
pub async fn ingest_records(
    context: &Context,
    folder: &Path,
    stop: &CancellationToken,
    mut on_record: impl FnMut(u64, u64),
) -> anyhow::Result<IngestSummary> {
    let files = record_files(folder)?;
    let mut summary = IngestSummary::default();
    let now = context.clock.now();
    for chunk in files.chunks(BATCH) {
        if stop.is_cancelled() {
            break;
        }
        let mut captures = Vec::with_capacity(chunk.len());
        for file in chunk {
            summary.read += 1;
            match record_capture(file, now) {
                Ok(capture) => captures.push(capture),
                Err(error) => summary.note_failure(format!("{}: {error:#}", file.display())),
            }
        }
        summary.new += context.store.add_captures(&captures, now).await? as u64;
        on_record(summary.read, summary.read);
    }
    Ok(summary)
}

fn record_capture(file: &Path, now: courant_model::Timestamp) -> anyhow::Result<NewCapture> {
    let text = fs::read_to_string(file)?;
    let parsed = record::read(&text)?;
    if parsed.category != "news" {
        bail!("category {:?}; only news records are articles", parsed.category);
    }
    let name = file.file_name().and_then(|name| name.to_str()).context("the file's name is not UTF-8")?;
    let path =
        RecordPath::parse(&format!("news/{name}")).context("the file name cannot be that of a record")?;
    record_capture::capture_of(text, &parsed, &path, now).context("neither webUrl nor originalUrl is a URL")
}

/// The record files below a folder, sorted by path. Symbolic links are not followed.
pub(crate) fn record_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Queues the entries of a feed file, each as an article built from its entry alone. `source` is
/// where the feed comes from, by default the site that the feed itself links to. A feed without
/// either is treated as a list of the site's owner, and each entry belongs to the provider that it
/// links to.
pub async fn ingest_feed(
    context: &Context,
    file: &Path,
    source: Option<&Url>,
) -> anyhow::Result<IngestSummary> {
    let path = file.to_owned();
    let bytes = spawn_blocking(move || read_file(&path)).await?;
    let bytes = bytes.with_context(|| format!("cannot read {}", file.display()))?;
    let feed = feed::parse(&bytes, &FeedContext::default()).with_context(|| file.display().to_string())?;
    let linked = feed.link.as_deref().and_then(|link| Url::parse(link).ok());
    let source = source.or(linked.as_ref());
    let base = source.unwrap_or(&context.site.config.site.url);
    let authority = SourceAuthority::of(source.map(Url::as_str), &context.site);
    let now = context.clock.now();
    let mut summary = IngestSummary::default();
    let mut captures = Vec::new();
    for entry in feed.entries.iter().rev() {
        summary.read += 1;
        let Some(link) = link_of(context, base, entry) else {
            let reason = format!("{}: entry {} has no link", file.display(), summary.read);
            summary.note_failure(reason);
            continue;
        };
        captures.push(match page_of(context, &authority, source, link, entry, now) {
            EntryTarget::Page(page) => capture_unread(page, now, Unread::NotFetched),
            EntryTarget::Refused(capture) => capture,
        });
    }
    summary.new = context.store.add_captures(&captures, now).await? as u64;
    Ok(summary)
}

/// Queues the URLs in a file, one per line; empty lines and lines that begin with `#` are skipped.
pub async fn ingest_urls(context: &Context, file: &Path) -> anyhow::Result<IngestSummary> {
    let bytes = read_file(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
    let mut summary = IngestSummary::default();
    let mut pages = Vec::new();
    let now = context.clock.now();
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        summary.read += 1;
        let url = Url::parse(line).map(|url| context.rules.urls.clean(&url).url);
        let checked = url.map_err(|error| error.to_string()).and_then(|url| {
            context.rules.addresses.check(&url).map_err(|problem| problem.to_string()).map(|()| url)
        });
        match checked {
            Err(problem) => {
                summary.note_failure(format!("{}:{number}: {line:?}: {problem}", file.display()));
            }
            Ok(url) => {
                let key = identity::canonical_key(&url);
                pages.push(PendingPage {
                    key,
                    url,
                    source: None,
                    entry: None,
                    full_text_of: None,
                    own: true,
                    attempts: 0,
                    next_try: now,
                });
            }
        }
    }
    summary.new = context.store.enqueue_pages(&pages, now).await? as u64;
    Ok(summary)
}
