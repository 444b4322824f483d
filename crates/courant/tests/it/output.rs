//! Commands whose output cannot be written.
#![cfg(unix)]

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    process::{Command, Stdio},
};

use crate::harness::{TestSite, archive, assert_ok, courant};

/// Writing to this device fails for lack of space.
const FULL: &str = "/dev/full";

fn full() -> Option<File> {
    let file = OpenOptions::new().write(true).open(FULL);
    if file.is_err() {
        courant_testkit::skip(FULL);
    }
    file.ok()
}

/// The commands that `--help` names, down to the last level: `sources list`.
fn commands(above: &[&str], found: &mut BTreeSet<String>) {
    let output = courant(above).arg("--help").output().unwrap();
    assert_ok(&output);
    let help = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    if names.is_empty() {
        found.insert(above.join(" "));
    }
    for name in names {
        commands(&[above, &[name]].concat(), found);
    }
}

/// Each command with arguments by which it prints something on the site of [`test_site`]; `@` is
/// the folder beside it.
const PRINTING: &[(&str, &[&str])] = &[
    ("new", &["@/other"]),
    ("poll", &[]),
    ("ingest", &["--feed", "@/feed.xml"]),
    ("import", &["@/old"]),
    ("build", &["--out", "@/public"]),
    ("demo", &["--once", "--listen", "127.0.0.1:0", "--dir", "@/demo"]),
    ("sources list", &[]),
    ("sources import", &["@/list.opml"]),
    ("sources export", &[]),
    ("sources check", &[]),
    ("sources remove", &["https://lake.example/feed"]),
    ("article show", &[ARTICLE]),
    ("article judge", &["--dry-run"]),
    ("topics test", &["Otters return"]),
    ("topics check", &[]),
    ("gate", &[]),
    ("queue", &[]),
    ("article publish", &[ARTICLE]),
    ("article hold", &[ARTICLE]),
    ("article unset", &[ARTICLE, "published"]),
    ("story show", &[ARTICLE]),
    ("story merge", &[ARTICLE, OTHER]),
    ("story lead", &[OTHER]),
    ("story boost", &[ARTICLE, "--degrees", "5"]),
    ("story pin", &[ARTICLE]),
    ("story split", &[OTHER]),
    ("train evaluate", &[]),
    ("keys new", &[]),
    ("keys list", &[]),
    ("keys rotate", &[]),
    ("api-key new", &["one"]),
    ("api-key list", &[]),
    ("api-key revoke", &["one"]),
    ("keys seal", &["news/2026-01-14-otters.md"]),
    ("keys unseal", &["@/site/records/news/2026-01-14-otters-return-to-the-mill-stream.md"]),
    ("inspect feed", &["@/feed.xml"]),
    ("inspect page", &["@/page.html"]),
    ("inspect url", &[ARTICLE]),
    ("inspect record", &["@/site/records/news/2026-01-14-otters-return-to-the-mill-stream.md"]),
    ("inspect judge", &["--batch"]),
    ("inspect group", &["--batch"]),
    ("bench pipeline", &["--warc", "@/pages.warc"]),
    ("train topics", &["--dry-run"]),
    ("store show", &[]),
    ("store sweep", &[]),
    ("store compact", &[]),
    ("store rebuild-search", &[]),
    ("store repair", &[]),
    ("store dead-letters", &[]),
    ("store recover", &[]),
    ("doctor", &[]),
    ("completions", &["bash"]),
    ("man", &["@/man"]),
];

/// Commands that are tried elsewhere, or that would take a network or large data to print anything.
const ELSEWHERE: &[&str] = &["run", "serve", "sources add"];

const ARTICLE: &str = "https://paper.example/otters";
const OTHER: &str = "https://paper.example/bridge";

fn test_site() -> TestSite {
    let test_site = TestSite::new();
    // Two stories, so that they can be merged and split again.
    let item = |name: &str, title: &str, text: &str| {
        format!(
            "<item><title>{title}</title><link>https://paper.example/{name}</link>\
             <pubDate>Wed, 14 Jan 2026 08:00:00 GMT</pubDate><description>{text}</description></item>"
        )
    };
    let otters =
        "After thirty years two animals were seen at the mill, and people came to look from both banks.";
    let bridge =
        "The council of Larkfield has voted for steel arches over its harbour at a cost of nine million.";
    let items = item("otters", "Otters return to the mill stream", otters)
        + &item("bridge", "Larkfield decides on a harbour crossing", bridge);
    let feed = test_site.file(
        "feed.xml",
        format!(
            "<rss version=\"2.0\"><channel><title>A paper</title><link>https://paper.example/</link>{items}\
             </channel></rss>"
        ),
    );
    test_site.file("pages.warc", archive(6));
    test_site.file("page.html", "<html><head><title>Otters</title></head><body><p>Otters.</p></body></html>");
    let list = "<opml version='2.0'><body><outline xmlUrl='https://lake.example/feed'/></body></opml>";
    test_site.file("list.opml", list);
    fs::create_dir_all(test_site.site().with_file_name("old/_news")).unwrap();
    assert_ok(&test_site.run(&["ingest", "--feed", feed.to_str().unwrap()]));
    test_site
}

