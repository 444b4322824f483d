//! `courant story`: shows, merges and splits stories, chooses the lead, boosts and pins.

use clap::{Args, Subcommand};
use courant_pipeline::{EditorAnswer, EditorCommand, EditorRequest, StoryShown};

use super::editor_request::{carry_out, exit_of};
use crate::{
    exit::Exit,
    output::{print_json, say, time},
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct StoryArgs {
    /// Editor's name for the log
    #[arg(long, global = true, value_name = "NAME", default_value = "an editor")]
    pub(crate) by: String,
    #[command(subcommand)]
    pub(crate) action: StoryAction,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum StoryAction {
    /// Show the articles of a story, and why each belongs to it
    Show {
        /// URL of an article of the story
        url: String,
    },
    /// Merge the stories of these articles into that of the first
    Merge {
        /// URLs of articles, at least two
        #[arg(required = true, num_args = 2..)]
        urls: Vec<String>,
    },
    /// Split articles off into a new story; only an editor can merge the two again
    Split {
        /// URLs of the articles that leave; their copies go with them
        #[arg(required = true)]
        urls: Vec<String>,
    },
    /// Choose the lead of a story
    Lead {
        /// URL of the article
        url: String,
        /// Undo: the machine chooses the lead again
        #[arg(long)]
        undo: bool,
    },
    /// Raise or lower the heat of a story for a time; replaces an earlier boost
    Boost {
        /// URL of an article of the story
        url: String,
        /// Degrees of heat, negative to lower it
        #[arg(
            long,
            allow_negative_numbers = true,
            required_unless_present = "undo",
            value_parser = clap::value_parser!(i32).range(-1000..=1000)
        )]
        degrees: Option<i32>,
        /// Hours for which the boost holds
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=8760))]
        hours: u32,
        /// Undo: remove the boost
        #[arg(long, conflicts_with_all = ["degrees", "hours"])]
        undo: bool,
    },
    /// Pin a story to the top of the front page, whatever its heat
    Pin {
        /// URL of an article of the story
        url: String,
        /// Undo: remove the pin
        #[arg(long)]
        undo: bool,
    },
}

pub(crate) async fn run(session: &Session, args: &StoryArgs) -> anyhow::Result<Exit> {
    let request = EditorRequest { wish: command(&args.action), by: args.by.clone() };
    let answer = carry_out(session, &request).await?;
    if session.json {
        print_json(&answer)?;
    } else if let EditorAnswer::Story(story) = &answer.answer {
        print(story);
    }
    Ok(exit_of(&answer))
}

fn command(action: &StoryAction) -> EditorCommand {
    match action.clone() {
        StoryAction::Show { url } => EditorCommand::Show { url },
        StoryAction::Merge { urls } => EditorCommand::Merge { urls },
        StoryAction::Split { urls } => EditorCommand::Split { urls },
        StoryAction::Lead { url, undo } => EditorCommand::Lead { url, undo },
        StoryAction::Pin { url, undo } => EditorCommand::Pin { url, undo },
        // No degrees remove a boost.
        StoryAction::Boost { url, degrees, hours, .. } => {
            EditorCommand::Boost { url, degrees: degrees.unwrap_or(0), hours }
        }
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
        say(format_args!("boosted by {}: {:+} until {}", boost.by, boost.degrees, time(boost.until)));
    }
    for member in &story.members {
        let place = match (member.leads, member.chosen, member.copy_of.is_some()) {
            (true, true, _) => "lead, chosen by an editor",
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
