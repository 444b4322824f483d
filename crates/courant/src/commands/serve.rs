//! `courant run` and `courant serve`: the site over HTTP, with or without the work behind it.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use courant_net::Client;
use courant_render::{BEACON, Publication};
use courant_server::{
    Access, AccessRules, ApiKey, AppState, ConnectionCounts, Events, Keys, ListenAddress, beacon_router,
    metrics_router, push_router, router, serve, with_hsts, with_hubs,
};
use courant_store::ApiKeyRow;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Session, close, listening, on_signal, round::gather};
use crate::{
    cli::{RunArgs, ServeArgs},
    output::{Exit, say},
    pipeline::{
        BeaconDesk, CALLBACK_PATH, Desk, DeskMetrics, Presses, Printed, PushDesk, answer_requests, client_of,
        own_feeds, tell_hubs,
    },
    site::KeyRule,
};

/// The longest time between two looks at what is due, and between two cooling rounds.
const LONGEST_REST: Duration = Duration::from_mins(10);
/// The shortest: a source that is due at once after failing must not turn the loop into a spin.
const SHORTEST_REST: Duration = Duration::from_secs(5);
/// How often counts of readers are stored.
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// How often requests of editors are looked for.
const EDITORS_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether keys of the API were made or revoked.
const KEYS_EVERY: Duration = Duration::from_secs(2);

/// A web server over the newest publication.
pub(super) struct Server {
    /// Where it is reached, for people: `http://127.0.0.1:8080`.
    pub(super) address: String,
    /// What became of connections so far.
    pub(super) connections: ConnectionCounts,
    newest: watch::Sender<Arc<Publication>>,
    /// Told when a hub has pushed something, or an editor has changed something.
    arrived: Arc<Notify>,
    /// What stores counts of readers from time to time, and the counts.
    counting: Option<(JoinHandle<()>, BeaconDesk)>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Listens on `listen` and answers with `first` until something newer is shown.
    pub(super) async fn start(
        desk: &Desk,
        listen: &ListenAddress,
        first: Arc<Publication>,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let limits = listening::limits(desk);
        let listeners = listening::bind(listen, "--listen").await?;
        let address = listeners.to_string();
        let connections = ConnectionCounts::default();
        let (newest, publication) = watch::channel(first);
        let events = Events::start(publication.clone(), listening::listeners(desk, &limits));
        let state = AppState {
            publication,
            events: events.clone(),
            access: door(desk, stop.clone()).await?,
            search: super::search::StoreSearch(desk.store.clone()),
            images: Some(desk.site.images_dir()),
        };
        let beacon = desk.site.config.beacon.enabled.then(|| BeaconDesk::new(desk.clone()));
        let pings = beacon.clone().map(|beacon| pings(desk, beacon, state.publication.clone()));
        let push = PushDesk::new(desk.clone());
        let arrived = Arc::clone(&push.arrived);
        let base = desk.site.config.site.url.path().trim_end_matches('/');
        let site = with_hubs(router(state), &desk.site.config.push.hubs, &own_feeds(&desk.site));
        // Where no hub is asked, none has a reason to call.
        let pushes = desk.site.config.push.subscribe;
        let callbacks = pushes.then(|| push_router(&format!("{base}{CALLBACK_PATH}"), push));
        let app = callbacks.unwrap_or_default().merge(pings.unwrap_or_default()).fallback_service(site);
        let app = with_hsts(app, desk.site.config.serve.hsts_days);
        let counting = beacon.map(|beacon| (store_counts(beacon.clone(), stop.clone()), beacon));
        let shutdown = async move {
            stop.cancelled_owned().await;
            // A client that listens would keep the server up for ever.
            events.close();
        };
        let task = tokio::spawn(serve(listeners, app, limits, connections.clone(), shutdown));
        Ok(Self { address, connections, newest, arrived, counting, task })
    }

    /// Shows something newer from now on.
    pub(super) fn show(&self, publication: Arc<Publication>) {
        self.newest.send_replace(publication);
    }

    /// Waits until the server has answered its last request.
    pub(super) async fn finished(self) -> anyhow::Result<()> {
        let served = self.task.await.context("the web server ended badly");
        if let Some((storing, beacon)) = self.counting {
            storing.await.context("storing counts of readers ended badly")?;
            beacon.store().await;
        }
        Ok(served??)
    }
}