fn arguments(test_site: &TestSite, command: &str, more: &[&str]) -> Vec<String> {
    let place = test_site.site().parent().unwrap().to_str().unwrap().to_owned();
    let words = command.split(' ').chain(more.iter().copied());
    words.map(|word| word.replacen('@', &place, 1)).collect()
}

/// The command as it is tried: batches get a line to answer.
fn prepared(test_site: &TestSite, command: &str, more: &[&str]) -> Command {
    let arguments = arguments(test_site, command, more);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut prepared = test_site.command(&arguments);
    let line = test_site
        .file("line.jsonl", "{\"id\":\"1\",\"title\":\"Otters return\",\"body\":\"To the mill.\"}\n");
    prepared.stdin(File::open(line).unwrap());
    prepared
}

#[test]
fn a_command_that_cannot_print_what_it_did_has_failed() {
    if full().is_none() {
        return;
    }
    let test_site = test_site();
    let mut wrong = Vec::new();
    for (command, more) in PRINTING {
        let output = prepared(&test_site, command, more).stdout(full().unwrap()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let named = said.contains("cannot write to standard output: No space left on device");
        if output.status.code() != Some(1) || !named {
            wrong.push(format!("{command}: {} {said}", output.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for asked in ["--help", "--version"] {
        let output = courant(&[asked]).stdout(full().unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{asked}");
    }
}

#[test]
fn each_command_is_tried_with_an_output_that_is_full() {
    let mut found = BTreeSet::new();
    commands(&[], &mut found);
    assert!(found.len() > 30, "{found:?}");
    let tried = PRINTING.iter().map(|(command, _)| *command).chain(ELSEWHERE.iter().copied());
    let missing: Vec<String> = found.difference(&tried.map(str::to_owned).collect()).cloned().collect();
    assert!(missing.is_empty(), "give each a row in PRINTING: {missing:?}");
}

#[test]
fn no_command_fails_when_its_reader_stops() {
    let test_site = test_site();
    let rows = [("sources export", &[][..]), ("inspect url", &[ARTICLE]), ("keys list", &[]), ("gate", &[])];
    for (command, more) in rows {
        for json in [&[][..], &["--json"]] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let output = prepared(&test_site, command, more).args(json).stdout(writer).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{command}");
        }
    }
}

#[test]
fn an_export_is_written_whole_or_not_at_all() {
    let test_site = TestSite::new();
    let list = test_site.file(
        "list.opml",
        "<opml version='2.0'><body><outline xmlUrl='https://a:hush@lake.example/?token=t'/></body></opml>",
    );
    assert_ok(&test_site.run(&["sources", "import", list.to_str().unwrap()]));
    let copy = test_site.file("copy.opml", "older");
    let output = test_site.run(&["sources", "export", "--out", copy.to_str().unwrap()]);
    assert_ok(&output);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("passwords or tokens of 1 source;"), "{said}");
    assert!(fs::read_to_string(&copy).unwrap().contains("https://a:hush@lake.example/?token=t"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&copy).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "though it was open to all before");
    let failed = test_site.run(&["sources", "export", "--out", "/dev/null/copy.opml"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("cannot write /dev/null/copy.opml"));
}

/// Standard errors that cannot be written: nobody reads, the disk is full, the pipe is full.
fn dead_ends() -> Vec<(&'static str, Stdio, Option<std::io::PipeReader>)> {
    let (reader, gone) = std::io::pipe().unwrap();
    drop(reader);
    let (unread, mut filled) = std::io::pipe().unwrap();
    // As much as a pipe holds by default on Linux, so that the next write would wait.
    filled.write_all(&vec![b'x'; 1 << 16]).unwrap();
    let mut ends = vec![("gone", Stdio::from(gone), None), ("unread", Stdio::from(filled), Some(unread))];
    ends.extend(full().map(|full| ("full", Stdio::from(full), None)));
    ends
}

#[test]
fn work_goes_on_whatever_is_behind_standard_error() {
    for (what, stderr, reader) in dead_ends() {
        let test_site = TestSite::new();
        let file = test_site.file("pages.warc", archive(80));
        let mut command = test_site.command(&["ingest", "-vv", "--warc", file.to_str().unwrap()]);
        let output =
            command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{what}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("80 read, 80 new, 0 could not be read"), "{what}: {said}");
        assert!(test_site.records().len() > 40, "{what}");
        drop(reader);
    }
}

#[test]
fn the_log_says_how_many_of_its_lines_were_lost() {
    let test_site = TestSite::new();
    let file = test_site.file("pages.warc", archive(3));
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let room = 100;
    writer.write_all(&vec![b'x'; (1 << 16) - room]).unwrap();
    let mut command = test_site.command(&["ingest", "--warc", file.to_str().unwrap()]);
    let child = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    let read = std::thread::spawn(move || {
        let mut said = Vec::new();
        reader.read_to_end(&mut said).unwrap();
        said.len()
    });
    drop(command);
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(read.join().unwrap() > (1 << 16) - room, "what was told came through once somebody read");
}
