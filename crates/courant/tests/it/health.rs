//! A program that cannot write its files still serves readers and editors, and reports the problem.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Output, Stdio},
    time::Duration,
};

use crate::harness::{TestSite, assert_ok};

/// Three articles that belong to three different stories.
const ARTICLES: [(&str, &str, &str); 3] = [
    (
        "bridge",
        "Larkfield swing bridge to close for eleven weeks",
        "The swing bridge over the Ottery at Larkfield will stay closed for eleven weeks, the harbour board said on Tuesday.",
    ),
    (
        "otters",
        "Otters are back at the mill stream of Tarrow",
        "A pair of otters has returned to the mill stream of Tarrow for the first time since 1962, wardens told visitors.",
    ),
    (
        "fair",
        "Halden sells its old fairground to a school",
        "The council of Halden has sold the fairground behind the station to a school that wants to plant an orchard.",
    ),
];

fn url(slug: &str) -> String {
    format!("https://{slug}.example/2026/{slug}")
}

fn item((slug, title, text): (&str, &str, &str)) -> String {
    format!(
        "<item><title>{title}</title><link>{}</link><pubDate>Wed, 14 Jan 2026 08:00:00 GMT</pubDate>\
         <description>{text} It was told by {slug}.</description></item>",
        url(slug)
    )
}

/// A site with three published articles.
fn test_site() -> TestSite {
    let test_site = TestSite::new();
    let items: String = ARTICLES.map(item).concat();
    let feed = format!("<rss version='2.0'><channel><title>Lake</title>{items}</channel></rss>");
    let file = test_site.file("feed.xml", feed);
    configure(&test_site, "threshold = 70", "threshold = 0");
    configure(&test_site, "metrics = \"\"", "metrics = \"127.0.0.1:0\"");
    assert_ok(&test_site.run(&["ingest", "--feed", file.to_str().unwrap()]));
    test_site
}

fn configure(test_site: &TestSite, from: &str, to: &str) {
    let config = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&config).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed);
    fs::write(config, changed).unwrap();
}

/// A program that works on a site, with its addresses. It ends with this.
struct Running {
    child: Child,
    public: String,
    metrics: String,
}

impl Running {
    fn start(test_site: &TestSite, args: &[&str]) -> Self {
        let args = [args, &["--listen", "127.0.0.1:0"]].concat();
        let child = test_site.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || {
            let line = lines.next().unwrap().unwrap();
            let address = line.split_once("http://").unwrap().1;
            address.trim_end_matches("/metrics").to_owned()
        };
        Self { public: next(), metrics: next(), child }
    }

    fn process(&self) -> String {
        format!("process {}", self.child.id())
    }

    /// The status and the body at a public URL.
    fn get(&self, path: &str) -> (u16, String) {
        get(&self.public, path)
    }

