//! `courant run`: polls, processes, publishes and serves a site.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use courant_pipeline::client_of;

use super::serve::ServeArgs;
use crate::{
    exit::Exit,
    serve::{App, keep_working, until_stopped},
    session::Session,
    stop::while_serving,
};

/// How long a task may take for one step: a source, a page, a batch.
const PATIENCE: Duration = Duration::from_mins(10);

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    /// Folder to keep the whole site in as files; each round writes only what changed
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, args: &RunArgs) -> anyhow::Result<Exit> {
    let requests = while_serving();
    session.clock.check()?;
    let stop = &requests.stop;
    let Some(context) = Box::pin(until_stopped(stop, session.context())).await? else {
        return Ok(Exit::Done);
    };
    let client = client_of(&context.site, context.clock, Vec::new())?;
    let listen = args.serve.listen.as_ref();
    let app = App::start(context, "courant run", true, args.out.clone(), listen, stop).await?;
    let Some(app) = app else { return Ok(Exit::Done) };
    let working =
        keep_working(app.context.clone(), client, &app.server, &app.publisher, &app.health, &requests);
    app.health.tasks.watch("rounds", PATIENCE, stop, working).await;
    app.finish().await
}
