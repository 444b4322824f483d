//! The application of `courant run` and `courant serve`: the web server and the tasks around it.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use courant_pipeline::{Context, Publisher};
use courant_server::{ConnectionCounts, metrics_router, serve};
use courant_site::ListenAddress;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    SiteMetrics, listening,
    publisher::{self, SharedPublisher},
    server::{Server, ServerInfo},
};
use crate::{
    exit::Exit,
    health::{Health, Watchdog},
    output::say,
    session::close,
    stop::{Stopped, unless_stopped},
};

/// A running site: the web server, and the tasks that run with it until a signal.
pub(crate) struct App {
    pub(crate) context: Context,
    pub(crate) health: Health,
    pub(crate) server: Server,
    pub(crate) publisher: Arc<SharedPublisher>,
    metrics: Option<Serving>,
    editors: JoinHandle<()>,
    watchdog: Watchdog,
}

impl App {
    /// Publishes the store, with `out` as files too, and starts to serve readers, editors and
    /// monitoring; `None` if a signal came first. `listen` overrides the site's setting; `works`
    /// tells whether sources are polled.
    pub(crate) async fn start(
        context: Context,
        command: &'static str,
        works: bool,
        out: Option<PathBuf>,
        listen: Option<&ListenAddress>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Self>> {
        let info = ServerInfo::new(&context, command, works, out.clone());
        let health = info.health.clone();
        let Some((publisher, report)) =
            until_stopped(stop, Publisher::start(&context, out, stop.clone())).await?
        else {
            close(context).await;
            return Ok(None);
        };
        publisher::note(&health, &report);
        let listen = listen.unwrap_or(&context.site.config.serve.listen);
        let server = Server::start(&context, listen, publisher.publication(), info, stop.clone()).await?;
        let watchdog = server.watchdog()?;
        say(format_args!("{} on {}", context.site.config.site.title, server.address));
        let metrics = start_metrics(&context, &server, stop.clone()).await?;
        let publisher = server.publisher(publisher, &health);
        let editors = server.listen_to_editors(&publisher, &health, stop.clone());
        Ok(Some(Self { context, health, server, publisher, metrics, editors, watchdog }))
    }

    /// Waits until all requests are answered, and closes the store.
    pub(crate) async fn finish(self) -> anyhow::Result<Exit> {
        self.server.finished().await?;
        self.editors.await.context("listening to editors failed")?;
        finish_metrics(self.metrics).await?;
        drop(self.watchdog);
        close(self.context).await;
        Ok(Exit::Done)
    }
}

/// Does work before the site is up that may be interrupted; `None` after a signal, which is the
/// usual end of a site and not a failure.
pub(crate) async fn until_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Option<T>> {
    match unless_stopped(stop, work).await {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.is::<Stopped>() => Ok(None),
        Err(error) => Err(error),
    }
}

type Serving = JoinHandle<std::io::Result<()>>;

/// Serves metrics, if the site sets an address for them.
async fn start_metrics(
    context: &Context,
    server: &Server,
    stop: CancellationToken,
) -> anyhow::Result<Option<Serving>> {
    let Some(listen) = &context.site.config.serve.metrics else { return Ok(None) };
    let listeners = listening::bind(listen, "[serve] metrics of courant.toml").await?;
    say(format_args!("metrics on {listeners}/metrics"));
    let (connections, reporter) = (server.connections.clone(), server.reporter.clone());
    let metrics = SiteMetrics { context: context.clone(), connections, reporter: reporter.clone() };
    let app = metrics_router(metrics, reporter);
    // These connections are not counted with those of the site.
    let counts = ConnectionCounts::default();
    let shutdown = stop.cancelled_owned();
    Ok(Some(tokio::spawn(serve(listeners, app, listening::metrics_limits(), counts, shutdown))))
}

async fn finish_metrics(metrics: Option<Serving>) -> anyhow::Result<()> {
    if let Some(metrics) = metrics {
        metrics.await.context("the metrics server failed")??;
    }
    Ok(())
}
