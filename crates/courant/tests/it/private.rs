//! What only the owner of a site may see.

use std::fs;

use crate::harness::{NOW, TestSite, archive, assert_ok, courant};

#[cfg(unix)]
#[test]
fn the_state_of_a_site_is_its_owners_alone_whatever_the_umask() {
    use std::{os::unix::fs::PermissionsExt, path::Path, process::Command};
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for umask in ["000", "022", "0277"] {
        let test_site = TestSite::new();
        let file = test_site.file("pages.warc", archive(4));
        fs::remove_dir_all(test_site.site().join(".courant")).ok();
        let program = courant(&[]).get_program().to_owned();
        let run = |args: &[&str]| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(&program).args(args);
            command.arg("--site").arg(test_site.site()).args(["--now", NOW]).output().unwrap()
        };
        assert_ok(&run(&["ingest", "--warc", file.to_str().unwrap()]));
        assert_ok(&run(&["keys", "new"]));
        // A second run finds everything unchanged and prints nothing.
        let again = run(&["api-key", "list"]);
        assert_eq!(String::from_utf8_lossy(&again.stderr), "", "umask {umask}");
        let mut folders = vec![test_site.site().join(".courant"), test_site.site().join("keys")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            assert_eq!(mode(&folder), 0o700, "{} under umask {umask}", folder.display());
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    assert_eq!(mode(&path), 0o600, "{} under umask {umask}", path.display());
                    files += 1;
                }
            }
        }
        assert!(files >= 4, "{files} files");
    }
}

#[cfg(unix)]
#[test]
fn what_was_open_to_others_is_closed_and_the_log_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let test_site = TestSite::new();
    assert_ok(&test_site.run(&["queue"]));
    for name in [".courant", ".courant/store.db", "keys/site.key"] {
        let open = if name == ".courant" { 0o755 } else { 0o644 };
        fs::set_permissions(test_site.site().join(name), fs::Permissions::from_mode(open)).unwrap();
    }
    let output = test_site.run(&["queue"]);
    assert_ok(&output);
    let said = String::from_utf8(output.stderr).unwrap();
    for name in [".courant", "store.db", "site.key"] {
        let path =
            test_site.site().join(if name == ".courant" { ".courant".to_owned() } else { name.to_owned() });
        assert!(said.contains(name), "{} is not named: {said}", path.display());
    }
    assert!(test_site.run(&["queue"]).stderr.is_empty(), "told once");
}

#[test]
fn no_list_log_or_error_shows_the_password_or_token_of_a_source() {
    let test_site = TestSite::new();
    let url = "http://ann:hushword@127.0.0.1:9/feed.xml?format=rss&token=hushtoken";
    let shown = "http://***@127.0.0.1:9/feed.xml?format=rss&token=***";
    let list = test_site.file(
        "list.opml",
        format!(
            "<opml version='2.0'><body><outline text='Lake' xmlUrl='{}'/></body></opml>",
            url.replace('&', "&amp;")
        ),
    );
    let commands: [&[&str]; 9] = [
        &["sources", "import", list.to_str().unwrap()],
        &["sources", "list"],
        &["sources", "check"],
        &["sources", "check", url],
        &["sources", "add", url],
        &["poll", "--all"],
        &["doctor"],
        &["queue", url],
        &["inspect", "feed", url],
    ];
    for command in commands {
        for more in [&["-vv"][..], &["-vv", "--json"]] {
            let output = test_site.command(command).args(more).output().unwrap();
            let said =
                [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            assert!(!said.concat().contains("hush"), "{command:?} {more:?}: {said:#?}");
        }
    }
    assert_eq!(test_site.json(&["sources", "list"])[0]["url"], shown);
    let exported = String::from_utf8(test_site.run(&["sources", "export"]).stdout).unwrap();
    assert!(exported.contains("hushword") && exported.contains("hushtoken"), "the owner's own copy is whole");
    assert_ok(&test_site.run(&["sources", "remove", shown]));
    assert_eq!(test_site.json(&["sources", "list"]), serde_json::json!([]));
}

#[test]
fn a_poll_under_a_clock_that_was_ahead_silences_no_source() {
    let test_site = TestSite::new();
    let list = "<opml version='2.0'><body><outline xmlUrl='http://127.0.0.1:9/feed'/></body></opml>";
    fs::write(test_site.site().join("sources.opml"), list).unwrap();
    let poll = |now: &str| {
        let mut command = courant(&["poll", "--json", "--now", now, "--site"]);
        let output = command.arg(test_site.site()).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "the source fails");
        let done: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (done["poll"]["asked"].as_u64().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(poll("2036-01-01T00:00:00Z").0, 1);
    let mut asked = 0;
    let mut said = String::new();
    // Hour by hour for a day: the longest interval.
    for hour in 0..=24 {
        let now = hour_of(hour);
        let mut command = courant(&["poll", "--json", "--now", &now, "--site"]);
        let output = command.arg(test_site.site()).output().unwrap();
        let done: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        asked += done["poll"]["asked"].as_u64().unwrap();
        said += &String::from_utf8_lossy(&output.stderr);
        if asked > 0 {
            break;
        }
    }
    assert_eq!(asked, 1, "{said}");
    assert!(said.contains("due times were too far in the future"), "{said}");
}

fn hour_of(hour: u32) -> String {
    format!("2026-01-{:02}T{:02}:00:00Z", 15 + hour / 24, hour % 24)
}

#[cfg(unix)]
#[test]
fn copies_of_images_are_private_too() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let site = place.path().join("demo");
    let mut demo = courant(&["demo", "--once", "--listen", "127.0.0.1:0", "--now", NOW, "--dir"]);
    assert_ok(&demo.arg(&site).output().unwrap());
    let mut folders = vec![site.join(".courant")];
    let mut images = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
            images += u32::from(path.starts_with(site.join(".courant/images")) && path.is_file());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(images > 10, "{images} copies");
}
