//! The commands, one a file.

mod api_key;
mod bench;
mod build;
mod dead_letters;
mod demo;
mod doctor;
mod editor;
mod editors;
mod evaluate;
mod explain;
mod gate;
mod import;
mod in_use;
mod ingest;
mod keys;
mod listening;
mod new;
mod poll;
mod publisher;
mod queue;
mod rejudge;
mod reload;
mod round;
mod search;
mod self_check;
mod serve;
mod sources;
mod store;
mod store_damage;
mod story;
mod topics;
mod train;
mod train_editor;
mod train_topics;
mod working;

use anyhow::Context as _;
use courant_pipeline::{Context, clock::Clock};
use courant_site::Site;
use courant_store::StoreError;

pub(crate) use self::in_use::SiteInUse;
use crate::{
    cli::{Cli, Command, TrainAction},
    inspect,
    output::Exit,
    stop,
};

/// What every command gets.
pub(crate) struct Session {
    /// The folder of the site.
    pub(crate) dir: std::path::PathBuf,
    /// Whether data is printed as JSON.
    pub(crate) json: bool,
    pub(crate) clock: Clock,
}

impl Session {
    /// The site, read and checked.
    pub(crate) fn site(&self) -> anyhow::Result<Site> {
        Ok(Site::open(&self.dir)?)
    }

    /// The site at work.
    ///
    /// # Errors
    /// [`SiteInUse`] where another process works on it.
    pub(crate) async fn context(&self) -> anyhow::Result<Context> {
        let site = self.site()?;
        let folder = site.state_dir();
        match Context::open(site, self.clock).await {
            Err(error) => Err(SiteInUse::explain(error, &folder))
                .with_context(|| format!("site {}", self.dir.display())),
            context => context,
        }
    }

    /// The site for a command that changes nothing in its store: also beside another process that works on it, and
    /// where the store cannot be written.
    pub(crate) async fn context_to_read(&self) -> anyhow::Result<Context> {
        let error = match self.context().await {
            Ok(context) => return Ok(context),
            Err(error) => error,
        };
        let is_readable = |error: &StoreError| {
            matches!(error, StoreError::DiskFull(_) | StoreError::Disk(_) | StoreError::CannotOpen { .. })
        };
        let site = self.site()?;
        let in_use = error.downcast_ref::<SiteInUse>().is_some();
        if !in_use && !error.downcast_ref().is_some_and(is_readable) {
            return Err(error);
        }
        match Context::open_to_read(site, self.clock).await {
            Ok(context) => Ok(context),
            // Why it cannot be written says more than why it cannot be read either.
            Err(_) if !in_use => Err(error),
            Err(error) => Err(error),
        }
    }
}

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let session = Session { dir: cli.site, json: cli.json, clock: Clock::new(cli.now) };
    match cli.command {
        Command::New(args) => new::run(&session, &args),
        Command::Run(args) => Box::pin(serve::run_all(&session, &args)).await,
        Command::Poll(args) => poll::run(&session, &args).await,
        Command::Ingest(args) => ingest::run(&session, &args).await,
        Command::Import(args) => import::run(&session, &args).await,
        Command::Build(args) => build::run(&session, &args).await,
        Command::Serve(args) => Box::pin(serve::serve_only(&session, &args)).await,
        Command::Demo(args) => demo::run(&session, args).await,
        Command::Judge(args) => match args.explain {
            Some(url) => explain::run(&session, &url).await,
            None => rejudge::run(&session, args.since.0, args.dry_run).await,
        },
        Command::Topics(args) => topics::run(&session, args.action).await,
        Command::Gate(args) => gate::run(&session, &args).await,
        Command::Queue(args) => queue::run(&session, &args).await,
        Command::Publish(args) => editor::publish(&session, &args).await,
        Command::Hold(args) => editor::hold(&session, &args).await,
        Command::Unset(args) => editor::unset(&session, &args).await,
        Command::Story(args) => story::run(&session, &args).await,
        Command::Train(args) => match args.action {
            None => train_editor::run(&session, &args.editor).await,
            Some(TrainAction::Topics(args)) => train_topics::run(&session, &args).await,
            Some(TrainAction::Group(args)) => train::group(&session, &args),
            Some(TrainAction::Overrides(args)) => train::words(&args),
        },
        Command::Evaluate(args) => evaluate::run(&session, &args).await,
        Command::Keys(args) => keys::run(&session, args.action).await,
        Command::ApiKey(args) => api_key::run(&session, args.action).await,
        Command::Seal(args) => keys::seal(&session, &args),
        Command::Unseal(args) => keys::unseal(&session, &args),
        Command::Sources(args) => sources::run(&session, args.action).await,
        Command::Inspect(args) => inspect::run(&session, args.stage).await,
        Command::Bench(args) => bench::run(&session, args.what).await,
        Command::Store(args) => store::run(&session, args.action).await,
        Command::Doctor(args) => doctor::run(&session, args.deep).await,
    }
}

/// Closes the store so that its log is merged into its file; an error here loses nothing.
pub(crate) async fn close(context: Context) {
    if let Err(error) = context.store.close().await {
        tracing::warn!("the store was not closed well; nothing is lost: {error}");
    }
}

pub(crate) use stop::{on_signal, while_serving};
