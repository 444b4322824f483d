//! `courant topics`: tests the taxonomy on a headline and on the stored articles.

use clap::{Args, Subcommand};
use courant_analysis::judge::{Judge, JudgeInput, Profile, Taxonomy};
use courant_pipeline::{TopicCheck, check_topics};
use url::Url;

use crate::{
    exit::Exit,
    output::{counted, print_json, say},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct TopicsArgs {
    #[command(subcommand)]
    pub(crate) action: TopicsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TopicsAction {
    /// Show which topics a headline gets, and why
    Test {
        /// Headline to classify
        headline: String,
        /// Excerpt below the headline
        #[arg(long, default_value = "")]
        excerpt: String,
        /// Language of headline and excerpt (ISO 639-1) [default: the site's language]
        #[arg(long)]
        language: Option<String>,
    },
    /// Find keywords that never match, match too much, or belong to two topics
    Check,
}

/// Maximum number of entries that are listed for people.
const MAX_SHOWN: usize = 20;

pub(crate) async fn run(session: &Session, action: TopicsAction) -> anyhow::Result<Exit> {
    match action {
        TopicsAction::Test { headline, excerpt, language } => {
            test(session, &headline, &excerpt, language.as_deref())
        }
        TopicsAction::Check => check(session).await,
    }
}

fn test(session: &Session, title: &str, excerpt: &str, language: Option<&str>) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let judge = Judge::new(Taxonomy::new(site.topics.clone())?, Vec::new(), Profile::default())
        .with_learned(site.learned.clone());
    let url = Url::parse("http://article.invalid/")?;
    let input = JudgeInput {
        language: language.or(Some(&site.config.site.language)),
        ..JudgeInput::of_words(title, excerpt, "", &url, "article.invalid")
    };
    let topics = judge.judge(&input).topics;
    let entries = judge.topic_entries();
    let found: Vec<_> = judge.entries_found(&input).anywhere.into_iter().map(|at| &entries[at]).collect();
    if session.json {
        let found: Vec<_> = found
            .iter()
            .map(|entry| serde_json::json!({ "topic": entry.topic, "entry": entry.phrase, "kind": entry.kind }))
            .collect();
        print_json(&serde_json::json!({ "topics": topics, "entries": found }))?;
        return Ok(Exit::Done);
    }
    for topic in &topics {
        say(format_args!("{} ({}): {}", topic.name, topic.score, topic.because.join("; ")));
    }
    if topics.is_empty() {
        say("No topics.");
    }
    for entry in found.iter().filter(|entry| topics.iter().all(|topic| topic.id != entry.topic)) {
        say(format_args!("not {}, although its {} “{}” occurs", entry.topic, entry.kind, entry.phrase));
    }
    Ok(Exit::Done)
}

async fn check(session: &Session) -> anyhow::Result<Exit> {
    let context = session.context_to_read().await?;
    let check = check_topics(&context).await?;
    close(context).await;
    if session.json {
        print_json(&check)?;
    } else {
        print(&check);
    }
    Ok(Exit::Done)
}

fn print(check: &TopicCheck) {
    say(counted(check.articles, "article"));
    for (topic, count) in &check.by_topic {
        say(format_args!("{count:>8}  {topic}"));
    }
    if !check.astray.is_empty() {
        say(
            "\nEntries that mostly match articles about something else; use a longer phrase or an exclusion:",
        );
    }
    for entry in check.astray.iter().take(MAX_SHOWN) {
        let (heads, about) = (entry.heads, entry.about_topic);
        say(format_args!(
            "    {}: “{}” in {heads} titles and excerpts, {about} of them on topic",
            entry.topic, entry.entry
        ));
    }
    if !check.overlaps.is_empty() {
        say("\nEntries of several topics:");
    }
    for (entry, topics) in check.overlaps.iter().take(MAX_SHOWN) {
        say(format_args!("    “{entry}”: {}", topics.join(", ")));
    }
    if !check.never.is_empty() {
        say(format_args!("\n{} never matched (--json lists all):", counted(check.never.len(), "entry")));
    }
    for entry in check.never.iter().take(MAX_SHOWN) {
        say(format_args!("    {}: “{}”", entry.topic, entry.entry));
    }
}
