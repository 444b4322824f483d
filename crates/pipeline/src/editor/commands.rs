//! Editors' commands about stories and articles. They are carried out here, or queued for the
//! process that has the store open.

use anyhow::{Context as _, bail};
use courant_model::ArticleId;
use courant_site::Site;
use courant_store::{CommandAnswer, CommandQueue};
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

/// Maximum number of requests carried out in one pass.
const MAX_REQUESTS_PER_PASS: usize = 64;

/// What to do. Articles are given by their URLs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum EditorCommand {
    /// Show the story; nothing changes.
    Show { url: String },
    /// Merge the stories of these articles.
    Merge { urls: Vec<String> },
    /// Split these articles off from their story.
    Split { urls: Vec<String> },
    /// Make the article the lead of its story, or with `undo` let the machine choose again.
    Lead { url: String, undo: bool },
    /// Pin the story of the article to the top of the front page, or with `undo` unpin it.
    Pin { url: String, undo: bool },
    /// Add degrees of heat to the story of the article for some hours; 0 degrees remove the boost.
    Boost { url: String, degrees: i32, hours: u32 },
    /// Publish the article, regardless of the gate.
    Publish { url: String },
    /// Hold the article, regardless of the gate.
    Hold { url: String },
    /// Remove the override of a field of the article's record.
    Unset { url: String, field: String },
}

/// The answer to a command: the story or the article after it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EditorAnswer {
    Story(StoryShown),
    Article(ArticleShown),
}

impl EditorAnswer {
    /// The articles in this answer.
    fn articles(&self) -> Vec<ArticleId> {
        match self {
            Self::Story(story) => story.members.iter().map(|member| member.article).collect(),
            Self::Article(article) => vec![article.article],
        }
    }
}

/// An answer, and the problems with publishing it.
#[derive(Debug, Serialize, Deserialize)]
pub struct PublishedAnswer {
    #[serde(flatten)]
    pub answer: EditorAnswer,
    /// Outputs that do not reflect the decision yet, why, and what happens next; empty if all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl PublishedAnswer {
    /// An answer with the outcome of publishing it.
    pub fn new<P: Published>(answer: EditorAnswer, published: Result<&P, &anyhow::Error>) -> Self {
        let problems = match published {
            Ok(published) => published.problems(&answer.articles()),
            Err(error) => vec![format!(
                "the decision is stored but not published yet, readers still see the old state: {error:#}; the next \
                 round tries again"
            )],
        };
        Self { answer, problems }
    }
}

/// An editor's command about a story or an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorRequest {
    #[serde(flatten)]
    pub wish: EditorCommand,
    /// The editor's name.
    pub by: String,
}

impl EditorRequest {
    /// Whether the command changes anything.
    pub const fn changes(&self) -> bool {
        !matches!(self.wish, EditorCommand::Show { .. })
    }

    /// Carries out the command and returns the story or the article after it.
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

    /// Queues the request for the process that has the site's store open, and returns its number.
    pub async fn leave(&self, requests: &CommandQueue, clock: Clock) -> anyhow::Result<i64> {
        Ok(requests.submit(&serde_json::to_string(self)?, clock.now()).await?)
    }
}

/// The queue of requests to the process that has the site's store open.
pub async fn request_box(site: &Site) -> anyhow::Result<CommandQueue> {
    let file = site.store_file();
    CommandQueue::open(&file).await.with_context(|| format!("store {}", file.display()))
}

/// A request that was carried out or refused, but not answered yet.
#[derive(Debug)]
pub struct CarriedOut {
    number: i64,
    outcome: Result<EditorAnswer, String>,
    /// Whether it changed anything.
    pub changes: bool,
}

/// Carries out the requests that editors have queued from other processes, in their order. A
/// refused request does not hold up the others. Requests that are not answered before the program
/// ends are carried out again, which changes nothing.
pub async fn carry_out_requests(context: &Context) -> anyhow::Result<Vec<CarriedOut>> {
    let mut done = Vec::new();
    for (number, text) in context.store.waiting_commands(MAX_REQUESTS_PER_PASS).await? {
        tasks::heartbeat();
        let (outcome, changes) = carried_out(context, &text).await;
        if let Err(refusal) = &outcome {
            tracing::warn!(number, error = %refusal, "an editor's request was refused");
        }
        done.push(CarriedOut { number, outcome, changes });
    }
    Ok(done)
}

/// Answers requests. `published` is the outcome of publishing, if anything was to be published.
pub async fn answer_requests<P: Published>(
    context: &Context,
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
        context.store.answer_command(number, &answer, context.clock.now()).await?;
    }
    Ok(())
}

fn text_of(answer: &impl Serialize) -> CommandAnswer {
    serde_json::to_string(answer).map_err(|error| error.to_string())
}

/// The outcome of a request, and whether it changed anything.
async fn carried_out(context: &Context, text: &str) -> (Result<EditorAnswer, String>, bool) {
    let request: EditorRequest = match serde_json::from_str(text) {
        Ok(request) => request,
        Err(error) => {
            return (
                Err(format!("unknown request; the two programs may have different versions: {error}")),
                false,
            );
        }
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
        bail!("give at least one article URL");
    }
    Ok(articles)
}

async fn article(context: &Context, url: &str) -> anyhow::Result<ArticleId> {
    let url = Url::parse(url).with_context(|| format!("{url:?} is not a URL"))?;
    let found = context.find_article(&url).await?;
    let Some(found) = found else { bail!("no stored article has the URL {url}") };
    Ok(found.row.article.id)
}
