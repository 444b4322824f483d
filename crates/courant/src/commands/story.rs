//! `courant story`: a story shown, made one with others, divided, given a lead.

use anyhow::{Context, bail};
use courant_model::ArticleId;
use url::Url;

use super::{Session, close, explain};
use crate::{
    cli::{StoryAction, StoryArgs},
    output::{Exit, print_json, say},
    pipeline::{Desk, StoryShown, choose_lead, merge, publish_records, shown, split},
};

pub(super) async fn run(session: &Session, args: &StoryArgs) -> anyhow::Result<Exit> {
    let desk = session.desk().await?;
    let by = args.by.as_str();
    let first = match &args.action {
        StoryAction::Show { url } => article(&desk, url).await?,
        StoryAction::Merge { urls } => {
            let articles = articles(&desk, urls).await?;
            merge(&desk, &articles).await?;
            articles[0]
        }
        StoryAction::Split { urls } => {
            let articles = articles(&desk, urls).await?;
            split(&desk, &articles, by).await?;
            articles[0]
        }
        StoryAction::Lead { url, undo } => {
            let article = article(&desk, url).await?;
            choose_lead(&desk, article, *undo, by).await?;
            article
        }
    };
    if !matches!(args.action, StoryAction::Show { .. }) {
        publish_records(&desk).await?;
    }
    let story = shown(&desk, first).await?;
    close(desk).await;
    if session.json {
        print_json(&story)?;
    } else {
        print(&story);
    }
    Ok(Exit::Done)
}

async fn articles(desk: &Desk, urls: &[String]) -> anyhow::Result<Vec<ArticleId>> {
    let mut articles = Vec::with_capacity(urls.len());
    for url in urls {
        articles.push(article(desk, url).await?);
    }
    if articles.is_empty() {
        bail!("name an article by its address");
    }
    Ok(articles)
}

async fn article(desk: &Desk, url: &str) -> anyhow::Result<ArticleId> {
    let url = Url::parse(url).with_context(|| format!("{url:?} is no address"))?;
    let found = explain::find(&desk.store, &desk.rules.urls, &url).await?;
    let Some(found) = found else { bail!("no stored article has the address {url}") };
    Ok(found.row.article.id)
}

fn print(story: &StoryShown) {
    say(format_args!("story {}", story.story));
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
