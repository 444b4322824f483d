//! `courant demo`: a whole site from the bundled newswire.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use courant_pipeline::{Context, client_of, publication};
use courant_site::ListenAddress;
use courant_site::Site;
use tokio_util::sync::CancellationToken;

use crate::{
    demo::{self, FakeWeb, Newswire},
    exit::Exit,
    output::say,
    round::round,
    serve::server::{Server, ServerInfo},
    session::{Session, close},
    stop::on_signal,
};

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: ListenAddress,
    /// Folder to keep the demo's site in, instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Stop as soon as the site is published, without serving it
    #[arg(long)]
    pub(crate) once: bool,
}

pub(crate) async fn run(session: &Session, args: DemoArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    let (dir, is_temporary) = match &args.dir {
        Some(dir) => (dir.clone(), false),
        None => (std::env::temp_dir().join(format!("courant-demo-{}", std::process::id())), true),
    };
    let outcome = show(session, &args, &dir, &stop).await;
    if is_temporary {
        // Files that cannot be removed stay in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&dir);
    }
    outcome
}

async fn show(
    session: &Session,
    args: &DemoArgs,
    dir: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<Exit> {
    let wire = Newswire::bundled(session.clock.now())?;
    demo::create(dir, &wire, &format!("http://{}/", args.listen.local_authority()))
        .with_context(|| format!("cannot write {}", dir.display()))?;
    let web = FakeWeb::start(wire).await?;
    let context = Context::open(Site::open(dir)?, session.clock).await?;
    let client = client_of(&context.site, context.clock, web.origins())?;
    let (done, snapshot) = round(&context, &client, true, true, stop).await?;
    let info = ServerInfo::new(&context, "courant demo", false, None);
    let first = publication(&context, snapshot)?.into();
    let server = Server::start(&context, &args.listen, first, info, stop.clone()).await?;
    done.print();
    say("");
    say(format_args!("  {}", context.site.config.site.title));
    say(format_args!("  {}/", server.address));
    say("");
    say("The newswire is invented and bundled with this program. Press Ctrl-C to end the demo.");
    if args.once {
        stop.cancel();
    }
    server.finished().await?;
    close(context).await;
    Ok(Exit::Done)
}
