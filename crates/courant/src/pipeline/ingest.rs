//! Bulk input: web archives, folders of records, feed files, lists of addresses.
//!
//! Everything goes through the same queue of captures as what is fetched, so that a run that was cut off goes
//! on where it stood and gives the same result.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use courant_analysis::identity;
use courant_formats::{
    feed::{self, FeedContext},
    record, warc,
};
use courant_model::{NewCapture, PendingPage, RecordPath};
use serde::Serialize;
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    Desk,
    attribution::{Unread, Voice, capture_unread, of_strangers},
    bounded_file::read_file,
    named::{Named, link_of, named_page},
    record_capture,
};

/// Captures that are stored in one transaction.
const BATCH: usize = 64;
/// The most reasons that are kept of what could not be read.
const MAX_REASONS: usize = 1_000;

/// What bulk input brought.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IngestSummary {
    /// Pages, records or entries read.
    pub(crate) read: u64,
    /// Those that were not known before.
    pub(crate) new: u64,
    /// How many could not be read.
    pub(crate) unreadable: u64,
    /// What could not be read, with the reason; the first thousand.
    pub(crate) failed: Vec<String>,
}

impl IngestSummary {
    /// Notes something that could not be read. Of a damaged archive the first reasons tell enough.
    fn note_failure(&mut self, reason: String) {
        self.unreadable += 1;
        if self.failed.len() < MAX_REASONS {
            self.failed.push(reason);
        }
    }
}

/// Takes in the pages of a web archive. `on_page` gets the pages and the bytes read so far.
pub(crate) async fn ingest_warc(
    desk: &Desk,
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
        summary.new += desk.store.add_captures(&captures, desk.clock.now()).await? as u64;
        for reason in unreadable {
            summary.note_failure(reason);
        }
        on_page(summary.read, consumed);
    }
    reading.await.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(summary)
}

/// Some pages of an archive, in their order.
#[derive(Default)]
struct Batch {
    captures: Vec<NewCapture>,
    read: u64,
    unreadable: Vec<String>,
    consumed: u64,
}

/// Reads an archive to its end, or until the stop: what unpacks may take long, so this has a thread of its own.
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
    // Nobody listens where storing failed, which is told by the one who stored.
    let _ = batches.blocking_send(batch);
}

/// A file that ends with an error when the program is to stop.
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
        headers: of_strangers(response.headers),
        body: response.body,
        fetched: response.date,
        source: None,
        entry: None,
    }
}

/// Takes in a folder of records, with its sub-folders.
pub(crate) async fn ingest_records(
    desk: &Desk,
    folder: &Path,
    stop: &CancellationToken,
    mut on_record: impl FnMut(u64, u64),
) -> anyhow::Result<IngestSummary> {
    let files = record_files(folder)?;
    let mut summary = IngestSummary::default();
    let now = desk.clock.now();
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
        summary.new += desk.store.add_captures(&captures, desk.clock.now()).await? as u64;
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
        RecordPath::parse(&format!("news/{name}")).context("the file's name can't be that of a record")?;
    record_capture::capture_of(text, &parsed, &path, now)
        .context("neither webUrl nor originalUrl is an address")
}

/// The record files below a folder, by path. Links are not followed.
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

/// Takes in the entries of a feed file, each as an article known by its entry alone. `source` is where the feed comes
/// from; without it that is the site that the feed itself names. A feed that names none is a list of the owner's own,
/// and each entry is of the provider to which it leads.
pub(crate) async fn ingest_feed(
    desk: &Desk,
    file: &Path,
    source: Option<&Url>,
) -> anyhow::Result<IngestSummary> {
    let path = file.to_owned();
    let bytes = spawn_blocking(move || read_file(&path)).await?;
    let bytes = bytes.with_context(|| format!("cannot read {}", file.display()))?;
    let feed = feed::parse(&bytes, &FeedContext::default()).with_context(|| file.display().to_string())?;
    let named = feed.link.as_deref().and_then(|link| Url::parse(link).ok());
    let source = source.or(named.as_ref());
    let base = source.unwrap_or(&desk.site.config.site.url);
    let voice = Voice::of(source.map(Url::as_str), &desk.site);
    let now = desk.clock.now();
    let mut summary = IngestSummary::default();
    let mut captures = Vec::new();
    for entry in feed.entries.iter().rev() {
        summary.read += 1;
        let Some(link) = link_of(desk, base, entry) else {
            let reason = format!("{}: entry {} has no link", file.display(), summary.read);
            summary.note_failure(reason);
            continue;
        };
        captures.push(match named_page(desk, &voice, source, link, entry, now) {
            Named::Page(page) => capture_unread(page, now, &Unread::NotFetched),
            Named::Refused(capture) => capture,
        });
    }
    summary.new = desk.store.add_captures(&captures, now).await? as u64;
    Ok(summary)
}

/// Queues the addresses in a file, one a line; empty lines and lines that begin with `#` are passed over.
pub(crate) async fn ingest_urls(desk: &Desk, file: &Path) -> anyhow::Result<IngestSummary> {
    let bytes = read_file(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
    let mut summary = IngestSummary::default();
    let mut pages = Vec::new();
    let now = desk.clock.now();
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        summary.read += 1;
        let url = Url::parse(line).map(|url| desk.rules.urls.clean(&url).url);
        let checked = url.map_err(|error| error.to_string()).and_then(|url| {
            desk.rules.addresses.check(&url).map_err(|problem| problem.to_string()).map(|()| url)
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
                    own: true,
                    attempts: 0,
                    next_try: now,
                });
            }
        }
    }
    summary.new = desk.store.enqueue_pages(&pages, now).await? as u64;
    Ok(summary)
}
