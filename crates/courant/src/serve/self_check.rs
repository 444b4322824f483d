//! Checks that the web server still answers: it sends itself a request at intervals, over the
//! network.

use std::{future::Future, io, time::Duration};

use courant_server::LocalAddress;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::health;

/// Interval of the requests.
const INTERVAL: Duration = Duration::from_secs(15);
/// Maximum time of one answer.
const TIMEOUT: Duration = Duration::from_secs(10);

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nUser-Agent: courant-self-check\r\n\
    Connection: close\r\n\r\n";
/// The beginning of any answer.
const BEGINNING: &[u8] = b"HTTP/1.1 ";

/// Runs a server on this address in the current task, whose heartbeat depends on answers.
pub(super) async fn answers_requests<T>(
    address: LocalAddress,
    stop: CancellationToken,
    serving: impl Future<Output = T>,
) -> T {
    let asking = async {
        health::step("answering requests");
        while !stop.is_cancelled() {
            if matches!(timeout(TIMEOUT, ask(&address)).await, Ok(Ok(()))) {
                health::heartbeat();
            }
            tokio::select! {
                () = sleep(INTERVAL) => {}
                () = stop.cancelled() => {}
            }
        }
        // From here on only the server decides when it ends.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        served = serving => served,
        () = asking => unreachable!("it never ends"),
    }
}

/// Sends one request; an error if the answer is not HTTP.
async fn ask(address: &LocalAddress) -> io::Result<()> {
    ask_over(address.connect().await?).await
}

async fn ask_over(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.write_all(REQUEST).await?;
    let mut beginning = [0; BEGINNING.len()];
    stream.read_exact(&mut beginning).await?;
    if beginning == BEGINNING { Ok(()) } else { Err(io::Error::from(io::ErrorKind::InvalidData)) }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_accepts_connections_and_is_silent_does_not_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = &LocalAddress::Tcp(listener.local_addr().unwrap());
        let serving = async {
            for answer in [&b"HTTP/1.1 200 OK\r\n\r\n"[..], b"SSH-2.0-x\r\n", b""] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 16];
                stream.read_exact(&mut request).await.unwrap();
                stream.write_all(answer).await.unwrap();
            }
        };
        let asking =
            async { [ask(address).await.is_ok(), ask(address).await.is_ok(), ask(address).await.is_ok()] };
        assert_eq!(tokio::join!(serving, asking).1, [true, false, false]);
        drop(listener);
        assert!(ask(address).await.is_err(), "nobody listens");
    }
}
