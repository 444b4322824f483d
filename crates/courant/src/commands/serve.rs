//! `courant run` and `courant serve`: the site over HTTP, with or without the work behind it.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use courant_model::Timestamp;
use courant_net::Client;
use courant_render::{BEACON, Publication};
use courant_server::{
    Access, AccessRules, ApiKey, AppState, Events, Keys, beacon_router, metrics_router, push_router, router,
    serve, with_hubs,
};
use courant_store::ApiKeyRow;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{Session, close, reload::reload, round::gather, while_serving};
use crate::{
    cli::{RunArgs, ServeArgs},
    clock::ClockWatch,
    output::{Exit, say},
    pipeline::{
        BeaconDesk, CALLBACK_PATH, Desk, DeskMetrics, Presses, Printed, PushDesk, answer_requests, client_of,
        own_feeds, tell_hubs,
    },
    site::KeyRule,
    stop::{Asked, Stopped, unless_stopped},
};

/// The longest time between two looks at what is due, and between two cooling rounds.
const LONGEST_REST: Duration = Duration::from_mins(10);
/// The shortest: a source that is due at once after failing must not turn the loop into a spin.
const SHORTEST_REST: Duration = Duration::from_secs(5);
/// How often it is looked whether the machine's clock was set forward while the program rests.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);
/// How often counts of readers are stored.
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// How often requests of editors are looked for.
const EDITORS_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether keys of the API were made or revoked.
const KEYS_EVERY: Duration = Duration::from_secs(2);

/// A web server over the newest publication.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    newest: watch::Sender<Arc<Publication>>,
    /// The desk that hubs and editors meet: that of the last reload.
    present: watch::Sender<Desk>,
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
        listen: SocketAddr,
        first: Arc<Publication>,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}; name another address with --listen"))?;
        let address = listener.local_addr()?;
        let (newest, publication) = watch::channel(first);
        let events = Events::start(publication.clone(), desk.site.config.serve.listeners);
        let state = AppState {
            publication,
            events: events.clone(),
            access: door(desk, stop.clone()).await?,
            search: super::search::StoreSearch(desk.store.clone()),
            images: Some(desk.site.images_dir()),
        };
        let beacon = desk.site.config.beacon.enabled.then(|| BeaconDesk::new(desk.clone()));
        let pings = beacon.clone().map(|beacon| pings(desk, beacon, state.publication.clone()));
        let (present, follows) = watch::channel(desk.clone());
        let push = PushDesk::new(follows);
        let arrived = Arc::clone(&push.arrived);
        let base = desk.site.config.site.url.path().trim_end_matches('/');
        let site = with_hubs(router(state), &desk.site.config.push.hubs, &own_feeds(&desk.site));
        let app = push_router(&format!("{base}{CALLBACK_PATH}"), push);
        let app = app.merge(pings.unwrap_or_default()).fallback_service(site);
        let counting = beacon.map(|beacon| (store_counts(beacon.clone(), stop.clone()), beacon));
        let shutdown = async move {
            stop.cancelled_owned().await;
            // A client that listens would keep the server up for ever.
            events.close();
        };
        let task = tokio::spawn(async move { serve(listener, app, shutdown).await });
        Ok(Self { address, newest, present, arrived, counting, task })
    }

    /// Shows something newer from now on.
    pub(super) fn show(&self, publication: Arc<Publication>) {
        self.newest.send_replace(publication);
    }

    /// Lets hubs and editors work with this desk from now on.
    fn work_with(&self, desk: &Desk) {
        self.present.send_replace(desk.clone());
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
    let asked = while_serving();
    session.clock.check()?;
    let stop = &asked.stop;
    let Some(mut desk) = until_stopped(stop, session.desk()).await? else { return Ok(Exit::Done) };
    let listen = args.listen.unwrap_or(desk.site.config.serve.listen);
    let Some(mut presses) = until_stopped(stop, Presses::start(&desk, None)).await? else {
        close(desk).await;
        return Ok(Exit::Done);
    };
    let server = Server::start(&desk, listen, presses.publication(), stop.clone()).await?;
    say(format_args!("{} on http://{}", desk.site.config.site.title, server.address));
    let editors = listen_to_editors(&server, stop.clone());
    while !stop.is_cancelled() {
        tokio::select! {
            () = server.arrived.notified() => show_present(&desk, &server, &mut presses).await,
            () = asked.reload.notified() => {
                if let Some((next, _)) = reload(&desk).await {
                    desk = next;
                    server.work_with(&desk);
                    presses.begin_again();
                    show_present(&desk, &server, &mut presses).await;
                }
            }
            () = stop.cancelled() => {}
        }
    }
    server.finished().await?;
    editors.await.context("listening to editors ended badly")?;
    close(desk).await;
    Ok(Exit::Done)
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
    if let Err(error) = desk.clock.check() {
        tracing::error!("nothing is published: {error}");
        return;
    }
    match presses.publish(desk).await {
        Ok(_) => server.show(presses.publication()),
        Err(error) => tracing::error!("what an editor changed could not be published: {error:#}"),
    }
}

