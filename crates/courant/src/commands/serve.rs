//! `courant run` and `courant serve`: the site over HTTP, with or without the work behind it.

use std::{num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use courant_pipeline::{CALLBACK_PATH, Context, HubCallbacks, Publisher, client_of, own_feeds};
use courant_render::Publication;
use courant_server::{
    Access, AccessRules, ApiKey, App, ConnectionCounts, Events, KeyPolicy, metrics_router, router, serve,
};
use courant_site::{KeyRule, ListenAddress};
use courant_store::ApiKeyRow;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    Session, close,
    editors::listen_to_editors,
    listening,
    publisher::{self, SharedPublisher},
    self_check::answers_requests,
    while_serving,
    working::{keep_published, keep_working},
};
use crate::{
    cli::{RunArgs, ServeArgs},
    health::{self, Health, HealthReporter, Notifier, Program, Step, Tasks, Watchdog},
    output::{Exit, say},
    serve::{ClickCounter, SiteMetrics},
    stop::{Stopped, unless_stopped},
};

/// How often counts of readers are stored.
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// How long a task may take for one thing that it does: a source, a page, a batch.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long the web server may go without answering a request of its own.
const SERVER_PATIENCE: Duration = Duration::from_mins(5);

/// How often it is looked whether keys of the API were made or revoked.
const KEYS_EVERY: Duration = Duration::from_secs(2);

/// What a server says of the program around it.
pub(super) struct About {
    pub(super) health: Health,
    /// `courant run`, say.
    pub(super) command: &'static str,
    /// Whether the program polls, fetches and processes.
    pub(super) works: bool,
    /// Where it keeps the site as files.
    pub(super) out: Option<PathBuf>,
}

impl About {
    /// What is said of a program that has just begun to work on a site.
    pub(super) fn new(context: &Context, command: &'static str, works: bool, out: Option<PathBuf>) -> Self {
        let health = Health::new(Tasks::new(), context.clock, &context.site.state_dir());
        Self { health, command, works, out }
    }
}

