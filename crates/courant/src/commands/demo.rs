//! `courant demo`: the whole thing on the bundled newswire.

use std::path::Path;

use anyhow::Context as _;
use courant_pipeline::{Context, client_of, publication};
use courant_site::Site;
use tokio_util::sync::CancellationToken;

use super::{
    Session, close, on_signal,
    round::round,
    serve::{About, Server},
};
use crate::{
    cli::DemoArgs,
    demo::{self, FakeWeb, Newswire},
    output::{Exit, say},
};

pub(super) async fn run(session: &Session, args: DemoArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    let (dir, is_temporary) = match &args.dir {
        Some(dir) => (dir.clone(), false),
        None => (std::env::temp_dir().join(format!("courant-demo-{}", std::process::id())), true),
    };
    let outcome = show(session, &args, &dir, &stop).await;
    if is_temporary {
        // Nobody asked to keep it; a file that cannot be removed is the temporary folder's business.
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
    let about = About::new(&context, "courant demo", false, None);
    let first = publication(&context, snapshot)?.into();
    let server = Server::start(&context, &args.listen, first, about, stop.clone()).await?;
    done.print();
    say("");
    say(format_args!("  {}", context.site.config.site.title));
    say(format_args!("  {}/", server.address));
    say("");
    say("The newswire is invented and comes from inside this program. Ctrl-C ends the demo.");
    if args.once {
        stop.cancel();
    }
    server.finished().await?;
    close(context).await;
    Ok(Exit::Done)
}