/// Carries out what editors ask for from other processes, within a second, and tells `changed` when a publication is
/// due.
fn listen_to_editors(server: &Server, stop: CancellationToken) -> tokio::task::JoinHandle<()> {
    let (present, changed) = (server.present.subscribe(), Arc::clone(&server.arrived));
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            let desk = present.borrow().clone();
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
    let asked = while_serving();
    session.clock.check()?;
    let stop = &asked.stop;
    let Some(desk) = until_stopped(stop, session.desk()).await? else { return Ok(Exit::Done) };
    let client = client_of(&desk.site, desk.clock, Vec::new())?;
    let Some(presses) = until_stopped(stop, Presses::start(&desk, args.out.clone())).await? else {
        close(desk).await;
        return Ok(Exit::Done);
    };
    let listen = args.serve.listen.unwrap_or(desk.site.config.serve.listen);
    let server = Server::start(&desk, listen, presses.publication(), stop.clone()).await?;
    say(format_args!("{} on http://{}", desk.site.config.site.title, server.address));
    let metrics = start_metrics(&desk, stop.clone()).await?;
    let editors = listen_to_editors(&server, stop.clone());
    let worked = keep_working(desk.clone(), client, &server, presses, &asked).await;
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
    stop: CancellationToken,
) -> anyhow::Result<Option<tokio::task::JoinHandle<std::io::Result<()>>>> {
    let Some(listen) = desk.site.config.serve.metrics else { return Ok(None) };
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}, which [serve] metrics of courant.toml names"))?;
    say(format_args!("metrics on http://{}/metrics", listener.local_addr()?));
    let app = metrics_router(DeskMetrics(desk.clone()));
    Ok(Some(tokio::spawn(async move { serve(listener, app, stop.cancelled_owned()).await })))
}

/// Polls, processes and publishes until `stop`. A round that fails (a full disk, say) is logged and tried
/// again: what was acknowledged is in the store, and readers go on seeing the last publication.
pub(super) async fn keep_working(
    mut desk: Desk,
    mut client: Client,
    server: &Server,
    mut presses: Presses,
    asked: &Asked,
) -> anyhow::Result<()> {
    let mut watch = ClockWatch::start(desk.clock);
    while !asked.stop.is_cancelled() {
        if let Some(jump) = watch.jump() {
            tracing::warn!("the clock of this machine was set by {jump:#}, or the machine slept");
            // What the client remembers of pauses and of robots.txt holds until times of the clock before.
            client = client_of(&desk.site, desk.clock, Vec::new()).unwrap_or(client);
        }
        match one_round(&desk, &client, server, &mut presses, &asked.stop).await {
            Ok(()) => {}
            Err(error) => tracing::error!("round failed, the next will try again: {error:#}"),
        }
        tokio::select! {
            () = rest(&desk) => {}
            () = server.arrived.notified() => {}
            () = asked.reload.notified() => {
                if let Some((next, other)) = reload(&desk).await {
                    (desk, client) = (next, other);
                    server.work_with(&desk);
                    presses.begin_again();
                }
            }
            () = asked.stop.cancelled() => {}
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
    desk.clock.check()?;
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
        // The next start writes all of it.
        Err(error) if error.is::<Stopped>() => {}
        Err(error) => tracing::error!("site not written, the next round tries again: {error:#}"),
    }
    server.show(presses.publication());
    if records.written > 0 {
        tell_hubs(desk, client, &feeds).await;
    }
    Ok(())
}

/// Waits until something is due, and not longer than [`LONGEST_REST`], whatever becomes of the machine's clock.
async fn rest(desk: &Desk) {
    let (wait, next) = rest_until(desk).await;
    let until = Instant::now() + wait;
    tokio::time::sleep(SHORTEST_REST).await;
    while Instant::now() < until && next.is_none_or(|next| desk.clock.now() < next) {
        tokio::time::sleep_until(until.min(Instant::now() + LOOK_AT_CLOCK)).await;
    }
}

/// How long to wait by a steady clock, and the time at which something is due.
async fn rest_until(desk: &Desk) -> (Duration, Option<Timestamp>) {
    let now = desk.clock.now();
    let source = desk.store.next_source_due().await.ok().flatten();
    let page = desk.store.next_page_due().await.ok().flatten();
    let next = [source, page].into_iter().flatten().min();
    let wait = next
        .map_or(LONGEST_REST, |next| Duration::from_secs((next.as_second() - now.as_second()).max(0) as u64));
    (wait.clamp(SHORTEST_REST, LONGEST_REST), next)
}
