//! Readers follow links to articles, and their stories get warmer.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

use crate::harness::{TestSite, archive, assert_ok};

#[test]
fn a_followed_link_is_counted_kept_and_heats_the_story() {
    let test_site = TestSite::new();
    let config = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&config).unwrap();
    let text =
        text.replacen("threshold = 70", "threshold = 0", 1).replacen("enabled = false", "enabled = true", 1);
    assert!(text.contains("[beacon]"));
    fs::write(config, text).unwrap();
    let file = test_site.file("pages.warc", archive(6));
    assert_ok(&test_site.run(&["ingest", "--warc", file.to_str().unwrap()]));

    let mut running =
        test_site.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let server = said.trim().rsplit_once("http://").expect("the address it listens on").1.to_owned();
    let front = ask(&server, "GET", "/", "");
    assert!(front.contains("connect-src 'self'"));
    let ping =
        front.split_once(" ping=\"").expect("a link that tells").1.split_once('"').unwrap().0.to_owned();
    let headers = format!(
        "Content-Type: text/ping\r\nContent-Length: 4\r\nPing-From: http://{server}/\r\nOrigin: http://{server}\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    );
    for _ in 0..2 {
        let answer = ask(&server, "POST", &ping, &headers);
        assert!(
            answer.starts_with("HTTP/1.1 204 ") && !answer.to_lowercase().contains("set-cookie"),
            "{answer}"
        );
    }
    // When it stops, it stores the counts.
    assert!(Command::new("kill").arg(running.id().to_string()).status().unwrap().success());
    assert!(running.wait().unwrap().success());

    let (one, two) = (test_site.site().join("one"), test_site.site().join("two"));
    assert_ok(&test_site.run(&["build", "--out", one.to_str().unwrap()]));
    assert_ok(&test_site.run(&["build", "--out", two.to_str().unwrap()]));
    let (one, two) = (crate::harness::files(&one), crate::harness::files(&two));
    assert_eq!(one, two);
    let id = ping.trim_start_matches("/beacon/").trim_end_matches('/');
    let told: Vec<&String> =
        one.values().filter(|page| page.contains("1 click by a reader: +1.5 now")).collect();
    assert!(!told.is_empty() && told.iter().any(|page| page.contains(id)));
}

/// What a server answers.
fn ask(server: &str, method: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    let body = if method == "POST" { "PING" } else { "" };
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n{headers}\r\n{body}")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
