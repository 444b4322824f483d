//! What an editor asks about stories and articles, carried out here or left for the process that has the store.

use anyhow::{Context, bail};
use courant_model::ArticleId;
use courant_store::{CommandAnswer, CommandQueue};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Desk,
    article_edit::{self, ArticleShown},
    publish::Published,
    story_edit::{StoryShown, boost, choose_lead, merge, pin, shown, split},
};
use crate::{clock::Clock, health, site::Site};

/// Requests that are answered in one go.
const AT_ONCE: usize = 64;

/// What is to be done; articles are named by their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub(crate) enum EditorWish {
    /// Nothing: the story is shown.
    Show { url: String },
    /// Make the stories of these articles one.
    Merge { urls: Vec<String> },
    /// Take these articles out of their story.
    Split { urls: Vec<String> },
    /// Make the article the lead of its story, or let the machine choose again.
    Lead { url: String, undo: bool },
    /// Pin the story of the article to the top of the front page, or take the pin out.
    Pin { url: String, undo: bool },
    /// Give the story of the article degrees of heat for some hours, or with none take them back.
    Boost { url: String, degrees: i32, hours: u32 },
    /// Publish the article, whatever the gate says.
    Publish { url: String },
    /// Hold the article, whatever the gate says.
    Hold { url: String },
    /// Take back what an editor has said about a field of the article's record.
    Unset { url: String, field: String },
}

/// What an editor is answered: the story or the article as it is then.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum EditorAnswer {
    Story(StoryShown),
    Article(ArticleShown),
}

impl EditorAnswer {
    /// The articles that it is about.
    fn articles(&self) -> Vec<ArticleId> {
        match self {
            Self::Story(story) => story.members.iter().map(|member| member.article).collect(),
            Self::Article(article) => vec![article.article],
        }
    }
}

/// An answer, and what of publishing it has failed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PublishedAnswer {
    #[serde(flatten)]
    pub(crate) answer: EditorAnswer,
    /// What did not follow the decision, why, and what becomes of it; empty where all did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<String>,
}

impl PublishedAnswer {
    /// An answer as it was published, or why it could not be.
    pub(crate) fn new<P: Published>(answer: EditorAnswer, published: Result<&P, &anyhow::Error>) -> Self {
        let problems = match published {
            Ok(published) => published.problems(&answer.articles()),
            Err(error) => vec![format!(
                "the decision is stored but not in effect yet, readers see the state before it: {error:#}; the next \
                 round tries again"
            )],
        };
        Self { answer, problems }
    }
}

/// An editor's wish about a story or an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EditorRequest {
    #[serde(flatten)]
    pub(crate) wish: EditorWish,
    /// Who says so.
    pub(crate) by: String,
}

impl EditorRequest {
    /// Whether it changes something.
    pub(crate) const fn changes(&self) -> bool {
        !matches!(self.wish, EditorWish::Show { .. })
    }

    /// Does what is asked and gives the story or the article as it is then.
    pub(crate) async fn carry_out(&self, desk: &Desk) -> anyhow::Result<EditorAnswer> {
        let by = self.by.as_str();
        let first = match &self.wish {
            EditorWish::Show { url } => article(desk, url).await?,
            EditorWish::Merge { urls } => {
                let articles = articles(desk, urls).await?;
                merge(desk, &articles).await?;
                articles[0]
            }
            EditorWish::Split { urls } => {
                let articles = articles(desk, urls).await?;
                split(desk, &articles, by).await?;
                articles[0]
            }
            EditorWish::Lead { url, undo } => {
                let article = article(desk, url).await?;
                choose_lead(desk, article, *undo, by).await?;
                article
            }
            EditorWish::Pin { url, undo } => {
                let article = article(desk, url).await?;
                pin(desk, article, *undo, by).await?;
                article
            }
            EditorWish::Boost { url, degrees, hours } => {
                let article = article(desk, url).await?;
                boost(desk, article, *degrees, *hours, by).await?;
                article
            }
            EditorWish::Publish { url } => return self.decided(desk, url, true).await,
            EditorWish::Hold { url } => return self.decided(desk, url, false).await,
            EditorWish::Unset { url, field } => {
                let article = article(desk, url).await?;
                article_edit::unset(desk, article, field).await?;
                return Ok(EditorAnswer::Article(article_edit::shown(desk, article).await?));
            }
        };
        Ok(EditorAnswer::Story(shown(desk, first).await?))
    }

