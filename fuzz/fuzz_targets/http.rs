//! The front of the web server: any bytes on a connection are answered or refused, and the connection ends.

#![no_main]

use std::{sync::LazyLock, time::Duration};

use axum::{Router, routing::get};
use courant_server::{ConnectionCounts, Limits, serve_stream};
use libfuzzer_sys::fuzz_target;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Runtime},
    time::timeout,
};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Virtual time: limits are reached at once where nothing else is to be done.
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
});

fuzz_target!(|bytes: &[u8]| {
    RUNTIME.block_on(async {
        let app = Router::new().route("/", get(|| async { "front page" })).fallback(|| async { "nothing" });
        let (ours, mut client) = tokio::io::duplex(1 << 16);
        let peer = ([192, 0, 2, 1], 4711).into();
        let serving = tokio::spawn(serve_stream(ours, peer, app, Limits::default(), ConnectionCounts::default()));
        let (mut answers, mut requests) = tokio::io::split(&mut client);
        let mut answer = Vec::new();
        let sent = async {
            // The server may end the connection before it has read everything.
            let _ = requests.write_all(bytes).await;
            let _ = requests.shutdown().await;
        };
        // An hour of virtual time is far beyond every limit.
        let (read, ()) = tokio::join!(timeout(Duration::from_secs(3600), answers.read_to_end(&mut answer)), sent);
        assert!(read.is_ok(), "the connection stays open");
        timeout(Duration::from_secs(3600), serving).await.expect("the task stays").expect("a panic");
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{:?}", String::from_utf8_lossy(&answer));
    });
});
