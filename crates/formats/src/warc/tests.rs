//! Generated archives, complete and damaged.

use std::io::{self, Read, Write};

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use super::{Problem, Reader, Response, WarcError};

fn record(kind: &str, url: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\nWARC-Record-ID: <urn:uuid:0>\r\nContent-Type: application/http;\r\n msgtype=response\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes
}

fn page(name: &str) -> Vec<u8> {
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>{name}</p>");
    record("response", &format!("https://news.example/{name}"), http.as_bytes())
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Vec<Result<Response, WarcError>> {
    Reader::new(bytes).collect()
}

/// The result in short: the last part of a URL, or `!` and the kind of error.
fn outline(bytes: &[u8]) -> String {
    let word = |item: Result<Response, WarcError>| match item {
        Ok(response) => response.url.path().trim_start_matches('/').to_owned(),
        Err(error) => {
            let text = format!("{:?}", error.problem);
            format!("!{}", text.split(['(', ' ']).next().unwrap())
        }
    };
    read(bytes).into_iter().map(word).collect::<Vec<_>>().join(" ")
}

fn three() -> [Vec<u8>; 3] {
    [page("a"), page("b"), page("c")]
}

#[test]
fn all_three_packings_are_read() {
    let plain = three().concat();
    let members = three().map(|record| gz(&record)).concat();
    for bytes in [plain.clone(), members, gz(&plain)] {
        let all = read(&bytes);
        assert_eq!(all.len(), 3);
        let second = all[1].as_ref().unwrap();
        assert_eq!(second.url.as_str(), "https://news.example/b");
        assert_eq!(second.date.to_string(), "2026-01-02T03:04:05Z");
        assert_eq!((second.status, second.header("content-type")), (200, Some("text/html")));
        assert_eq!(second.body, b"<p>b</p>");
    }
    // Members that have nothing to do with the records, and padding between them.
    let blocks: Vec<_> = plain.chunks(100).flat_map(|block| [gz(block), vec![0; 3]].concat()).collect();
    assert_eq!(outline(&blocks), "a b c");
    assert_eq!(outline(b""), "");
    assert_eq!(outline(&gz(b"")), "");
}

#[test]
fn consumed_counts_the_input() {
    let bytes = three().map(|record| gz(&record)).concat();
    let mut reader = Reader::new(&bytes[..]);
    assert_eq!(reader.consumed(), 0);
    while reader.next().is_some() {}
    assert_eq!(reader.consumed(), bytes.len() as u64);
}

#[test]
fn other_types_and_targets_are_skipped() {
    let dns = record("response", "dns:news.example", b"20260102 1.2.3.4");
    let bytes = [
        record("warcinfo", "", b"software: x"),
        page("a"),
        record("request", "https://news.example/a", b"GET / HTTP/1.1\r\n\r\n"),
        record("revisit", "https://news.example/r", b"HTTP/1.1 304\r\n\r\n"),
        dns,
        record("resource", "<https://news.example/res>", b"<p>as it is</p>"),
    ]
    .concat();
    let all = read(&bytes);
    assert_eq!(outline(&bytes), "a res");
    let resource = all[1].as_ref().unwrap();
    assert_eq!((resource.status, &resource.body[..]), (200, &b"<p>as it is</p>"[..]));
    assert_eq!(resource.header("content-type"), Some("application/http; msgtype=response"));
}

fn body_of(headers: &str, body: &[u8]) -> Result<Response, WarcError> {
    let http = [format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n").as_bytes(), body].concat();
    let mut all = read(&record("response", "https://news.example/x", &http));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn codings_are_undone() {
    let text = "<p>Größe</p>".repeat(50).into_bytes();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&text).unwrap();
    let zlib = zlib.finish().unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(&text).unwrap();
    let deflate = deflate.finish().unwrap();
    let gzip = gz(&text);
    let (left, right) = gzip.split_at(20);
    let chunked =
        [b"14;x=y\r\n", left, b"\r\n", format!("{:X}\r\n", right.len()).as_bytes(), right, b"\r\n0\r\n\r\n"]
            .concat();
    // `0x0B 0x02 0x80`: an uncompressed brotli meta-block of six bytes and the empty last one.
    let brotli: &[u8] = &[0x8B, 0x02, 0x80, b'a', b'b', b'c', b'd', b'e', b'f', 0x03];
    assert_eq!(body_of("Content-Encoding: br", brotli).unwrap().body, b"abcdef");
    for (headers, body) in [
        ("Content-Encoding: gzip", &gzip),
        ("Content-Encoding: deflate", &zlib),
        ("Content-Encoding: deflate", &deflate),
        ("Transfer-Encoding: chunked\r\nContent-Encoding: x-gzip\r\nContent-Length: 9", &chunked),
        ("Content-Encoding: utf-8, gzip", &gzip),
        ("Content-Encoding: zstd", &zstd::encode_all(&text[..], 1).unwrap()),
        ("Content-Encoding: identity", &text),
        // Decoded by the crawler, which kept the headers.
        ("Content-Encoding: gzip\r\nTransfer-Encoding: chunked", &text),
        ("Content-Encoding: br", &text),
        ("Content-Encoding: deflate", &text),
    ] {
        let response = body_of(headers, body).unwrap();
        assert_eq!(response.body, text, "{headers}");
        if !headers.ends_with("identity") {
            assert_eq!(response.headers, [], "{headers}");
        }
    }
    let cut = body_of("Content-Encoding: gzip", &gzip[..gzip.len() - 12]).unwrap();
    assert!(text.starts_with(&cut.body) && !cut.body.is_empty());
    assert!(matches!(
        body_of("Content-Encoding: zstd", b"\x28\xb5\x2f\xfd\0\0").unwrap_err().problem,
        Problem::Coding(_)
    ));
}

#[test]
fn http_heads_are_read_leniently() {
    let http = b"HTTP/1.0 404\nX-Long: a\n\tb\nX-Latin: caf\xE9\nnonsense\n\nbody";
    let all = read(&record("response", "http://news.example/", http));
    let response = all[0].as_ref().unwrap();
    assert_eq!(response.status, 404);
    assert_eq!((response.header("x-long"), response.header("x-latin")), (Some("a b"), Some("café")));
    assert_eq!(response.body, b"body");
    assert_eq!(
        outline(&record("response", "http://news.example/h", b"HTTP/1.1 204 No Content\r\nA: b")),
        "h"
    );
    assert_eq!(outline(&record("response", "http://news.example/h", b"<html>")), "!Http");
}

#[test]
fn too_large_records_and_bombs_are_skipped() {
    let bomb = gz(&vec![b'x'; 3_000_000]);
    let http = [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", &bomb[..]].concat();
    let bytes = [
        page("a"),
        record("response", "https://news.example/big", &vec![b'x'; 2_000_000]),
        record("response", "https://news.example/bomb", &http),
        page("b"),
    ]
    .concat();
    for bytes in [bytes.clone(), gz(&bytes)] {
        let all: Vec<_> = Reader::new(&bytes[..]).with_limit(1_000_000).collect();
        assert_eq!(all.len(), 4);
        for (at, url) in [(1, "https://news.example/big"), (2, "https://news.example/bomb")] {
            let error = all[at].as_ref().unwrap_err();
            assert!(matches!(error.problem, Problem::TooLarge { limit: 1_000_000 }));
            assert_eq!(error.url.as_deref(), Some(url));
        }
        assert!(all[3].is_ok());
    }
}

#[test]
fn damage_costs_one_record() {
    let [a, b, c] = three();
    let no_length = String::from_utf8(b.clone()).unwrap().replace("Content-Length", "Content-Size");
    let too_long = String::from_utf8(b.clone()).unwrap().replace("Content-Length: ", "Content-Length: 1");
    let far_too_long =
        String::from_utf8(b.clone()).unwrap().replace("Content-Length: ", "Content-Length: 9999");
    let too_short = String::from_utf8(b.clone()).unwrap().replace("Content-Length: 5", "Content-Length: 1");
    assert_ne!(too_short.as_bytes(), &b[..]);
    let no_date = String::from_utf8(b.clone()).unwrap().replace("2026-01-02", "some day");
    let bad_url = String::from_utf8(b.clone()).unwrap().replace("https://news", "::/news");
    let cut_body = &b[..b.len() - 20];
    let cut_head = &b[..60];
    let garbage = b"\0\xFF no record at all \n".repeat(9000);
    let cases: [(&str, &[u8], &str); 9] = [
        ("no length", no_length.as_bytes(), "a !Head c"),
        ("too long", too_long.as_bytes(), "a !WrongLength c"),
        ("far too long", far_too_long.as_bytes(), "a !WrongLength c"),
        ("too short", too_short.as_bytes(), "a !Head c"),
        ("no date", no_date.as_bytes(), "a !Head c"),
        ("bad url", bad_url.as_bytes(), "a !Head c"),
        ("cut body", cut_body, "a !WrongLength c"),
        ("cut head", cut_head, "a !Head c"),
        ("garbage", &garbage, "a !NoRecord c"),
    ];
    for (name, damaged, wanted) in cases {
        let glued = [&a[..], damaged, b"\r\n", &c].concat();
        let wanted_plain = wanted;
        assert_eq!(outline(&glued), wanted_plain, "{name}, plain");
        assert_eq!(outline(&gz(&glued)), wanted_plain, "{name}, one stream");
        let members = [gz(&a), gz(damaged), gz(&c)].concat();
        let got = outline(&members);
        assert!(
            got.starts_with("a !") && got.ends_with(" c") && got.matches('!').count() == 1,
            "{name}: {got}"
        );
    }
}

#[test]
fn damaged_members_cost_one_record() {
    let [a, b, c] = three().map(|record| gz(&record));
    let sound: Vec<_> = read(&three().concat()).into_iter().map(Result::unwrap).collect();
    for at in 0..b.len() {
        let mut damaged = b.clone();
        damaged[at] ^= 0x55;
        let bytes = [&a[..], &damaged, &c].concat();
        let got = outline(&bytes);
        assert!(got.starts_with("a ") && got.ends_with(" c"), "{at}: {got}");
        // Every page that is read is one that was written. Damage may break the record into two
        // errors: data that unpacked to something else, and data that did not unpack.
        let (pages, errors): (Vec<_>, Vec<_>) = read(&bytes).into_iter().partition(Result::is_ok);
        assert!(pages.into_iter().all(|page| sound.contains(&page.unwrap())), "{at}: {got}");
        assert!(errors.len() <= 2, "{at}: {got}");
    }
    let cut = [&a[..], &b[..b.len() / 2], &c].concat();
    assert!(outline(&cut).ends_with('c') || outline(&cut).starts_with("a !"), "{}", outline(&cut));
}

#[test]
fn a_cut_archive_gives_an_error_and_ends() {
    let plain = three().concat();
    let members = three().map(|record| gz(&record)).concat();
    for whole in [plain.clone(), members, gz(&plain)] {
        for end in 1..whole.len() - 4 {
            let all = read(&whole[..end]);
            let (errors, pages): (Vec<_>, Vec<_>) = all.iter().partition(|item| item.is_err());
            assert!(pages.len() <= 3 && errors.len() <= 1, "{end}");
            assert!(errors.is_empty() || all.last().unwrap().is_err(), "{end}");
        }
    }
    assert_eq!(outline(&plain[..plain.len() - 9]), "a b !Truncated");
}

#[test]
fn a_hostile_archive_ends() {
    let lie = b"WARC/1.0\r\nContent-Length: 30000000\r\n\r\n".repeat(50_000);
    assert!(read(&lie).len() <= 50_000);
}

#[test]
fn a_failing_input_is_reported_once() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    let all: Vec<_> = Reader::new(io::Cursor::new(page("a")).chain(Failing)).collect();
    assert_eq!(all.len(), 2);
    assert!(matches!(all[1].as_ref().unwrap_err().problem, Problem::Io(_)));
}

#[test]
fn the_shared_archive_holds_549_pages() {
    let Some(path) = courant_testkit::shared("web/pages.warc.gz") else { return };
    let pages: Vec<_> = Reader::new(std::fs::File::open(path).unwrap()).map(Result::unwrap).collect();
    assert_eq!(pages.len(), 549);
    assert!(pages.iter().all(|page| page.status == 200 && !page.body.is_empty()));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_end(noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), at in 0_usize..900) {
        let mut bytes = three().concat();
        let at = at.min(bytes.len());
        bytes.splice(at..at, noise.iter().copied());
        for packed in [bytes.clone(), gz(&bytes), [&gz(&three()[0])[..], &noise, &gz(&three()[1])].concat()] {
            proptest::prop_assert!(read(&packed).len() < 20);
        }
        proptest::prop_assert!(read(&noise).len() < 20);
    }
}

#[test]
fn empty_members_without_end_end_the_archive() {
    let mut bytes = gz(&page("a"));
    bytes.extend(gz(b"").repeat(900));
    bytes.extend(gz(&page("b")));
    bytes.extend(gz(b"").repeat(5_000));
    bytes.extend(gz(&page("c")));
    assert_eq!(outline(&bytes), "a b !Io");
    let mut reader = Reader::new(&bytes[..]);
    let last = reader.by_ref().last().unwrap().unwrap_err();
    assert!(last.to_string().contains("more than 1000 gzip members in a row are empty"), "{last}");
    assert!(reader.next().is_none());
}

#[test]
fn a_member_that_unpacks_to_far_too_much_is_one_error() {
    let length = 80 << 20;
    let head = format!(
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: https://news.example/x\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(head.as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..length >> 20 {
        encoder.write_all(&zeros).unwrap();
    }
    let bytes = [gz(&page("a")), encoder.finish().unwrap(), gz(&page("b"))].concat();
    assert!(bytes.len() < 2 << 20);
    assert_eq!(outline(&bytes), "a !Gzip b");
    let mut reader = Reader::new(&bytes[..]);
    let _ = (reader.next(), reader.next());
    assert!(reader.unpacked() < 66 << 20, "{} bytes were unpacked", reader.unpacked());
}

#[test]
fn bodies_are_unpacked_within_bounds() {
    let empty = gz(b"").repeat(2_000);
    let problem = body_of("Content-Encoding: gzip", &empty).unwrap_err().problem;
    assert!(matches!(&problem, Problem::Coding(why) if why.contains("1000 compressed members")), "{problem}");
    for headers in ["Content-Encoding: gzip, gzip", "Content-Encoding: gzip\r\nContent-Encoding: br"] {
        let problem = body_of(headers, &gz(&gz(b"text"))).unwrap_err().problem;
        assert!(matches!(problem, Problem::TooManyCodings(2)), "{problem}");
    }
    let chunked = body_of("Transfer-Encoding: chunked\r\nContent-Encoding: identity, gzip", &{
        let packed = gz(b"<p>text</p>");
        [format!("{:x}\r\n", packed.len()).as_bytes(), &packed, b"\r\n0\r\n\r\n"].concat()
    });
    assert_eq!(chunked.unwrap().body, b"<p>text</p>");
}
