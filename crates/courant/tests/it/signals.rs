//! Signals, sent to the program at work.
#![cfg(unix)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::process::ExitStatusExt,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::harness::{TestSite, archive, assert_ok, courant};

/// How long is waited before a test gives up: far longer than anything takes.
const PATIENCE: Duration = Duration::from_mins(2);

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// How the program ended; one that does not is ended and fails the test.
fn end_of(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("the program did not end");
}

/// Reads lines until one contains these words.
fn line_with(lines: &mut impl BufRead, words: &str) -> String {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "{words:?} was not said:\n{seen}");
        if line.contains(words) {
            return line;
        }
        seen += &line;
    }
}

/// A served site, with the address that it printed.
fn serve(mut command: Command, stderr: Stdio) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let line = line_with(&mut lines, "on http://");
    let address = line.trim().split("on http://").nth(1).unwrap().to_owned();
    // Reading on keeps the pipe open.
    thread::spawn(move || lines.read_to_end(&mut Vec::new()));
    (child, address)
}

fn serving(test_site: &TestSite) -> Command {
    test_site.command(&["serve", "--listen", "127.0.0.1:0"])
}

fn stderr_of(child: &mut Child) -> BufReader<ChildStderr> {
    BufReader::new(child.stderr.take().unwrap())
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_site_ends_on_each_signal_that_asks_for_it_whatever_is_behind_standard_error() {
    let (reader, gone) = std::io::pipe().unwrap();
    drop(reader);
    let (unread, mut filled) = std::io::pipe().unwrap();
    filled.write_all(&vec![b'x'; 1 << 16]).unwrap();
    let mut ends = vec![("TERM", Stdio::from(gone)), ("INT", Stdio::from(filled))];
    ends.extend(fs::OpenOptions::new().write(true).open("/dev/full").ok().map(|full| ("TERM", full.into())));
    ends.push(("TERM", Stdio::null()));
    for (signal, stderr) in ends {
        let test_site = TestSite::new();
        let (mut child, address) = serve(serving(&test_site), stderr);
        assert!(get(&address, "/").starts_with("HTTP/1.1 200"));
        send(&child, signal);
        let status = end_of(&mut child);
        assert_eq!(status.code(), Some(0), "{signal}: {status}");
        let left: Vec<_> = fs::read_dir(test_site.site().join(".courant"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with("-wal"))
            .collect();
        assert!(left.is_empty(), "the log of the store went into its file: {left:?}");
    }
    drop(unread);
}

#[test]
fn a_second_signal_ends_a_program_that_hangs() {
    let test_site = TestSite::new();
    let pipe = test_site.site().with_file_name("never");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Nobody ever writes into the pipe, and the program waits for it.
    let mut command = test_site.command(&["ingest", "--feed", pipe.to_str().unwrap()]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = stderr_of(&mut child);
    // The store is open once its file is there, and the signals were listened to before.
    while !test_site.site().join(".courant/store.db").exists() {
        thread::sleep(Duration::from_millis(20));
    }
    send(&child, "TERM");
    line_with(&mut said, "SIGTERM: finishing the current step (a second SIGTERM quits now)");
    // Two signals at once are one.
    thread::sleep(Duration::from_millis(300));
    send(&child, "TERM");
    assert_eq!(end_of(&mut child).code(), Some(143));
}

#[test]
fn work_that_is_stopped_says_so_and_goes_on_when_it_is_begun_again() {
    let bytes = archive(900);
    let calm = TestSite::new();
    let file = calm.file("pages.warc", &bytes);
    assert_ok(&calm.run(&["ingest", "--warc", file.to_str().unwrap()]));
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let test_site = TestSite::new();
        fs::copy(calm.site().join("keys/site.key"), test_site.site().join("keys/site.key")).unwrap();
        let file = test_site.file("pages.warc", &bytes);
        let ingest = ["ingest", "--warc", file.to_str().unwrap()];
        let mut command = test_site.command(&ingest);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = stderr_of(&mut child);
        line_with(&mut told, "pages read");
        send(&child, signal);
        thread::spawn(move || told.read_to_end(&mut Vec::new()));
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{signal}: {said}");
        assert!(said.contains("before the work was complete; run the command again"), "{said}");
        assert_ok(&test_site.run(&ingest));
        assert_eq!(test_site.records(), calm.records(), "{signal}");
    }
}

#[test]
fn a_hangup_makes_a_site_read_its_files_again() {
    let test_site = TestSite::new();
    let (mut child, address) = serve(serving(&test_site), Stdio::piped());
    let mut told = stderr_of(&mut child);
    let config = test_site.site().join("courant.toml");
    let before = fs::read_to_string(&config).unwrap();

    let after = before
        .replace("title = \"My news desk\"", "title = \"The other desk\"")
        .replace("listeners = 1000", "listeners = 7");
    fs::write(&config, &after).unwrap();
    send(&child, "HUP");
    line_with(&mut told, "the site's files were read again: 0 sources");
    let waits = line_with(&mut told, "only after a restart");
    assert!(waits.contains("[serve] listeners"), "{waits}");
    // It is reported before it is served.
    let begun = Instant::now();
    while !get(&address, "/").contains("The other desk") {
        assert!(begun.elapsed() < PATIENCE, "the title did not change");
        thread::sleep(Duration::from_millis(20));
    }

    // A file that is not in order changes nothing.
    fs::write(&config, after.replacen("[poll]\n", "[poll]\nevery = 5\n", 1)).unwrap();
    send(&child, "HUP");
    let refused = line_with(&mut told, "reload failed");
    assert!(refused.contains("courant.toml:") && refused.contains("unknown field `every`"), "{refused}");
    assert!(get(&address, "/").contains("The other desk"));

    for signal in ["USR1", "USR2"] {
        send(&child, signal);
        line_with(&mut told, &format!("SIG{signal} does nothing"));
    }
    assert!(get(&address, "/").contains("The other desk"));
    send(&child, "TERM");
    assert_eq!(end_of(&mut child).code(), Some(0));
}

#[test]
fn a_hangup_makes_a_site_at_work_take_other_sources() {
    let test_site = TestSite::new();
    let (mut child, address) = serve(test_site.command(&["run", "--listen", "127.0.0.1:0"]), Stdio::piped());
    let mut told = stderr_of(&mut child);
    let list = "<opml version='2.0'><body><outline xmlUrl='http://127.0.0.1:9/feed'/></body></opml>";
    fs::write(test_site.site().join("sources.opml"), list).unwrap();
    send(&child, "HUP");
    line_with(&mut told, "1 source (1 new, 0 removed)");
    assert!(get(&address, "/").starts_with("HTTP/1.1 200"));
    send(&child, "TERM");
    assert_eq!(end_of(&mut child).code(), Some(0));
    let sources = test_site.json(&["sources", "list"]);
    assert_eq!(sources[0]["url"], "http://127.0.0.1:9/feed");
}

#[test]
fn a_hangup_that_was_ignored_from_the_beginning_stays_ignored() {
    if !fs::exists("/proc/self/status").unwrap() {
        return courant_testkit::skip("/proc");
    }
    let test_site = TestSite::new();
    let mut command = Command::new("sh");
    let program = courant(&[]).get_program().to_owned();
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(program).arg("--site").arg(test_site.site());
    command.args(["--now", crate::harness::NOW, "serve", "--listen", "127.0.0.1:0"]);
    let (mut child, _) = serve(command, Stdio::piped());
    let mut told = stderr_of(&mut child);
    send(&child, "HUP");
    send(&child, "TERM");
    assert_eq!(end_of(&mut child).code(), Some(0));
    let mut said = String::new();
    told.read_to_string(&mut said).unwrap();
    assert!(!said.contains("HUP"), "{said}");
}

#[test]
fn a_build_that_is_stopped_leaves_whole_files_and_is_ended_by_the_next() {
    let test_site = TestSite::new();
    let file = test_site.file("pages.warc", archive(300));
    assert_ok(&test_site.run(&["ingest", "--warc", file.to_str().unwrap()]));
    let out = test_site.site().with_file_name("public");
    let build = ["build", "--out", out.to_str().unwrap()];
    let mut child = test_site.start(&build);
    let begun = Instant::now();
    while fs::read_dir(&out).map_or(0, Iterator::count) < 2 && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < PATIENCE, "nothing was written");
    }
    send(&child, "TERM");
    let status = end_of(&mut child);
    // It may have been done just then.
    assert!(matches!(status.code(), Some(143 | 0)), "{status} {:?}", status.signal());
    assert_ok(&test_site.run(&build));
    assert_ok(&test_site.run(&["build", "--check", out.to_str().unwrap()]));
}
