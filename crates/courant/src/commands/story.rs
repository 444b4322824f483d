//! `courant story`: a story shown, made one with others, divided, given a lead.

use std::time::Duration;

use anyhow::{Context, bail};
use courant_store::StoreError;

use super::{Session, close};
use crate::{
    cli::{StoryAction, StoryArgs},
    output::{Exit, print_json, say},
    pipeline::{StoryRequest, StoryShown, StoryWish, publish_records, request_box},
};

/// How often the answer of another process is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How many times: for a minute. A batch in hand takes seconds.
const LOOKS: u32 = 300;

pub(super) async fn run(session: &Session, args: &StoryArgs) -> anyhow::Result<Exit> {
    let request = StoryRequest { wish: wish(&args.action), by: args.by.clone() };
    let story = match session.desk().await {
        Ok(desk) => {
            let story = request.carry_out(&desk).await?;
            if request.changes() {
                publish_records(&desk).await?;
            }
            close(desk).await;
            story
        }
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::InUse { .. })) => {
            asked_of_the_running(session, &request).await?
        }
        Err(error) => return Err(error),
    };
    if session.json {
        print_json(&story)?;
    } else {
        print(&story);
    }
    Ok(Exit::Done)
}

fn wish(action: &StoryAction) -> StoryWish {
    match action.clone() {
        StoryAction::Show { url } => StoryWish::Show { url },
        StoryAction::Merge { urls } => StoryWish::Merge { urls },
        StoryAction::Split { urls } => StoryWish::Split { urls },
        StoryAction::Lead { url, undo } => StoryWish::Lead { url, undo },
        StoryAction::Pin { url, undo } => StoryWish::Pin { url, undo },
        StoryAction::Boost { url, degrees, hours } => StoryWish::Boost { url, degrees, hours },
    }
}

/// Leaves the request for the process that works on the store and waits for its answer.
async fn asked_of_the_running(session: &Session, request: &StoryRequest) -> anyhow::Result<StoryShown> {
    let letters = request_box(&session.site()?).await?;
    let number = request.leave(&letters, session.clock).await?;
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK_EVERY).await;
        match letters.answer(number).await? {
            Some(Ok(answer)) => {
                return serde_json::from_str(&answer)
                    .context("the answer of the running program can't be read");
            }
            Some(Err(refusal)) => bail!("{refusal}"),
            None => {}
        }
    }
    bail!(
        "the program that works on this site has not answered within a minute; the request is kept, and is carried \
         out as soon as `courant run` or `courant serve` looks at it"
    )
}

fn print(story: &StoryShown) {
    say(format_args!(
        "story {}, heat {}{}",
        story.story,
        story.heat,
        if story.pinned { ", pinned" } else { "" }
    ));
    if let Some(boost) = &story.boost {
        say(format_args!("boosted by {}: {:+} until {}", boost.by, boost.degrees, boost.until));
    }
    for member in &story.members {
        let place = match (member.leads, member.chosen, member.copy_of.is_some()) {
            (true, true, _) => "lead, by an editor",
            (true, false, _) => "lead",
            (false, _, true) => "copy",
            (false, _, false) => "",
        };
        say(format_args!("{:>4}  {} ({}) {place}", member.quality, member.title, member.provider));
        say(format_args!("      {}", member.url));
        for reason in &member.because {
            say(format_args!("      {}: {}", reason.what, reason.detail));
        }
    }
}