/// Where browsers tell which links were followed: below the path of the site's address, and below the root, for a proxy
/// may have cut that path off.
fn pings(desk: &Desk, beacon: BeaconDesk, publication: watch::Receiver<Arc<Publication>>) -> Router {
    let mut paths = vec![format!("/{BEACON}")];
    let base = desk.site.config.site.url.path().trim_end_matches('/');
    if !base.is_empty() {
        paths.push(format!("{base}/{BEACON}"));
    }
    beacon_router(&paths, beacon, publication, desk.site.config.serve.trusted_proxies.clone())
}

/// Stores what was counted about readers from time to time, until `stop`; the last of it is stored when the server has ended.
fn store_counts(beacon: BeaconDesk, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(COUNTS_EVERY) => beacon.store().await,
                () = stop.cancelled() => {}
            }
        }
    })
}

/// `courant serve`: what is published now, without polling.
pub(super) async fn serve_only(session: &Session, args: &ServeArgs) -> anyhow::Result<Exit> {
    let desk = session.desk().await?;
    let stop = on_signal();
    let listen = args.listen.as_ref().unwrap_or(&desk.site.config.serve.listen);
    let mut presses = Presses::start(&desk, None).await?;
    let server = Server::start(&desk, listen, presses.publication(), stop.clone()).await?;
    say(format_args!("{} on {}", desk.site.config.site.title, server.address));
    let editors = listen_to_editors(&desk, Arc::clone(&server.arrived), stop.clone());
    while !stop.is_cancelled() {
        tokio::select! {
            () = server.arrived.notified() => show_present(&desk, &server, &mut presses).await,
            () = stop.cancelled() => {}
        }
    }
    server.finished().await?;
    editors.await.context("listening to editors ended badly")?;
    close(desk).await;
    Ok(Exit::Done)
}

/// Who may ask the API, by the site's rules and the keys of the store as they are from now on.
async fn door(desk: &Desk, stop: CancellationToken) -> anyhow::Result<Access> {
    let rules = &desk.site.config.api;
    let access = Access::new(AccessRules {
        keys: match rules.keys {
            KeyRule::Off => Keys::Off,
            KeyRule::Optional => Keys::Optional,
            KeyRule::Required => Keys::Required,
        },
        rate: NonZeroU32::new(rules.rate).unwrap_or(NonZeroU32::MIN),
        trusted_proxies: desk.site.config.serve.trusted_proxies.clone(),
    });
    if access.wants_keys() {
        access.set_keys(api_keys(desk).await?);
        tokio::spawn(follow_keys(desk.clone(), access.clone(), stop));
    }
    Ok(access)
}

/// Keeps the keys as they are in the store, which another process may change.
async fn follow_keys(desk: Desk, access: Access, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(KEYS_EVERY) => {}
            () = stop.cancelled() => return,
        }
        match api_keys(&desk).await {
            Ok(keys) => access.set_keys(keys),
            Err(error) => tracing::error!("the keys of the API stay as they were: {error:#}"),
        }
    }
}

async fn api_keys(desk: &Desk) -> anyhow::Result<Vec<ApiKey>> {
    let rows = desk.store.api_keys().await.context("cannot read the keys of the API")?;
    let key = |row: ApiKeyRow| ApiKey {
        name: row.name,
        digest: row.digest,
        rate: NonZeroU32::new(row.rate).unwrap_or(NonZeroU32::MIN),
    };
    Ok(rows.into_iter().map(key).collect())
}

/// Publishes what the store holds now. Where that fails, readers go on seeing the last publication.
async fn show_present(desk: &Desk, server: &Server, presses: &mut Presses) {
    match presses.publish(desk).await {
        Ok(_) => server.show(presses.publication()),
        Err(error) => tracing::error!("what an editor changed could not be published: {error:#}"),
    }
}

/// Carries out what editors ask for from other processes, within a second, and tells `changed` when a publication is
/// due.
fn listen_to_editors(
    desk: &Desk,
    changed: Arc<Notify>,
    stop: CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let desk = desk.clone();
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            match answer_requests(&desk).await {
                Ok(true) => changed.notify_one(),
                Ok(false) => {}
                Err(error) => tracing::error!("requests of editors wait: {error:#}"),
            }
            tokio::select! {
                () = tokio::time::sleep(EDITORS_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    })
}

