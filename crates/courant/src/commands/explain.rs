//! `courant judge --explain`: how a stored article was judged.

use anyhow::{Context as _, bail};
use courant_store::ArticleRow;
use url::Url;

use super::{Session, close};
use crate::output::{Exit, print_json, say};

pub(super) async fn run(session: &Session, address: &str) -> anyhow::Result<Exit> {
    let url = Url::parse(address).with_context(|| format!("{address:?} is no address"))?;
    let context = session.context_to_read().await?;
    let found = context.find_article(&url).await?;
    close(context).await;
    let Some(found) = found else { bail!("no stored article has the address {url}") };
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
            "heat": row.heat,
            "verdict": row.verdict,
            "story": row.member,
            "identity": found.identity_steps,
            "remarks": row.article.remarks,
            "unread": row.article.unread(),
        }))?;
    } else {
        print(&found);
    }
    Ok(Exit::Done)
}

fn print(found: &ArticleRow) {
    let row = &found.row;
    say(&row.article.title);
    say(format_args!("{}\n{}\n", row.article.web_url, row.path));
    for remark in &row.article.remarks {
        say(format_args!("{}: {}", remark.what, remark.detail));
    }
    for signal in &row.judgement.signals {
        say(format_args!("{:>+6}  {}: {}", signal.points, signal.name, signal.because));
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
    say(format_args!("heat {}", row.heat.degrees()));
    for effect in &row.verdict.effects {
        say(format_args!("{} by {}: {}", effect.kind, effect.rule, effect.because));
    }
    let word = match &row.verdict {
        verdict if verdict.published => "published",
        verdict if verdict.dropped => "dropped",
        _ => "held",
    };
    say(format_args!("{word} by {}: {}", row.verdict.rule, row.verdict.because));
}
