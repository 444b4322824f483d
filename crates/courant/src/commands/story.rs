//! `courant story`: a story shown, made one with others, divided, given a lead.

use courant_pipeline::{EditorAnswer, EditorCommand, EditorRequest, StoryShown};

use super::{
    Session,
    editor::{carried_out, exit_of},
};
use crate::{
    cli::{StoryAction, StoryArgs},
    output::{Exit, print_json, say},
};

pub(super) async fn run(session: &Session, args: &StoryArgs) -> anyhow::Result<Exit> {
    let request = EditorRequest { wish: wish(&args.action), by: args.by.clone() };
    let answer = carried_out(session, &request).await?;
    if session.json {
        print_json(&answer)?;
    } else if let EditorAnswer::Story(story) = &answer.answer {
        print(story);
    }
    Ok(exit_of(&answer))
}

fn wish(action: &StoryAction) -> EditorCommand {
    match action.clone() {
        StoryAction::Show { url } => EditorCommand::Show { url },
        StoryAction::Merge { urls } => EditorCommand::Merge { urls },
        StoryAction::Split { urls } => EditorCommand::Split { urls },
        StoryAction::Lead { url, undo } => EditorCommand::Lead { url, undo },
        StoryAction::Pin { url, undo } => EditorCommand::Pin { url, undo },
        StoryAction::Boost { url, degrees, hours } => EditorCommand::Boost { url, degrees, hours },
    }
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
