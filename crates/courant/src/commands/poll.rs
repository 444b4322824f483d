//! `courant poll`: one round.

use super::{Session, close, on_signal, round::round};
use crate::{
    cli::PollArgs,
    output::{Exit, print_json},
    pipeline::client_of,
};

pub(super) async fn run(session: &Session, args: &PollArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    session.clock.check()?;
    let desk = session.desk().await?;
    let client = client_of(&desk.site, desk.clock, Vec::new())?;
    let (done, _) = round(&desk, &client, args.all, session.json, &stop).await?;
    if session.json {
        print_json(&done)?;
    } else {
        done.print();
    }
    close(desk).await;
    let all_well = done.poll.failed.is_empty() && done.publish.broken.is_empty();
    Ok(if all_well { Exit::Done } else { Exit::Partly }.unless_stopped())
}
