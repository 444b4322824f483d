//! `courant new`: the folder of a new site.

use super::Session;
use crate::{
    cli::NewArgs,
    output::{Exit, print_json, say},
};

pub(super) fn run(session: &Session, args: &NewArgs) -> anyhow::Result<Exit> {
    let key = super::keys::fresh_key()?;
    let written = courant_site::create(&args.dir, args.subject.map(Into::into), &key)?;
    if session.json {
        print_json(&written)?;
        return Ok(Exit::Done);
    }
    let dir = args.dir.display();
    say(format_args!("{dir} holds a new site: {} files.", written.len()));
    if args.subject.is_none() {
        say("It has no taxonomy and takes every article. Next:");
        say(format_args!(
            "  courant sources add --site {dir} https://… a feed, or a page that announces one"
        ));
    } else {
        say("Next:");
    }
    say(format_args!("  courant run --site {dir}      polls, publishes and serves it"));
    say(format_args!(
        "  {dir}/courant.toml            title, address, thresholds: each key with its default"
    ));
    Ok(Exit::Done)
}
