//! `courant train topics`: learns topics from the site's own articles.

use anyhow::{Context as _, bail};
use clap::Args;
use courant_analysis::{
    evaluate::Counts,
    judge::{Profile, TopicTrial},
};
use courant_pipeline::{Lesson, train_topics};
use courant_site::files::write_atomically;

use crate::{
    exit::Exit,
    output::{counted, print_json, say},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct TrainTopicsArgs {
    /// Show only how well the model would do, without writing it
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(super) async fn run(session: &Session, args: &TrainTopicsArgs) -> anyhow::Result<Exit> {
    let context = session.context_to_read().await?;
    if matches!(context.site.config.profile(), Profile::Classic(_)) {
        bail!("the classic profile finds topics by the predecessor's fixed rules and uses nothing learned");
    }
    let lesson = train_topics(&context).await?;
    let file = context.site.learned_file();
    let names: Vec<(String, String)> =
        context.site.topics.iter().map(|topic| (topic.id.clone(), topic.name.clone())).collect();
    close(context).await;
    // If nothing is learned any more, an old file must not stay in effect.
    let is_written = !args.dry_run && (!lesson.trained.learned.is_empty() || file.exists());
    if is_written {
        write_atomically(&file, lesson.trained.learned.to_json().as_bytes())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if session.json {
        print_json(&as_json(&lesson, is_written))?;
        return Ok(Exit::Done);
    }
    print(&lesson, &names);
    if is_written {
        say(format_args!("Saved to {}; it is used after the next start.", file.display()));
    } else if lesson.trained.learned.is_empty() {
        say("Nothing reliable was learned; the rules decide alone.");
    }
    Ok(Exit::Done)
}

fn as_json(lesson: &Lesson, is_written: bool) -> serde_json::Value {
    let topics: serde_json::Map<String, serde_json::Value> = lesson
        .trained
        .trials
        .iter()
        .map(|(id, trial)| {
            let result = match trial {
                Ok(TopicTrial { rules, learned }) => {
                    serde_json::json!({ "rules": rules, "learned": learned })
                }
                Err(few) => serde_json::json!({ "about": few.about, "other": few.other, "tooFew": true }),
            };
            (id.clone(), result)
        })
        .collect();
    serde_json::json!({
        "articles": lesson.articles,
        "spoken": lesson.spoken,
        "topics": topics,
        "learned": lesson.trained.learned.len(),
        "written": is_written,
    })
}

fn print(lesson: &Lesson, names: &[(String, String)]) {
    say(format_args!(
        "{}, {} with topics by an editor",
        counted(lesson.articles, "confirmed article"),
        lesson.spoken
    ));
    say("Precision and recall in per cent on articles not used for learning:");
    say(format_args!("{:>15} {:>23}", "rules alone", "with learned topics"));
    for (id, name) in names {
        let result = match &lesson.trained.trials[id] {
            Ok(trial) => format!("{} {}  {name}", shares(&trial.rules, 7), shares(&trial.learned, 11)),
            Err(few) => format!("{:>39}  {name}: {few}", "too little"),
        };
        say(result);
    }
}

fn shares(counts: &Counts, width: usize) -> String {
    let percent =
        |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1}", share * 100.0));
    format!("{:>width$} {:>width$}", percent(counts.precision()), percent(counts.recall()))
}
