//! `courant poll`: one round.

use courant_pipeline::{client_of, sweep_after_round};

use super::{Session, close, on_signal, round::round};
use crate::{
    cli::PollArgs,
    output::{Exit, print_json},
};

pub(super) async fn run(session: &Session, args: &PollArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    session.clock.check()?;
    let context = session.context().await?;
    let client = client_of(&context.site, context.clock, Vec::new())?;
    let (done, _) = round(&context, &client, args.all, session.json, &stop).await?;
    if session.json {
        print_json(&done)?;
    } else {
        done.print();
    }
    sweep_after_round(&context).await;
    close(context).await;
    let all_well = done.poll.failed.is_empty() && done.publish.is_complete();
    let exit = match &done.failed[..] {
        [] if all_well => Exit::Done,
        [] => Exit::Partly,
        _ => Exit::Failed,
    };
    Ok(exit.unless_stopped())
}
