//! Serving until told to stop.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::oneshot};

/// How long answers under way may take once the server is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is done; then no new connection is taken, answers under way are finished, and after
/// ten seconds those that still are not are cut off.
///
/// # Errors
/// Where the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (told, stopping) = oneshot::channel();
    let signal = async move {
        shutdown.await;
        // The receiver is gone only when serving is over already.
        let _ = told.send(());
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(signal);
    let deadline = async {
        match stopping.await {
            Ok(()) => tokio::time::sleep(LAST_ANSWERS).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = serving => result,
        () = deadline => {
            tracing::warn!("some answers were cut off because the server was told to stop");
            Ok(())
        }
    }
}
