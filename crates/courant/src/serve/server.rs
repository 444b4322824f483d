//! The web server over the newest publication, and its routes.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use courant_pipeline::{CALLBACK_PATH, Context, HubCallbacks, Publisher, own_feeds};
use courant_render::Publication;
use courant_server::{App as Routes, ConnectionCounts, Events, router, serve};
use courant_site::ListenAddress;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    ClickCounter, access, editors::listen_to_editors, hubs::SiteSubscriptions, listening,
    publisher::SharedPublisher, search::StoreSearch, self_check::answers_requests,
};
use crate::health::{self, Health, HealthReporter, Notifier, Program, Tasks, Watchdog};

/// Interval of storing the counts of readers.
const COUNTS_INTERVAL: Duration = Duration::from_secs(30);
/// Maximum time of storing the counts.
const COUNTS_TIMEOUT: Duration = Duration::from_mins(10);
/// Maximum time without an answer of the web server to its own requests.
const SELF_CHECK_TIMEOUT: Duration = Duration::from_mins(5);

/// What the server reports about the program.
pub(crate) struct ServerInfo {
    pub(crate) health: Health,
    /// The command, such as `courant run`.
    pub(crate) command: &'static str,
    /// Whether the program polls, fetches and processes.
    pub(crate) works: bool,
    /// The folder in which it keeps the site as files.
    pub(crate) out: Option<PathBuf>,
}

impl ServerInfo {
    /// For a program that has just started on a site.
    pub(crate) fn new(context: &Context, command: &'static str, works: bool, out: Option<PathBuf>) -> Self {
        let health = Health::new(Tasks::new(), context.clock, &context.site.state_dir());
        Self { health, command, works, out }
    }
}

/// A web server over the newest publication.
pub(crate) struct Server {
    /// Its URL for people: `http://127.0.0.1:8080`.
    pub(crate) address: String,
    /// Counts of connections since the start.
    pub(crate) connections: ConnectionCounts,
    newest: watch::Sender<Arc<Publication>>,
    /// The context for hubs and editors: that of the last reload.
    current: watch::Sender<Context>,
    /// Notified when a hub has pushed or an editor has changed something.
    arrived: Arc<Notify>,
    /// The task that stores the counts of readers, and the counts.
    counting: Option<(JoinHandle<()>, ClickCounter)>,
    /// Reports the health of the program.
    pub(super) reporter: HealthReporter,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Listens on `listen` and serves `first` until something newer is published.
    pub(crate) async fn start(
        context: &Context,
        listen: &ListenAddress,
        first: Arc<Publication>,
        info: ServerInfo,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let limits = listening::limits(context);
        let listeners = listening::bind(listen, "--listen").await?;
        let address = listeners.to_string();
        let local = listeners.local_address().context("the web server has no address")?;
        let connections = ConnectionCounts::default();
        let ServerInfo { health, command, works, out } = info;
        let program = Program { command, works, started: health.mark(), listen: address.clone() };
        let reporter = HealthReporter::new(context.clone(), health.clone(), program, out);
        let (newest, publication) = watch::channel(first);
        let run =
            getrandom::u64().map_err(|error| anyhow::anyhow!("the system has no random numbers: {error}"))?;
        let events = Events::start(publication.clone(), listening::listeners(context, &limits), run);
        let config = &context.site.config;
        let counter = config.beacon.enabled.then(|| ClickCounter::new(context.clone()));
        let (current, follows) = watch::channel(context.clone());
        let push = HubCallbacks::new(follows);
        let arrived = Arc::clone(&push.arrived);
        let app = router(Routes {
            publication,
            search: StoreSearch(context.store.clone()),
            events: events.clone(),
            access: access::start(context, &health, stop.clone()).await?,
            images: Some(context.site.images_dir()),
            click_counter: counter.clone(),
            // Without subscriptions no hub has a reason to call.
            hub_subscriptions: config.push.subscribe.then_some(SiteSubscriptions(push)),
            hub_callback_path: CALLBACK_PATH,
            readiness: reporter.clone(),
            own_hubs: config.push.hubs.clone(),
            own_feeds: own_feeds(&context.site),
            hsts_days: config.serve.hsts_days.0,
        });
        let counting = counter
            .map(|counter| (store_counts(counter.clone(), health.tasks.clone(), stop.clone()), counter));
        let running = stop.clone();
        let shutdown = async move {
            stop.cancelled_owned().await;
            // A client that listens to events would keep the server running forever.
            events.close();
        };
        let counts = connections.clone();
        let task = tokio::spawn(async move {
            let serving = serve(listeners, app, limits, counts, shutdown);
            let serving = answers_requests(local, running.clone(), serving);
            health.tasks.watch("web server", SELF_CHECK_TIMEOUT, &running, serving).await
        });
        Ok(Self { address, connections, newest, current, arrived, counting, reporter, task })
    }

    /// The publisher whose publications are served from now on.
    pub(super) fn publisher(&self, publisher: Publisher, health: &Health) -> Arc<SharedPublisher> {
        Arc::new(SharedPublisher::new(publisher, self.newest.clone(), health.clone()))
    }

    /// Starts the watchdog of the program's tasks.
    pub(super) fn watchdog(&self) -> anyhow::Result<Watchdog> {
        self.reporter.watchdog(Notifier::from_environment()).context("cannot start the watchdog")
    }

    /// Carries out the requests of editors from other processes.
    pub(super) fn listen_to_editors(
        &self,
        publisher: &Arc<SharedPublisher>,
        health: &Health,
        stop: CancellationToken,
    ) -> JoinHandle<()> {
        let (current, changed) = (self.current.subscribe(), Arc::clone(&self.arrived));
        listen_to_editors(current, Arc::clone(publisher), changed, health.clone(), stop)
    }

    /// Waits until a hub has pushed or an editor has changed something.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Hubs and editors use this context from now on.
    pub(crate) fn set_context(&self, context: &Context) {
        self.current.send_replace(context.clone());
    }

    /// Waits until the server has answered its last request, and stores the last counts.
    pub(crate) async fn finished(self) -> anyhow::Result<()> {
        let served = self.task.await.context("the web server failed");
        if let Some((storing, counter)) = self.counting {
            storing.await.context("storing counts of readers failed")?;
            counter.store().await;
        }
        Ok(served??)
    }
}

/// Stores the counts of readers at intervals until `stop`; the last are stored when the server has
/// ended.
fn store_counts(counter: ClickCounter, tasks: Tasks, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let storing = async {
            while !stop.is_cancelled() {
                health::rest("waiting", COUNTS_INTERVAL);
                tokio::select! {
                    () = tokio::time::sleep(COUNTS_INTERVAL) => {
                        health::step("storing counts of readers");
                        counter.store().await;
                    }
                    () = stop.cancelled() => {}
                }
            }
        };
        tasks.watch("click counts", COUNTS_TIMEOUT, &stop, storing).await;
    })
}
