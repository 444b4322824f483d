//! The application of `courant run` and `courant serve`: the web server with what works beside it.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use courant_pipeline::{Context, Publisher};
use courant_server::{ConnectionCounts, ListenAddress, full_ready_router, metrics_router, serve};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    SiteMetrics, listening,
    publisher::{self, SharedPublisher},
    server::{About, Server},
};
use crate::{
    exit::Exit,
    health::{Health, Watchdog},
    output::say,
    session::close,
    stop::{Stopped, unless_stopped},
};

/// A site that is up: the server, and what works beside it until a signal comes.
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
    /// Publishes what the store holds, with `out` as files too, and answers readers, editors and monitoring from then on;
    /// `None` where a signal came before. `listen` goes before the site's own setting; `works` says that sources are polled.
    pub(crate) async fn start(
        context: Context,
        command: &'static str,
        works: bool,
        out: Option<PathBuf>,
        listen: Option<&ListenAddress>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Self>> {
        let about = About::new(&context, command, works, out.clone());
        let health = about.health.clone();
        let Some((publisher, printed)) =
            until_stopped(stop, Publisher::start(&context, out, stop.clone())).await?
        else {
            close(context).await;
            return Ok(None);
        };
        publisher::note(&health, &printed);
        let listen = listen.unwrap_or(&context.site.config.serve.listen);
        let server = Server::start(&context, listen, publisher.publication(), about, stop.clone()).await?;
        let watchdog = server.watchdog()?;
        say(format_args!("{} on {}", context.site.config.site.title, server.address));
        let metrics = start_metrics(&context, &server, stop.clone()).await?;
        let publisher = server.publisher(publisher, &health);
        let editors = server.listen_to_editors(&publisher, &health, stop.clone());
        Ok(Some(Self { context, health, server, publisher, metrics, editors, watchdog }))
    }

    /// Waits until every reader has been answered, and closes the store.
    pub(crate) async fn finish(self) -> anyhow::Result<Exit> {
        self.server.finished().await?;
        self.editors.await.context("listening to editors failed")?;
        finish_metrics(self.metrics).await?;
        drop(self.watchdog);
        close(self.context).await;
        Ok(Exit::Done)
    }
}

/// Does what may be left half-way before the site is up; `None` where a signal has ended it, which is the usual end of a
/// site and no failure.
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

/// Answers a monitoring system, where the site names an address for it.
async fn start_metrics(
    context: &Context,
    server: &Server,
    stop: CancellationToken,
) -> anyhow::Result<Option<Serving>> {
    let Some(listen) = &context.site.config.serve.metrics else { return Ok(None) };
    let listeners = listening::bind(listen, "[serve] metrics of courant.toml").await?;
    say(format_args!("metrics on {listeners}/metrics"));
    let (connections, reporter) = (server.connections.clone(), server.reporter.clone());
    let app =
        metrics_router(SiteMetrics { context: context.clone(), connections, reporter: reporter.clone() });
    let app = app.merge(full_ready_router(reporter));
    // Its own connections are not counted among the site's.
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
