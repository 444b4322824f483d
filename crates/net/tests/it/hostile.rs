//! The client against hostile servers: every purpose, every content coding, every kind of trap.
//! Time is virtual; the tests assert classes of errors, bytes and virtual seconds.

use std::time::Duration;

use courant_net::{
    Client, ClientConfig, FetchError, OriginOverride, Purpose, Request, Response,
    image::{ImageCache, ImageError},
};
use courant_testkit::{
    hostile::{Answer as Scripted, HostileServer},
    packing::{self, CODINGS},
};
use tokio::time::Instant;
use url::Url;

const MAX_BYTES: u64 = 1 << 20;
const TOTAL: Duration = Duration::from_mins(1);
const IDLE: Duration = Duration::from_secs(20);

fn text() -> Vec<u8> {
    (0..2_000)
        .map(|n| format!("<item><title>Gauge {}</title></item>", n * 7919 % 2_000))
        .collect::<String>()
        .into()
}

fn client_of(server: &HostileServer) -> Client {
    Client::new(ClientConfig {
        origins: vec![OriginOverride { host: "*".to_owned(), origin: server.address() }],
        total_timeout: TOTAL,
        idle_timeout: IDLE,
        max_bytes: MAX_BYTES,
        host_pause: Duration::ZERO,
        host_in_flight: 64,
        ..ClientConfig::default()
    })
    .unwrap()
}

fn url(path: &str) -> Url {
    Url::parse(&format!("http://news.example{path}")).unwrap()
}

async fn get(client: &Client, path: &str, purpose: Purpose) -> Result<Vec<u8>, FetchError> {
    match client.get(&Request::new(url(path), purpose)).await? {
        Response::Fetched(fetched) => Ok(fetched.body.to_vec()),
        Response::NotModified(_) => panic!("the request was unconditional"),
    }
}