/// `courant run`: everything.
pub(super) async fn run_all(session: &Session, args: &RunArgs) -> anyhow::Result<Exit> {
    let desk = session.desk().await?;
    let stop = on_signal();
    let client = client_of(&desk.site, desk.clock, Vec::new())?;
    let presses = Presses::start(&desk, args.out.clone()).await?;
    let listen = args.serve.listen.as_ref().unwrap_or(&desk.site.config.serve.listen);
    let server = Server::start(&desk, listen, presses.publication(), stop.clone()).await?;
    say(format_args!("{} on {}", desk.site.config.site.title, server.address));
    let metrics = start_metrics(&desk, server.connections.clone(), stop.clone()).await?;
    let editors = listen_to_editors(&desk, Arc::clone(&server.arrived), stop.clone());
    let worked = keep_working(&desk, &client, &server, presses, &stop).await;
    // Whatever ended the work, readers are answered until the last request is done.
    stop.cancel();
    server.finished().await?;
    editors.await.context("listening to editors ended badly")?;
    if let Some(metrics) = metrics {
        metrics.await.context("the metrics server ended badly")??;
    }
    close(desk).await;
    worked.map(|()| Exit::Done)
}

/// Answers a monitoring system, where the site names an address for it.
async fn start_metrics(
    desk: &Desk,
    connections: ConnectionCounts,
    stop: CancellationToken,
) -> anyhow::Result<Option<tokio::task::JoinHandle<std::io::Result<()>>>> {
    let Some(listen) = &desk.site.config.serve.metrics else { return Ok(None) };
    let listeners = listening::bind(listen, "[serve] metrics of courant.toml").await?;
    say(format_args!("metrics on {listeners}/metrics"));
    let app = metrics_router(DeskMetrics(desk.clone(), connections));
    // Its own connections are not counted among the site's.
    let counts = ConnectionCounts::default();
    let shutdown = stop.cancelled_owned();
    Ok(Some(tokio::spawn(serve(listeners, app, listening::metrics_limits(), counts, shutdown))))
}

/// Polls, processes and publishes until `stop`. A round that fails (a full disk, say) is logged and tried
/// again: what was acknowledged is in the store, and readers go on seeing the last publication.
pub(super) async fn keep_working(
    desk: &Desk,
    client: &Client,
    server: &Server,
    mut presses: Presses,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        match one_round(desk, client, server, &mut presses, stop).await {
            Ok(()) => {}
            Err(error) => tracing::error!("round failed, the next will try again: {error:#}"),
        }
        let rest = rest(desk).await;
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = server.arrived.notified() => {}
            () = stop.cancelled() => {}
        }
    }
    Ok(())
}

async fn one_round(
    desk: &Desk,
    client: &Client,
    server: &Server,
    presses: &mut Presses,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let gathered = gather(desk, client, false, true, stop).await?;
    let Printed { records, feeds, files } = presses.publish(desk).await?;
    tracing::info!(
        asked = gathered.poll.asked,
        new_pages = gathered.poll.new_pages,
        articles = gathered.process.articles,
        records = records.written,
        "round done"
    );
    match files {
        Ok(Some(built)) => tracing::info!(
            written = built.written,
            unchanged = built.unchanged,
            removed = built.removed,
            "site written"
        ),
        Ok(None) => {}
        Err(error) => tracing::error!("site not written, the next round tries again: {error:#}"),
    }
    server.show(presses.publication());
    if records.written > 0 {
        tell_hubs(desk, client, &feeds).await;
    }
    Ok(())
}

async fn rest(desk: &Desk) -> Duration {
    let now = desk.clock.now();
    let source = desk.store.next_source_due().await.ok().flatten();
    let page = desk.store.next_page_due().await.ok().flatten();
    let next = [source, page].into_iter().flatten().min();
    let wait = next
        .map_or(LONGEST_REST, |next| Duration::from_secs((next.as_second() - now.as_second()).max(0) as u64));
    wait.clamp(SHORTEST_REST, LONGEST_REST)
}
