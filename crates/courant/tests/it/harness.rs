//! A site in a temporary folder and the program to run on it.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// The time at which the tests take place.
pub(crate) const NOW: &str = "2026-01-15T12:00:00Z";

/// A site and its folder, which goes with it.
pub(crate) struct TestSite {
    place: tempfile::TempDir,
}

impl TestSite {
    /// A new empty site without taxonomy.
    pub(crate) fn new() -> Self {
        let test_site = Self { place: tempfile::tempdir().unwrap() };
        assert_ok(&run(&["new", test_site.site().to_str().unwrap()]));
        test_site
    }

    /// The site's folder.
    pub(crate) fn site(&self) -> PathBuf {
        self.place.path().join("site")
    }

    /// A file beside the site.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Ingests articles as one feed: each with its URL, title and text, one hour apart from `hour`
    /// on the day before [`NOW`]. Each text names its provider, so that no two are copies.
    pub(crate) fn ingest_articles(&self, articles: &[(String, &str, &str)], hour: usize) {
        let items: String = articles
            .iter()
            .enumerate()
            .map(|(at, (url, title, text))| {
                let provider = url.trim_start_matches("https://").split('.').next().unwrap();
                format!(
                    "<item><title>{title}</title><link>{}</link><pubDate>Wed, 14 Jan 2026 {:02}:00:00 GMT</pubDate>\
                     <description>{text} It was told by {provider}.</description></item>",
                    url.replace('&', "&amp;"),
                    hour + at
                )
            })
            .collect();
        let feed = format!("<rss version='2.0'><channel><title>Lake</title>{items}</channel></rss>");
        let file = self.file("feed.xml", feed);
        assert_ok(&self.run(&["ingest", "--feed", file.to_str().unwrap()]));
    }

    /// Runs a command on the site at [`NOW`].
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed and gives what it printed as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.command(args).arg("--json").output().unwrap();
        assert_ok(&output);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The command, not yet started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = courant(args);
        command.arg("--site").arg(self.site()).args(["--now", NOW]);
        command
    }

    /// Starts a command in the background.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The record files by name.
    pub(crate) fn records(&self) -> BTreeMap<String, String> {
        files(&self.site().join("records"))
    }
}

/// The program with these arguments.
pub(crate) fn courant(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courant"));
    command
        .args(args)
        .env_remove("COURANT_NOW")
        .env_remove("COURANT_LOG")
        .env_remove("COURANT_SITE")
        .stdin(Stdio::null());
    command
}

/// Runs the program.
pub(crate) fn run(args: &[&str]) -> Output {
    courant(args).output().unwrap()
}

/// Runs the program with this standard input and gives the lines that it answers.
pub(crate) fn batch(args: &[&str], input: &str) -> Vec<serde_json::Value> {
    let mut child = courant(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_ok(&output);
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Fails with the output of the program unless it succeeded.
pub(crate) fn assert_ok(output: &Output) {
    assert!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// All files below a folder, by path.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        let Ok(entries) = fs::read_dir(&here) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
            }
        }
    }
    found
}

/// A web archive with `count` generated pages, most of them different, some reprints.
pub(crate) fn archive(count: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for number in 0..count {
        let page = page(number);
        let http = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        );
        write!(
            out,
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-14T{:02}:{:02}:00Z\r\n\
             WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\n\
             WARC-Target-URI: https://paper{}.example/{}\r\nContent-Type: application/http; msgtype=response\r\n\
             Content-Length: {}\r\n\r\n{http}\r\n\r\n",
            number / 60 % 24,
            number % 60,
            number % 7,
            address(number),
            http.len()
        )
        .unwrap();
    }
    out
}

fn address(number: usize) -> String {
    format!("2026/01/14/{}-{number}", SUBJECTS[number % SUBJECTS.len()].replace(' ', "-"))
}

const SUBJECTS: [&str; 11] = [
    "harbour bridge",
    "orchard frost",
    "tram strike",
    "museum roof",
    "river ferry",
    "school garden",
    "night market",
    "wind farm",
    "library fire",
    "chess final",
    "bakery prize",
];
const PLACES: [&str; 7] = ["Larkfield", "Port Ellery", "Dunmere", "Saltmarsh", "Greyfield", "Brae", "Ottery"];
const PEOPLE: [&str; 5] =
    ["Mara Lindqvist", "Jonah Pettifer", "Wren Halloran", "Imogen Vas", "Bertil Oyelaran"];

/// The headline of a page of the archive.
pub(crate) fn headline(number: usize) -> String {
    let subject = SUBJECTS[number % SUBJECTS.len()];
    let place = PLACES[number / 3 % PLACES.len()];
    format!("The {subject} of {place}, part {number}")
}

/// A page of the archive: an article of six paragraphs.
pub(crate) fn page(number: usize) -> String {
    let subject = SUBJECTS[number % SUBJECTS.len()];
    let place = PLACES[number / 3 % PLACES.len()];
    let person = PEOPLE[number % PEOPLE.len()];
    let headline = headline(number);
    let paragraphs: String = (0..6)
        .map(|part| {
            format!(
                "<p>In {place} the {subject} of number {} kept {person} and the council busy for {} days, and those who \
                 watched from the quay said that {} marks were too many or too few, depending on the hour. A report of \
                 {} pages lists what was found and who was asked.</p>",
                number * 7 + part,
                number % 29 + part,
                (number + 3) * 113 + part * 17,
                number % 41 + 12
            )
        })
        .collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><title>{headline}</title>\
         <meta property=\"og:title\" content=\"{headline}\">\
         <meta property=\"og:type\" content=\"article\">\
         <meta property=\"article:published_time\" content=\"2026-01-14T{:02}:{:02}:00Z\"></head>\
         <body><nav><a href=\"/\">Home</a></nav><article><h1>{headline}</h1>{paragraphs}</article></body></html>",
        number / 60 % 24,
        number % 60
    )
}
