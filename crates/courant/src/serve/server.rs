//! The web server over the newest publication, and its routes.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use courant_pipeline::{CALLBACK_PATH, Context, HubCallbacks, Publisher, own_feeds};
use courant_render::{BEACON, Publication};
use courant_server::{
    AppState, ConnectionCounts, Events, ListenAddress, beacon_router, push_router, ready_router, router,
    serve, with_hsts, with_hubs,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    ClickCounter, access, editors::listen_to_editors, listening, publisher::SharedPublisher,
    search::StoreSearch, self_check::answers_requests,
};
use crate::health::{self, Health, HealthReporter, Notifier, Program, Tasks, Watchdog};

/// How often counts of readers are stored.
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// How long storing the counts may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long the web server may go without answering a request of its own.
const SERVER_PATIENCE: Duration = Duration::from_mins(5);

/// What a server says of the program around it.
pub(crate) struct About {
    pub(crate) health: Health,
    /// `courant run`, say.
    pub(crate) command: &'static str,
    /// Whether the program polls, fetches and processes.
    pub(crate) works: bool,
    /// Where it keeps the site as files.
    pub(crate) out: Option<PathBuf>,
}

impl About {
    /// What is said of a program that has just begun to work on a site.
    pub(crate) fn new(context: &Context, command: &'static str, works: bool, out: Option<PathBuf>) -> Self {
        let health = Health::new(Tasks::new(), context.clock, &context.site.state_dir());
        Self { health, command, works, out }
    }
}

/// A web server over the newest publication.
pub(crate) struct Server {
    /// Where it is reached, for people: `http://127.0.0.1:8080`.
    pub(crate) address: String,
    /// What became of connections so far.
    pub(crate) connections: ConnectionCounts,
    newest: watch::Sender<Arc<Publication>>,
    /// The desk that hubs and editors meet: that of the last reload.
    present: watch::Sender<Context>,
    /// Told when a hub has pushed something, or an editor has changed something.
    arrived: Arc<Notify>,
    /// What stores counts of readers from time to time, and the counts.
    counting: Option<(JoinHandle<()>, ClickCounter)>,
    /// What tells how the program is.
    pub(super) reporter: HealthReporter,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Listens on `listen` and answers with `first` until something newer is shown.
    pub(crate) async fn start(
        context: &Context,
        listen: &ListenAddress,
        first: Arc<Publication>,
        about: About,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let limits = listening::limits(context);
        let listeners = listening::bind(listen, "--listen").await?;
        let address = listeners.to_string();
        let local = listeners.local_address().context("the web server has no address")?;
        let connections = ConnectionCounts::default();
        let About { health, command, works, out } = about;
        let program = Program { command, works, started: health.mark(), listen: address.clone() };
        let reporter = HealthReporter::new(context.clone(), health.clone(), program, out);
        let (newest, publication) = watch::channel(first);
        let events = Events::start(publication.clone(), listening::listeners(context, &limits));
        let state = AppState {
            publication,
            events: events.clone(),
            access: access::start(context, &health, stop.clone()).await?,
            search: StoreSearch(context.store.clone()),
            images: Some(context.site.images_dir()),
        };
        let beacon = context.site.config.beacon.enabled.then(|| ClickCounter::new(context.clone()));
        let pings = beacon.clone().map(|beacon| pings(context, beacon, state.publication.clone()));
        let (present, follows) = watch::channel(context.clone());
        let push = HubCallbacks::new(follows);
        let arrived = Arc::clone(&push.arrived);
        let base = context.site.config.site.url.path().trim_end_matches('/');
        let site = with_hubs(router(state), &context.site.config.push.hubs, &own_feeds(&context.site));
        // Where no hub is asked, none has a reason to call.
        let pushes = context.site.config.push.subscribe;
        let callbacks = pushes.then(|| push_router(&format!("{base}{CALLBACK_PATH}"), push));
        let app = callbacks.unwrap_or_default().merge(pings.unwrap_or_default());
        let app = app.merge(ready_router(&below_base(context, "readyz"), reporter.clone()));
        let app = with_hsts(app.fallback_service(site), context.site.config.serve.hsts_days);
        let counting =
            beacon.map(|beacon| (store_counts(beacon.clone(), health.tasks.clone(), stop.clone()), beacon));
        let running = stop.clone();
        let shutdown = async move {
            stop.cancelled_owned().await;
            // A client that listens would keep the server up for ever.
            events.close();
        };
        let counts = connections.clone();
        let task = tokio::spawn(async move {
            let serving = serve(listeners, app, limits, counts, shutdown);
            let serving = answers_requests(local, running.clone(), serving);
            health.tasks.watch("web server", SERVER_PATIENCE, &running, serving).await
        });
        Ok(Self { address, connections, newest, present, arrived, counting, reporter, task })
    }

    /// What shows publications here from now on.
    pub(super) fn publisher(&self, publisher: Publisher, health: &Health) -> Arc<SharedPublisher> {
        Arc::new(SharedPublisher::new(publisher, self.newest.clone(), health.clone()))
    }

    /// What looks after the tasks of the program from now on.
    pub(super) fn watchdog(&self) -> anyhow::Result<Watchdog> {
        self.reporter.watchdog(Notifier::from_environment()).context("cannot start the watchdog")
    }

    /// Carries out what editors ask for from other processes.
    pub(super) fn listen_to_editors(
        &self,
        publisher: &Arc<SharedPublisher>,
        health: &Health,
        stop: CancellationToken,
    ) -> JoinHandle<()> {
        let (present, changed) = (self.present.subscribe(), Arc::clone(&self.arrived));
        listen_to_editors(present, Arc::clone(publisher), changed, health.clone(), stop)
    }

    /// Waits until a hub has pushed something, or an editor has changed something.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Lets hubs and editors work with this desk from now on.
    pub(crate) fn work_with(&self, context: &Context) {
        self.present.send_replace(context.clone());
    }

    /// Waits until the server has answered its last request.
    pub(crate) async fn finished(self) -> anyhow::Result<()> {
        let served = self.task.await.context("the web server failed");
        if let Some((storing, beacon)) = self.counting {
            storing.await.context("storing counts of readers failed")?;
            beacon.store().await;
        }
        Ok(served??)
    }
}

/// Where a name is answered: below the path of the site's URL, and below the root, for a proxy may have cut that path off.
fn below_base(context: &Context, name: &str) -> Vec<String> {
    let base = context.site.config.site.url.path().trim_end_matches('/');
    let mut paths = vec![format!("/{name}")];
    paths.extend((!base.is_empty()).then(|| format!("{base}/{name}")));
    paths
}

/// Where browsers tell which links were followed.
fn pings(context: &Context, beacon: ClickCounter, publication: watch::Receiver<Arc<Publication>>) -> Router {
    beacon_router(
        &below_base(context, BEACON),
        beacon,
        publication,
        context.site.config.serve.trusted_proxies.clone(),
    )
}

/// Stores what was counted about readers from time to time, until `stop`; the last of it is stored when the server has ended.
fn store_counts(beacon: ClickCounter, tasks: Tasks, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let storing = async {
            while !stop.is_cancelled() {
                health::rest("waiting", COUNTS_EVERY);
                tokio::select! {
                    () = tokio::time::sleep(COUNTS_EVERY) => {
                        health::step("storing counts of readers");
                        beacon.store().await;
                    }
                    () = stop.cancelled() => {}
                }
            }
        };
        tasks.watch("click counts", PATIENCE, &stop, storing).await;
    })
}
