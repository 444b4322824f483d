//! `courant serve`: the published site over HTTP, without polling.

use std::time::Duration;

use clap::Args;
use courant_site::ListenAddress;

use crate::{
    exit::Exit,
    serve::{App, keep_published, until_stopped},
    session::Session,
    stop::while_serving,
};

/// How long a task may take for one step, such as a publication.
const PATIENCE: Duration = Duration::from_mins(10);

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on [default: `[serve] listen` of courant.toml]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<ListenAddress>,
}

pub(crate) async fn run(session: &Session, args: &ServeArgs) -> anyhow::Result<Exit> {
    let requests = while_serving();
    session.clock.check()?;
    let stop = &requests.stop;
    let Some(context) = Box::pin(until_stopped(stop, session.context())).await? else {
        return Ok(Exit::Done);
    };
    let app = App::start(context, "courant serve", false, None, args.listen.as_ref(), stop).await?;
    let Some(app) = app else { return Ok(Exit::Done) };
    let publishing = keep_published(app.context.clone(), &app.server, &app.publisher, &requests);
    app.health.tasks.watch("publishing", PATIENCE, stop, publishing).await;
    app.finish().await
}