    async fn decided(&self, desk: &Desk, url: &str, published: bool) -> anyhow::Result<EditorAnswer> {
        let article = article(desk, url).await?;
        article_edit::decide(desk, article, published, &self.by).await?;
        Ok(EditorAnswer::Article(article_edit::shown(desk, article).await?))
    }

    /// Leaves the request for the process that works on the site's store, and gives its number.
    pub(crate) async fn leave(&self, letters: &CommandQueue, clock: Clock) -> anyhow::Result<i64> {
        Ok(letters.submit(&serde_json::to_string(self)?, clock.now()).await?)
    }
}

/// The box in which requests to the process that works on a site's store are left.
pub(crate) async fn request_box(site: &Site) -> anyhow::Result<CommandQueue> {
    let file = site.store_file();
    CommandQueue::open(&file).await.with_context(|| format!("store {}", file.display()))
}

/// A request that was carried out or refused, and is not answered yet.
#[derive(Debug)]
pub(crate) struct CarriedOut {
    number: i64,
    outcome: Result<EditorAnswer, String>,
    /// Whether it changed something.
    pub(crate) changes: bool,
}

/// Carries out what editors have asked for by another process, in their order. What can't be done holds nothing up. Should
/// the program end before they are answered, they are carried out once more, which changes nothing.
pub(crate) async fn carry_out_requests(desk: &Desk) -> anyhow::Result<Vec<CarriedOut>> {
    let mut done = Vec::new();
    for (number, text) in desk.store.waiting_commands(AT_ONCE).await? {
        health::heartbeat();
        let (outcome, changes) = carried_out(desk, &text).await;
        if let Err(refusal) = &outcome {
            tracing::warn!(number, "an editor's request was refused: {refusal}");
        }
        done.push(CarriedOut { number, outcome, changes });
    }
    Ok(done)
}

/// Answers requests, after `published` where something was to be published.
pub(crate) async fn answer_requests<P: Published>(
    desk: &Desk,
    done: Vec<CarriedOut>,
    published: Option<&anyhow::Result<P>>,
) -> anyhow::Result<()> {
    for CarriedOut { number, outcome, changes } in done {
        let answer: CommandAnswer = match (outcome, published) {
            (Ok(answer), Some(published)) if changes => {
                text_of(&PublishedAnswer::new(answer, published.as_ref()))
            }
            (Ok(answer), _) => text_of(&answer),
            (Err(refusal), _) => Err(refusal),
        };
        desk.store.answer_command(number, &answer, desk.clock.now()).await?;
    }
    Ok(())
}

fn text_of(answer: &impl Serialize) -> CommandAnswer {
    serde_json::to_string(answer).map_err(|error| error.to_string())
}

/// What came of a request, and whether it changed something.
async fn carried_out(desk: &Desk, text: &str) -> (Result<EditorAnswer, String>, bool) {
    let request: EditorRequest = match serde_json::from_str(text) {
        Ok(request) => request,
        Err(error) => return (Err(format!("this program does not know the request: {error}")), false),
    };
    match request.carry_out(desk).await {
        Ok(answer) => (Ok(answer), request.changes()),
        Err(error) => (Err(format!("{error:#}")), false),
    }
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
    let found = desk.find_article(&url).await?;
    let Some(found) = found else { bail!("no stored article has the address {url}") };
    Ok(found.row.article.id)
}