    /// What the owner sees about a failing check.
    fn failing(&self, check: &str) -> String {
        let (_, body) = get(&self.metrics, "/readyz");
        let full: serde_json::Value = serde_json::from_str(&body).unwrap();
        let checks = full["checks"].as_array().unwrap();
        let found = checks.iter().find(|found| found["name"] == check && found["ok"] == false);
        found.unwrap_or_else(|| panic!("{body}"))["detail"].as_str().unwrap().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn get(host: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// The page of the story of an article.
fn page(test_site: &TestSite, slug: &str) -> String {
    let story = test_site.json(&["story", "show", &url(slug)])["story"].as_str().unwrap().to_owned();
    format!("/stories/{story}/")
}

/// Replaces a folder by a file, so that not even root can write there.
fn replace_by_file(folder: &Path) {
    fs::rename(folder, folder.with_extension("away")).unwrap();
    fs::write(folder, "").unwrap();
}

fn put_back(folder: &Path) {
    fs::remove_file(folder).unwrap();
    fs::rename(folder.with_extension("away"), folder).unwrap();
}

#[test]
fn what_an_editor_holds_is_withdrawn_at_once_though_no_record_can_be_written() {
    let test_site = test_site();
    let news = test_site.site().join("records/news");
    let running = Running::start(&test_site, &["serve"]);
    let (bridge, otters) = (page(&test_site, "bridge"), page(&test_site, "otters"));
    assert_eq!(running.get("/readyz").0, 200);
    replace_by_file(&news);

    let held = test_site.run(&["article", "hold", &url("bridge")]);
    assert_eq!(held.status.code(), Some(4), "{}", said(&held));
    let told = said(&held);
    assert!(
        told.contains("held by editor") && told.contains("could not be written to records/news/"),
        "{told}"
    );
    assert!(told.contains("the next round tries again"), "{told}");
    assert_eq!((running.get(&bridge).0, running.get(&otters).0), (410, 200));
    assert_eq!(running.get("/healthz").0, 200, "the program itself answers");
    let (code, body) = running.get("/readyz");
    assert_eq!((code, &*body), (503, r#"{"status":"failing","failing":["records"]}"#));
    assert!(running.failing("records").contains("not written: "));
    let figures = get(&running.metrics, "/metrics").1;
    assert!(figures.contains("courant_step_failing{kind=\"records\"} 1.0"), "{figures}");
    assert!(figures.contains("courant_ready 0.0") && figures.ends_with("# EOF\n"), "{figures}");

    put_back(&news);
    assert_ok(&test_site.run(&["article", "hold", &url("otters")]));
    assert_eq!(running.get(&otters).0, 410);
    assert_eq!(running.get("/readyz").0, 200);
    let held = test_site.records().into_values().filter(|text| text.contains("published: false")).count();
    assert_eq!(held, 2, "what could not be written before is written now");
}

#[test]
fn a_site_whose_records_cannot_be_written_starts_and_says_so() {
    let test_site = test_site();
    let news = test_site.site().join("records/news");
    let bridge = page(&test_site, "bridge");
    replace_by_file(&news);
    let held = test_site.run(&["article", "hold", &url("bridge")]);
    assert_eq!(held.status.code(), Some(4), "without a running program too: {}", said(&held));
    let running = Running::start(&test_site, &["run"]);
    assert_eq!((running.get(&bridge).0, running.get("/").0), (410, 200));
    assert_eq!(running.get("/readyz").0, 503);
    // The status file was written before the addresses were printed, with what failed at the start.
    let doctor = test_site.run(&["doctor"]);
    let told = said(&doctor);
    assert_eq!(doctor.status.code(), Some(1), "{told}");
    assert!(told.contains("FAIL folders: ") && told.contains("records/news is not a folder"), "{told}");
    assert!(told.contains("FAIL program: step records of the running program fails"), "{told}");
}

#[test]
fn a_folder_that_cannot_be_written_stops_neither_readers_nor_records() {
    let test_site = test_site();
    let out = test_site.file("public", "a file where a folder should be");
    let running = Running::start(&test_site, &["run", "--out", out.to_str().unwrap()]);
    let bridge = page(&test_site, "bridge");
    let held = test_site.run(&["article", "hold", &url("bridge")]);
    let told = said(&held);
    assert_eq!(held.status.code(), Some(4), "{told}");
    assert!(told.contains("the folder of --out was not brought up to date: cannot create"), "{told}");
    assert_eq!(running.get(&bridge).0, 410);
    assert!(running.failing("folder").contains("cannot create"));
    assert!(test_site.records().into_values().any(|text| text.contains("published: false")));
}

#[test]
fn failing_git_and_images_are_reported_and_stop_nothing() {
    let test_site = test_site();
    configure(&test_site, "commit = false", "commit = true");
    fs::write(test_site.site().join(".courant/images"), "").unwrap();
    let running = Running::start(&test_site, &["run"]);
    let bridge = page(&test_site, "bridge");
    let held = test_site.run(&["article", "hold", &url("bridge")]);
    let told = said(&held);
    assert_eq!(held.status.code(), Some(4), "{told}");
    assert!(told.contains("was not committed to git: "), "{told}");
    assert_eq!(running.get(&bridge).0, 410);
    // An editor is answered during a round, whose images may come a little later.
    let both = r#"{"status":"degraded","failing":["images","git"]}"#;
    for _ in 0..100 {
        if running.get("/readyz").1 == both {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(running.get("/readyz"), (200, both.to_owned()));
    assert!(!running.failing("git").is_empty() && !running.failing("images").is_empty());
}

#[test]
fn a_template_that_is_broken_stops_no_decision() {
    let test_site = test_site();
    let running = Running::start(&test_site, &["serve"]);
    let bridge = page(&test_site, "bridge");
    fs::create_dir(test_site.site().join("templates")).unwrap();
    fs::write(test_site.site().join("templates/page.html"), "{% if %}").unwrap();
    test_site.run(&["article", "hold", &url("bridge")]);
    assert_eq!(running.get(&bridge).0, 410);
    assert!(!running.failing("templates").is_empty());
}

#[test]
fn commands_that_read_work_beside_a_running_program() {
    let test_site = test_site();
    let out = test_site.site().join("public");
    assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
    let before = test_site.records();
    let running = Running::start(&test_site, &["run"]);
    let (public, file) = (out.to_str().unwrap(), test_site.file("urls.txt", ""));
    for args in [
        &["doctor"][..],
        &["queue"],
        &["sources", "list"],
        &["gate"],
        &["gate", "--dry-run"],
        &["train", "evaluate"],
        &["article", "show", &url("otters")],
        &["article", "judge", "--dry-run"],
        &["topics", "check"],
        &["topics", "test", "A headline"],
        &["keys", "list"],
        &["api-key", "list"],
        &["story", "show", &url("otters")],
        &["train"],
        &["train", "topics", "--dry-run"],
        &["build", "--out", public],
        &["build", "--check", public],
    ] {
        let output = test_site.run(args);
        assert!(output.status.success(), "{args:?}: {}", said(&output));
        assert!(!said(&output).contains("in use"), "{args:?}");
    }
    assert_eq!(test_site.records(), before, "nothing but the running program writes records");
    let doctor = said(&test_site.run(&["doctor"]));
    let user = format!("ok   program: `courant run` ({}) has been using this site since", running.process());
    assert!(doctor.contains(&user) && doctor.contains("ok   store: sound"), "{doctor}");

    for args in [
        &["poll"][..],
        &["article", "judge"],
        &["ingest", "--urls", file.to_str().unwrap()],
        &["keys", "rotate"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let refused = test_site.run(args);
        let expected = format!("`courant run` ({}) is using this site; stop it first", running.process());
        assert_eq!(refused.status.code(), Some(1), "{args:?}");
        assert!(said(&refused).contains(&expected), "{args:?}: {}", said(&refused));
    }
}

#[test]
fn the_status_of_a_program_that_was_killed_says_nothing() {
    let test_site = test_site();
    drop(Running::start(&test_site, &["serve"]));
    assert!(test_site.site().join(".courant/status.json").exists());
    let doctor = test_site.run(&["doctor"]);
    assert_ok(&doctor);
    assert!(!said(&doctor).contains("program:"), "{}", said(&doctor));
}
