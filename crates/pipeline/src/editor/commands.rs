//! What an editor asks about stories and articles, carried out here or left for the process that has the store.

use anyhow::{Context as _, bail};
use courant_model::ArticleId;
use courant_site::Site;
use courant_store::{Answer, RequestBox};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    clock::Clock,
    context::Context,
    editor::{
        article_edit::{self, ArticleShown},
        story_edit::{StoryShown, boost, choose_lead, merge, pin, shown, split},
    },
    publish::summary::Published,
    tasks,
};

/// Requests that are answered in one go.
const AT_ONCE: usize = 64;

/// What is to be done; articles are named by their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum EditorCommand {
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
pub enum EditorAnswer {
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
pub struct PublishedAnswer {
    #[serde(flatten)]
    pub answer: EditorAnswer,
    /// What did not follow the decision, why, and what becomes of it; empty where all did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl PublishedAnswer {
    /// An answer as it was published, or why it could not be.
    pub fn new<P: Published>(answer: EditorAnswer, published: Result<&P, &anyhow::Error>) -> Self {
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
pub struct EditorRequest {
    #[serde(flatten)]
    pub wish: EditorCommand,
    /// Who says so.
    pub by: String,
}

impl EditorRequest {
    /// Whether it changes something.
    pub const fn changes(&self) -> bool {
        !matches!(self.wish, EditorCommand::Show { .. })
    }

    /// Does what is asked and gives the story or the article as it is then.
    pub async fn carry_out(&self, context: &Context) -> anyhow::Result<EditorAnswer> {
        let by = self.by.as_str();
        let first = match &self.wish {
            EditorCommand::Show { url } => article(context, url).await?,
            EditorCommand::Merge { urls } => {
                let articles = articles(context, urls).await?;
                merge(context, &articles).await?;
                articles[0]
            }
            EditorCommand::Split { urls } => {
                let articles = articles(context, urls).await?;
                split(context, &articles, by).await?;
                articles[0]
            }
            EditorCommand::Lead { url, undo } => {
                let article = article(context, url).await?;
                choose_lead(context, article, *undo, by).await?;
                article
            }
            EditorCommand::Pin { url, undo } => {
                let article = article(context, url).await?;
                pin(context, article, *undo, by).await?;
                article
            }
            EditorCommand::Boost { url, degrees, hours } => {
                let article = article(context, url).await?;
                boost(context, article, *degrees, *hours, by).await?;
                article
            }
            EditorCommand::Publish { url } => return self.decided(context, url, true).await,
            EditorCommand::Hold { url } => return self.decided(context, url, false).await,
            EditorCommand::Unset { url, field } => {
                let article = article(context, url).await?;
                article_edit::unset(context, article, field).await?;
                return Ok(EditorAnswer::Article(article_edit::shown(context, article).await?));
            }
        };
        Ok(EditorAnswer::Story(shown(context, first).await?))
    }

    async fn decided(&self, context: &Context, url: &str, published: bool) -> anyhow::Result<EditorAnswer> {
        let article = article(context, url).await?;
        article_edit::decide(context, article, published, &self.by).await?;
        Ok(EditorAnswer::Article(article_edit::shown(context, article).await?))
    }

    /// Leaves the request for the process that works on the site's store, and gives its number.
    pub async fn leave(&self, letters: &RequestBox, clock: Clock) -> anyhow::Result<i64> {
        Ok(letters.ask(&serde_json::to_string(self)?, clock.now()).await?)
    }
}

/// The box in which requests to the process that works on a site's store are left.
pub async fn request_box(site: &Site) -> anyhow::Result<RequestBox> {
    let file = site.store_file();
    RequestBox::open(&file).await.with_context(|| format!("store {}", file.display()))
}

/// A request that was carried out or refused, and is not answered yet.
#[derive(Debug)]
pub struct CarriedOut {
    number: i64,
    outcome: Result<EditorAnswer, String>,
    /// Whether it changed something.
    pub changes: bool,
}

/// Carries out what editors have asked for by another process, in their order. What can't be done holds nothing up. Should
/// the program end before they are answered, they are carried out once more, which changes nothing.
pub async fn carry_out_requests(context: &Context) -> anyhow::Result<Vec<CarriedOut>> {
    let mut done = Vec::new();
    for (number, text) in context.store.waiting_requests(AT_ONCE).await? {
        tasks::heartbeat();
        let (outcome, changes) = carried_out(context, &text).await;
        if let Err(refusal) = &outcome {
            tracing::warn!(number, "an editor's request was refused: {refusal}");
        }
        done.push(CarriedOut { number, outcome, changes });
    }
    Ok(done)
}

/// Answers requests, after `published` where something was to be published.
pub async fn answer_requests<P: Published>(
    context: &Context,
    done: Vec<CarriedOut>,
    published: Option<&anyhow::Result<P>>,
) -> anyhow::Result<()> {
    for CarriedOut { number, outcome, changes } in done {
        let answer: Answer = match (outcome, published) {
            (Ok(answer), Some(published)) if changes => {
                text_of(&PublishedAnswer::new(answer, published.as_ref()))
            }
            (Ok(answer), _) => text_of(&answer),
            (Err(refusal), _) => Err(refusal),
        };
        context.store.answer_request(number, &answer, context.clock.now()).await?;
    }
    Ok(())
}

fn text_of(answer: &impl Serialize) -> Answer {
    serde_json::to_string(answer).map_err(|error| error.to_string())
}

/// What came of a request, and whether it changed something.
async fn carried_out(context: &Context, text: &str) -> (Result<EditorAnswer, String>, bool) {
    let request: EditorRequest = match serde_json::from_str(text) {
        Ok(request) => request,
        Err(error) => return (Err(format!("this program does not know the request: {error}")), false),
    };
    match request.carry_out(context).await {
        Ok(answer) => (Ok(answer), request.changes()),
        Err(error) => (Err(format!("{error:#}")), false),
    }
}

async fn articles(context: &Context, urls: &[String]) -> anyhow::Result<Vec<ArticleId>> {
    let mut articles = Vec::with_capacity(urls.len());
    for url in urls {
        articles.push(article(context, url).await?);
    }
    if articles.is_empty() {
        bail!("name an article by its address");
    }
    Ok(articles)
}

async fn article(context: &Context, url: &str) -> anyhow::Result<ArticleId> {
    let url = Url::parse(url).with_context(|| format!("{url:?} is no address"))?;
    let found = context.find_article(&url).await?;
    let Some(found) = found else { bail!("no stored article has the address {url}") };
    Ok(found.row.article.id)
}
