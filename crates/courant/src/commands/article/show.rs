//! `courant article show`: how a stored article was judged, and what editors decided about it.

use anyhow::{Context as _, bail};
use clap::Args;
use courant_model::{ArticleId, Heat, Override};
use courant_store::ArticleRow;
use url::Url;

use crate::{
    exit::Exit,
    output::{print_json, say, time},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// URL of the article, as on any page or in any feed
    pub(crate) url: String,
}

pub(super) async fn run(session: &Session, url: &str) -> anyhow::Result<Exit> {
    let url = Url::parse(url).with_context(|| format!("{url:?} is not a URL; use https://…"))?;
    let context = session.context_to_read().await?;
    let found = context.find_article(&url).await?;
    let ids: Vec<ArticleId> = found.iter().map(|found| found.row.article.id).collect();
    let overrides = context.store.overrides_of(&ids).await?;
    close(context).await;
    let Some(found) = found else { bail!("no stored article has the URL {url}") };
    if session.json {
        let row = &found.row;
        print_json(&serde_json::json!({
            "article": row.article.id,
            "title": row.article.title,
            "url": row.article.web_url,
            "record": row.path,
            "quality": row.judgement.quality,
            "signals": row.judgement.signals,
            "topics": row.judgement.topics,
            "refusedTopics": row.judgement.refused,
            "heat": Heat::published_number(row.heat),
            "verdict": row.verdict,
            "story": row.member,
            "identity": found.identity_steps,
            "remarks": row.article.remarks,
            "unread": row.article.unread(),
            "overrides": overrides.iter().map(shown).collect::<Vec<_>>(),
        }))?;
    } else {
        print(&found);
        print_overrides(&overrides);
    }
    Ok(Exit::Done)
}

fn shown(stored: &Override) -> serde_json::Value {
    let Override { decision, by, at, .. } = stored;
    serde_json::json!({ "field": decision.name(), "value": decision.value(), "by": by, "at": at })
}

fn print_overrides(overrides: &[Override]) {
    for Override { decision, by, at, .. } in overrides {
        say(format_args!("{} was set by {by} at {}", decision.name(), time(*at)));
    }
}

fn print(found: &ArticleRow) {
    let row = &found.row;
    say(&row.article.title);
    say(format_args!("{}\n{}\n", row.article.web_url, row.path));
    for remark in &row.article.remarks {
        say(format_args!("{}: {}", remark.what, remark.detail));
    }
    for signal in &row.judgement.signals {
        say(format_args!("{:>+6}  {}: {}", signal.points, signal.kind, signal.because));
    }
    say(format_args!("{:>6}  quality\n", row.judgement.quality.points()));
    for topic in &row.judgement.topics {
        say(format_args!("topic {}: {}", topic.name, topic.because.join("; ")));
    }
    for topic in &row.judgement.refused {
        say(format_args!("not topic {}: {}", topic.name, topic.because.join("; ")));
    }
    for reason in &row.member.because {
        say(format_args!("story: {} {}", reason.what, reason.detail));
    }
    say(format_args!("heat {}", Heat::published_number(row.heat)));
    for effect in &row.verdict.effects {
        say(format_args!("{} by {}: {}", effect.kind, effect.rule, effect.because));
    }
    let decision = match &row.verdict {
        verdict if verdict.published => "published",
        verdict if verdict.dropped => "dropped",
        _ => "held",
    };
    say(format_args!("{decision} by {}: {}", row.verdict.rule, row.verdict.because));
}