/// A web server over the newest publication.
pub(super) struct Server {
    /// Where it is reached, for people: `http://127.0.0.1:8080`.
    pub(super) address: String,
    /// What became of connections so far.
    pub(super) connections: ConnectionCounts,
    newest: watch::Sender<Arc<Publication>>,
    /// The desk that hubs and editors meet: that of the last reload.
    present: watch::Sender<Context>,
    /// Told when a hub has pushed something, or an editor has changed something.
    arrived: Arc<Notify>,
    /// What stores counts of readers from time to time, and the counts.
    counting: Option<(JoinHandle<()>, ClickCounter)>,
    /// What tells how the program is.
    reporter: HealthReporter,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Listens on `listen` and answers with `first` until something newer is shown.
    pub(super) async fn start(
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
        let run = getrandom::u64()
            .map_err(|error| anyhow::anyhow!("the machine gives no random numbers: {error}"))?;
        let events = Events::start(publication.clone(), listening::listeners(context, &limits), run);
        let config = &context.site.config;
        let beacon = config.beacon.enabled.then(|| ClickCounter::new(context.clone()));
        let (present, follows) = watch::channel(context.clone());
        let push = HubCallbacks::new(follows);
        let arrived = Arc::clone(&push.arrived);
        let app = router(App {
            publication,
            search: super::search::StoreSearch(context.store.clone()),
            events: events.clone(),
            access: access(context, &health, stop.clone()).await?,
            images: Some(context.site.images_dir()),
            click_counter: beacon.clone(),
            // A site that subscribes to no hub is not called by any.
            hub_subscriptions: config.push.subscribe.then_some(push),
            hub_callback_path: CALLBACK_PATH,
            readiness: reporter.clone(),
            own_hubs: config.push.hubs.clone(),
            own_feeds: own_feeds(&context.site),
            hsts_days: config.serve.hsts_days.0,
        });
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
    fn publisher(&self, publisher: Publisher, health: &Health) -> Arc<SharedPublisher> {
        Arc::new(SharedPublisher::new(publisher, self.newest.clone(), health.clone()))
    }

    /// What looks after the tasks of the program from now on.
    fn watchdog(&self) -> anyhow::Result<Watchdog> {
        self.reporter.watchdog(Notifier::from_environment()).context("cannot start the watchdog")
    }

    /// Carries out what editors ask for from other processes.
    fn listen_to_editors(
        &self,
        publisher: &Arc<SharedPublisher>,
        health: &Health,
        stop: CancellationToken,
    ) -> JoinHandle<()> {
        let (present, changed) = (self.present.subscribe(), Arc::clone(&self.arrived));
        listen_to_editors(present, Arc::clone(publisher), changed, health.clone(), stop)
    }

    /// Waits until a hub has pushed something, or an editor has changed something.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Lets hubs and editors work with this desk from now on.
    pub(super) fn work_with(&self, context: &Context) {
        self.present.send_replace(context.clone());
    }

    /// Waits until the server has answered its last request.
    pub(super) async fn finished(self) -> anyhow::Result<()> {
        let served = self.task.await.context("the web server failed");
        if let Some((storing, beacon)) = self.counting {
            storing.await.context("storing counts of readers failed")?;
            beacon.store().await;
        }
        Ok(served??)
    }
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

/// A site that is up: the server, and what works beside it until a signal comes.
struct Running {
    context: Context,
    health: Health,
    server: Server,
    publisher: Arc<SharedPublisher>,
    metrics: Option<Serving>,
    editors: JoinHandle<()>,
    watchdog: Watchdog,
}

impl Running {
    /// Publishes what the store holds, with `out` as files too, and answers readers, editors and monitoring from then on;
    /// `None` where a signal came before. `listen` goes before the site's own setting; `works` says that sources are polled.
    async fn start(
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
    async fn finish(self) -> anyhow::Result<Exit> {
        self.server.finished().await?;
        self.editors.await.context("listening to editors failed")?;
        finish_metrics(self.metrics).await?;
        drop(self.watchdog);
        close(self.context).await;
        Ok(Exit::Done)
    }
}

/// `courant serve`: what is published now, without polling.
pub(super) async fn serve_only(session: &Session, args: &ServeArgs) -> anyhow::Result<Exit> {
    let asked = while_serving();
    session.clock.check()?;
    let stop = &asked.stop;
    let Some(context) = Box::pin(until_stopped(stop, session.context())).await? else {
        return Ok(Exit::Done);
    };
    let running = Running::start(context, "courant serve", false, None, args.listen.as_ref(), stop).await?;
    let Some(site) = running else { return Ok(Exit::Done) };
    let publishing = keep_published(site.context.clone(), &site.server, &site.publisher, &asked);
    site.health.tasks.watch("publishing", PATIENCE, stop, publishing).await;
    site.finish().await
}

/// `courant run`: everything.
pub(super) async fn run_all(session: &Session, args: &RunArgs) -> anyhow::Result<Exit> {
    let asked = while_serving();
    session.clock.check()?;
    let stop = &asked.stop;
    let Some(context) = Box::pin(until_stopped(stop, session.context())).await? else {
        return Ok(Exit::Done);
    };
    let client = client_of(&context.site, context.clock, Vec::new())?;
    let listen = args.serve.listen.as_ref();
    let running = Running::start(context, "courant run", true, args.out.clone(), listen, stop).await?;
    let Some(site) = running else { return Ok(Exit::Done) };
    let working =
        keep_working(site.context.clone(), client, &site.server, &site.publisher, &site.health, &asked);
    site.health.tasks.watch("rounds", PATIENCE, stop, working).await;
    site.finish().await
}

/// Does what may be left half-way before the site is up; `None` where a signal has ended it, which is the usual end of a
/// site and no failure.
async fn until_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Option<T>> {
    match unless_stopped(stop, work).await {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.is::<Stopped>() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Access control of the API: the site's rules and the keys of the store, which it follows.
async fn access(context: &Context, health: &Health, stop: CancellationToken) -> anyhow::Result<Access> {
    let rules = &context.site.config.api;
    let access = Access::new(AccessRules {
        keys: match rules.keys {
            KeyRule::Off => KeyPolicy::Off,
            KeyRule::Optional => KeyPolicy::Optional,
            KeyRule::Required => KeyPolicy::Required,
        },
        rate: NonZeroU32::new(rules.rate).unwrap_or(NonZeroU32::MIN),
        trusted_proxies: context.site.config.serve.trusted_proxies.clone(),
    });
    if access.uses_keys() {
        access.set_keys(api_keys(context).await?);
        let (context, access, health) = (context.clone(), access.clone(), health.clone());
        tokio::spawn(async move {
            let following = follow_keys(context, access, &health, &stop);
            health.tasks.watch("api keys", PATIENCE, &stop, following).await;
        });
    }
    Ok(access)
}

/// Keeps the keys as they are in the store, which another process may change.
async fn follow_keys(context: Context, access: Access, health: &Health, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        health::rest("waiting", KEYS_EVERY);
        tokio::select! {
            () = tokio::time::sleep(KEYS_EVERY) => {}
            () = stop.cancelled() => return,
        }
        health::step("reading the keys of the API");
        let keys = api_keys(&context).await.map(|keys| access.set_keys(keys));
        health.note(Step::Keys, keys.map_err(|error| format!("the keys stay as they were: {error:#}")));
    }
}

async fn api_keys(context: &Context) -> anyhow::Result<Vec<ApiKey>> {
    let rows = context.store.api_keys().await.context("cannot read the keys of the API")?;
    let key = |row: ApiKeyRow| ApiKey {
        name: row.name,
        digest: row.digest,
        rate: NonZeroU32::new(row.rate).unwrap_or(NonZeroU32::MIN),
    };
    Ok(rows.into_iter().map(key).collect())
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
    let metrics = SiteMetrics { context: context.clone(), connections, reporter: reporter.clone() };
    let app = metrics_router(metrics, reporter);
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