/// Scripted responses in one coding, with the class of the expected error (`ok` for none).
fn traps(coding: &'static str) -> Vec<(&'static str, Scripted, &'static str)> {
    let coded = || Scripted::ok().header("Content-Encoding", coding);
    let honest = packing::pack(coding, &text());
    let bomb = packing::bomb(coding, 4 << 20);
    let empties = packing::empties(coding, 700_000);
    // Empty blocks within one stream are an empty body.
    let nothing = if matches!(coding, "gzip" | "zstd") { "decode" } else { "empty" };
    let twice = format!("{coding}, gzip");
    vec![
        ("honest", coded().body(&honest), "ok"),
        ("honest-chunked", coded().chunked(&honest, 7), "ok"),
        ("honest-slow", coded().drip(&honest, honest.len() / 5, Duration::from_secs(5)), "ok"),
        ("bomb", coded().body(&bomb), "too_large"),
        ("bomb-sized", coded().sized_body(&bomb), "too_large"),
        ("bomb-chunked", coded().chunked(&bomb, 100), "too_large"),
        ("empties", coded().body(&empties), nothing),
        ("empties-chunked", coded().chunked(&empties, 1_000), nothing),
        ("cut", coded().body(&honest[..honest.len() / 2]), "truncated"),
        ("cut-sized", coded().header("Content-Length", "999999").body(&honest), "truncated"),
        ("drip", coded().drip(&honest[..20], 1, Duration::from_secs(10)), "timeout"),
        ("silent", coded().body(&honest[..20]).then_wait(), "timeout"),
        ("endless", coded().endless(&honest), "too_large"),
        (
            "stacked",
            Scripted::ok().header("Content-Encoding", &twice).body(&packing::gzip(&honest)),
            "too_large",
        ),
        (
            "stacked-in-two-headers",
            coded().header("content-encoding", "GZIP").body(&packing::gzip(&honest)),
            "too_large",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_trap_in_every_coding_is_a_typed_error_within_the_time_limit() {
    for coding in CODINGS {
        let mut answers = Vec::new();
        let mut expected = Vec::new();
        for (name, answer, class) in traps(coding) {
            answers.push((format!("/{name}"), answer));
            answers.push((
                format!("/to/{name}"),
                Scripted::redirect(&format!("/{name}")).endless(&[b' '; 4096]),
            ));
            expected.extend([(format!("/{name}"), class), (format!("/to/{name}"), class)]);
        }
        let server = HostileServer::start(answers).await.unwrap();
        let client = client_of(&server);
        for (path, class) in expected {
            for purpose in [Purpose::Feed, Purpose::Page, Purpose::Discovery] {
                let began = Instant::now();
                let got = get(&client, &path, purpose).await;
                let found = got.as_ref().map_or_else(FetchError::class, |_| "ok");
                assert_eq!(found, class, "{coding} {path} {purpose:?}: {:?}", got.as_ref().err());
                assert!(began.elapsed() <= TOTAL + Duration::from_secs(1), "{coding} {path}");
                if let Ok(body) = got {
                    assert_eq!(body, text(), "{coding} {path}");
                }
            }
            let sent = server.sent(&path);
            // Sockets buffer some megabytes; the body of a redirect is not read.
            assert!(sent < 64 << 20, "{coding} {path}: {sent} bytes were read");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_with_many_codings_is_refused_without_decoding() {
    let body = packing::stacked_empties(2_000_000);
    assert!(body.len() < 20_000, "{}", body.len());
    let thrice = Scripted::ok().header("Content-Encoding", "gzip, gzip, gzip").body(&body);
    let once = Scripted::ok().header("Content-Encoding", "gzip").body(&body);
    let server = HostileServer::start([
        ("/feed", thrice.clone()),
        ("/once", once),
        ("/robots.txt", thrice),
        ("/article", Scripted::ok().body(b"<p>")),
    ])
    .await
    .unwrap();
    let client = client_of(&server);
    let began = Instant::now();
    let error = get(&client, "/feed", Purpose::Feed).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "news.example/feed: body has 3 content codings (gzip, gzip, gzip), more than 1"
    );
    assert!(!error.is_temporary());
    assert!(get(&client, "/once", Purpose::Feed).await.is_err());
    let error = get(&client, "/article", Purpose::Page).await.unwrap_err();
    assert!(
        matches!(&error, FetchError::RobotsUnreachable { why, .. } if why.contains("3 content codings")),
        "{error}"
    );
    assert_eq!(server.requests("/article"), 0, "a page that robots.txt may forbid is not fetched");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn traps_as_robots_txt_are_cut_or_forbid_the_page() {
    for coding in CODINGS {
        for (name, answer, _) in traps(coding) {
            let server = HostileServer::start([
                ("/robots.txt", answer),
                ("/article", Scripted::ok().body(b"<p>An article.")),
            ])
            .await
            .unwrap();
            let began = Instant::now();
            let got = get(&client_of(&server), "/article", Purpose::Page).await;
            assert!(began.elapsed() <= TOTAL + Duration::from_secs(1), "{coding} {name}");
            match name {
                // A file that is too long is read as far as RFC 9309 requires; an empty one forbids
                // nothing.
                "honest" | "honest-chunked" | "honest-slow" | "bomb" | "bomb-sized" | "bomb-chunked" => {
                    assert!(got.is_ok(), "{coding} {name}: {got:?}");
                }
                "cut" | "cut-sized" | "drip" | "silent" | "stacked" | "stacked-in-two-headers" => {
                    assert_eq!(got.unwrap_err().class(), "robots", "{coding} {name}");
                }
                _ => {}
            }
            assert!(server.sent("/robots.txt") < 64 << 20, "{coding} {name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn compressed_files_without_a_coding_are_decompressed_within_the_same_limits() {
    let server = HostileServer::start([
        ("/sitemap.xml.gz", Scripted::ok().body(&packing::gzip(&text()))),
        ("/padded.xml.gz", Scripted::ok().body(&[packing::gzip(&text()), vec![0; 512]].concat())),
        ("/bomb.xml.gz", Scripted::ok().body(&packing::bomb("gzip", 4 << 20))),
        ("/empties.xml.gz", Scripted::ok().body(&packing::empties("gzip", 700_000))),
        ("/cut.xml.gz", Scripted::ok().body(&packing::gzip(&text())[..900])),
    ])
    .await
    .unwrap();
    let client = client_of(&server);
    let class = async |path: &str| match get(&client, path, Purpose::Discovery).await {
        Ok(body) => {
            assert_eq!(body, text());
            "ok"
        }
        Err(error) => error.class(),
    };
    assert_eq!(class("/sitemap.xml.gz").await, "ok");
    assert_eq!(class("/padded.xml.gz").await, "ok");
    assert_eq!(class("/bomb.xml.gz").await, "too_large");
    assert_eq!(class("/empties.xml.gz").await, "decode");
    assert_eq!(class("/cut.xml.gz").await, "truncated");
}

#[tokio::test(start_paused = true)]
async fn the_same_limits_apply_to_images() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ImageCache::open(dir.path()).unwrap();
    for coding in CODINGS {
        let traps = traps(coding).into_iter().filter(|(_, _, class)| *class != "ok");
        let answers: Vec<_> =
            traps.map(|(name, answer, class)| (format!("/{name}"), answer, class)).collect();
        let routes = answers.iter().map(|(path, answer, _)| (path.clone(), answer.clone()));
        let server = HostileServer::start(routes).await.unwrap();
        let client = client_of(&server);
        for (path, _, class) in &answers {
            match cache.fetch(&client, &url(path)).await {
                Err(ImageError::Fetch(error)) => assert_eq!(error.class(), *class, "{coding} {path}"),
                other => panic!("{coding} {path}: {other:?}"),
            }
        }
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was stored");
}

#[tokio::test(start_paused = true)]
async fn bodies_of_errors_and_of_hubs_are_not_read() {
    let endless = |status| Scripted::status(status).endless(&[b'x'; 4096]);
    let server = HostileServer::start([
        ("/gone", endless(410)),
        ("/busy", endless(503)),
        ("/moved", endless(302).header("Location", "/gone")),
        ("/hub", endless(202)),
        ("/hub-that-fails", endless(500)),
    ])
    .await
    .unwrap();
    let client = client_of(&server);
    let began = Instant::now();
    for path in ["/gone", "/busy", "/moved"] {
        assert_eq!(get(&client, path, Purpose::Feed).await.unwrap_err().class(), "http", "{path}");
    }
    assert_eq!(client.post_form(&url("/hub"), &[("hub.mode", "subscribe".to_owned())]).await, Ok(202));
    assert!(client.post_form(&url("/hub-that-fails"), &[]).await.is_err());
    assert!(began.elapsed() < IDLE, "{:?}", began.elapsed());
    for path in ["/gone", "/busy", "/moved", "/hub", "/hub-that-fails"] {
        assert!(server.sent(path) < 32 << 20, "{path}: {} bytes were read", server.sent(path));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_does_not_block_the_next_one() {
    let server = HostileServer::start([
        ("/silent", Scripted::ok().body(b"<rss>").then_wait()),
        ("/feed", Scripted::ok().header("Content-Encoding", "br").body(&packing::pack("br", &text()))),
    ])
    .await
    .unwrap();
    let client = client_of(&server);
    for _ in 0..5 {
        let dropped =
            tokio::time::timeout(Duration::from_secs(1), get(&client, "/silent", Purpose::Feed)).await;
        assert!(dropped.is_err());
    }
    assert_eq!(get(&client, "/feed", Purpose::Feed).await.unwrap(), text());
}
