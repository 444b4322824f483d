//! The memory for hostile bodies and images, counted by the allocator. A separate binary with a
//! single test, because the allocator would count other tests, too.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![allow(clippy::disallowed_macros, reason = "the figures are the point of this test")]

use std::{io::Cursor, thread, time::Duration};

use courant_images::MAX_DECODING_BYTES;
use courant_net::{
    Client, ClientConfig, OriginOverride, Purpose, Request,
    image::{ImageCache, ImageError},
};
use courant_testkit::{
    hostile::{Answer, HostileServer},
    packing::{self, CODINGS},
};
use peak_alloc::PeakAlloc;
use url::Url;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MAX_BYTES: usize = 4 << 20;
const UNPACKED: usize = 64 << 20;

/// The peak of allocated bytes above those before `work`.
fn peak_growth<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let done = work();
    (MEMORY.peak_usage().saturating_sub(before), done)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn bodies_and_images_stay_within_their_limits() {
    bombs_one_by_one_and_concurrently();
    concurrent_images();
    refused_images();
}

fn bombs_one_by_one_and_concurrently() {
    let runtime = runtime();
    let bombs = CODINGS.map(|coding| {
        let answer = Answer::ok().header("Content-Encoding", coding);
        (format!("/{coding}"), answer.body(&packing::bomb(coding, UNPACKED)))
    });
    let files = [("/file.gz".to_owned(), Answer::ok().body(&packing::bomb("gzip", UNPACKED)))];
    let server = runtime.block_on(HostileServer::start(bombs.into_iter().chain(files))).unwrap();
    let client = runtime.block_on(async {
        Client::new(ClientConfig {
            origins: vec![OriginOverride { host: "*".to_owned(), origin: server.address() }],
            max_bytes: MAX_BYTES as u64,
            host_pause: Duration::ZERO,
            host_in_flight: 100,
            ..ClientConfig::default()
        })
    });
    let client = client.unwrap();
    let ask = |path: String| {
        let client = client.clone();
        async move {
            let url = Url::parse(&format!("http://news.example{path}")).unwrap();
            client.get(&Request::new(url, Purpose::Feed)).await.map(drop).map_err(|error| error.class())
        }
    };
    let paths: Vec<String> =
        CODINGS.iter().map(|coding| format!("/{coding}")).chain(["/file.gz".to_owned()]).collect();
    for path in &paths {
        let (grown, outcome) = peak_growth(|| runtime.block_on(ask(path.clone())));
        assert_eq!(outcome, Err("too_large"), "{path}");
        // The body, its buffer while it grows, and the decoder's window.
        assert!(grown < 4 * MAX_BYTES, "{path}: {grown} bytes");
        println!("{path}: {grown} bytes");
    }
    let (grown, outcomes) = peak_growth(|| {
        runtime.block_on(async {
            let asked: Vec<_> = (0..50).map(|n| tokio::spawn(ask(paths[n % paths.len()].clone()))).collect();
            let mut outcomes = Vec::new();
            for each in asked {
                outcomes.push(each.await.unwrap());
            }
            outcomes
        })
    });
    assert!(outcomes.iter().all(|outcome| *outcome == Err("too_large")), "{outcomes:?}");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let bound = cores * 4 * MAX_BYTES + 50 * (256 << 10);
    println!("50 bombs at once: {grown} bytes of {bound}");
    assert!(grown < bound, "50 bombs at once: {grown} bytes, expected less than {bound}");
}

/// An image with 16 bits per channel, which needs about 90 MB to decode.
fn deep_png(shade: u16) -> Vec<u8> {
    let (width, height) = (2_600, 2_600);
    let image = image::ImageBuffer::from_fn(width, height, |_, _| image::Rgba([shade, 0, 0, u16::MAX]));
    let mut bytes = Vec::new();
    let image = image::DynamicImage::ImageRgba16(image);
    image.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

fn concurrent_images() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ImageCache::open(dir.path()).unwrap();
    let images: Vec<Vec<u8>> = (0..5).map(|n| deep_png(n * 9_000)).collect();
    let (alone, stored) = peak_growth(|| cache.store(&images[0], "x").unwrap());
    println!("one image of {} bytes: {alone} bytes", images[0].len());
    assert_eq!(stored.thumbnails, [400, 800]);
    let (grown, ()) = peak_growth(|| {
        thread::scope(|scope| {
            for image in &images {
                // Each with its own cache: the limit is that of the process.
                let cache = ImageCache::open(dir.path()).unwrap();
                scope.spawn(move || cache.store(image, "x").unwrap());
            }
        });
    });
    println!("five images at once: {grown} bytes");
    assert!(grown as u64 <= MAX_DECODING_BYTES, "{grown} bytes");
    assert!(5 * alone as u64 > MAX_DECODING_BYTES, "the test needs more than the limit: {alone}");
}

/// The head of an image with too many pixels, and the beginning of its data.
fn huge_png(width: u32, height: u32, depth: u8) -> Vec<u8> {
    let chunk = |name: &[u8], data: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(&[name, data].concat());
        [&(data.len() as u32).to_be_bytes(), name, data, &crc.sum().to_be_bytes()].concat()
    };
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, 6, 0, 0, 0]].concat();
    let data = packing::bomb("deflate", 8 << 20);
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", &data), chunk(b"IEND", b"")]
        .concat()
}

fn refused_images() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ImageCache::open(dir.path()).unwrap();
    for (width, height, depth) in
        [(6_300, 6_300, 16), (9_900, 9_900, 8), (300, 300_000, 16), (40, 2_400_000, 16)]
    {
        let bytes = huge_png(width, height, depth);
        let (grown, refused) = peak_growth(|| cache.store(&bytes, "news.example/x.png"));
        let error = refused.unwrap_err();
        assert!(matches!(error, ImageError::TooCostly { .. }), "{width}×{height}: {error}");
        assert!(error.to_string().contains("bytes of memory to decode"), "{error}");
        println!("{width}×{height} at {depth} bits: {grown} bytes");
        assert!(grown < 2 << 20, "{width}×{height}: {grown} bytes");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was stored");
}
