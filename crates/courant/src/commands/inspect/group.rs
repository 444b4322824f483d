//! `inspect group`: stories and copies in a stream of articles.

use std::collections::HashMap;

use courant_analysis::{
    group::{GroupConfig, GroupDoc, Grouper, Prepared, prepare},
    identity,
};
use courant_model::{ArticleId, StoryId, Timestamp, parse_date};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{batch, input::StageInput};
use crate::exit::Exit;

/// An article as a line describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(default)]
    id: Value,
    title: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    published_date_time: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    language: Option<String>,
}

pub(super) fn run(args: &StageInput) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        args.batch,
        "grouping needs a stream of articles: pass JSON Lines on standard input with --batch"
    );
    let mut stream = Stream::new();
    let mut answers = batch::in_order(prepared, |line, prepared| stream.answer(line, prepared))?;
    for answer in &mut answers {
        stream.resolve(answer);
    }
    batch::write(&answers)?;
    Ok(Exit::Done)
}

fn prepared(value: &Value) -> Result<(ArticleId, Prepared), String> {
    let line = Line::deserialize(value)
        .map_err(|error| format!("an article needs at least id and title: {error}"))?;
    let id = identity::article_id(&line.id.to_string());
    let source =
        line.url.as_deref().and_then(|url| Url::parse(url).ok()).map(|url| identity::provider_domain(&url));
    let time: Option<Timestamp> = line.published_date_time.as_deref().and_then(parse_date);
    let prepared = prepare(&GroupDoc {
        id,
        title: &line.title,
        text: line.text.as_deref().unwrap_or_default(),
        time,
        first_seen: None,
        url: line.url.as_deref(),
        source: source.as_deref(),
        authors: &line.authors,
        language: line.language.as_deref(),
    });
    Ok((id, prepared))
}

struct Stream {
    grouper: Grouper,
    /// The ids of the lines by article id; a story is named after the line that opened it.
    names: HashMap<ArticleId, Value>,
    /// Stories that were merged into others later.
    merged: HashMap<StoryId, StoryId>,
    /// Articles that became copies of a later one, by the JSON of their names.
    became_copies: HashMap<String, ArticleId>,
}

impl Stream {
    fn new() -> Self {
        Self {
            grouper: Grouper::new(GroupConfig::default()),
            names: HashMap::new(),
            merged: HashMap::new(),
            became_copies: HashMap::new(),
        }
    }

    /// Places one article. The answer has the internal id of the story until [`Stream::resolve`].
    fn answer(&mut self, line: &Value, (id, prepared): (ArticleId, Prepared)) -> Value {
        let name = line.get("id").cloned().unwrap_or_default();
        self.names.insert(id, name.clone());
        let placement = self.grouper.place(prepared);
        self.merged.extend(placement.merged.iter().copied());
        let copies = placement.copies.iter().filter_map(|copy| self.names.get(copy));
        self.became_copies.extend(copies.map(|name| (name.to_string(), id)));
        json!({
            "id": name,
            "story": placement.story,
            "copyOf": placement.copy_of.and_then(|original| self.names.get(&original)),
            "because": placement.reasons,
        })
    }

    /// Replaces story and original in an answer by their final names.
    fn resolve(&self, answer: &mut Value) {
        if let Some(original) = self.became_copies.get(&answer["id"].to_string()) {
            let name = self.names.get(original).cloned().unwrap_or_default();
            let detail = format!("it credits the agency whose own article {original} is");
            if let Some(because) = answer["because"].as_array_mut() {
                because.insert(0, json!({ "what": "copy", "detail": detail }));
            }
            answer["copyOf"] = name;
        }
        let Some(mut story) = answer["story"].as_str().and_then(|text| text.parse::<StoryId>().ok()) else {
            return;
        };
        // A story is merged at most once, so the chain ends.
        while let Some(&into) = self.merged.get(&story) {
            story = into;
        }
        let opener = ArticleId::from_bytes(*story.as_bytes());
        answer["story"] = self.names.get(&opener).cloned().unwrap_or_else(|| story.to_string().into());
    }
}
