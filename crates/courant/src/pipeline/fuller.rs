//! Fuller versions: where a page shows only the beginning of its article, its AMP page or its version for paper
//! often holds the whole of it. Such a version is fetched once and gives the article its text, nothing else.

use std::collections::HashMap;

use anyhow::Context;
use courant_model::{Article, ArticleId, ArticleKind, NewCapture, PendingPage, Timestamp};
use courant_store::Store;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Understood,
    desk::Rules,
    process::Candidate,
    understand::{judged, links_of},
};

/// Characters below which a page holds a stub.
const STUB: usize = 500;
/// Characters below which a page behind a paywall holds a teaser.
const TEASER: usize = 2000;

/// What is remembered of an article while a fuller version of it is fetched; it travels where an entry would.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VersionOf {
    /// The address of the article.
    pub(super) fuller_text_of: Url,
    /// How its address was settled.
    pub(super) identity_steps: Vec<String>,
}

impl VersionOf {
    /// The note that a capture carries, where it is a fuller version of an article that is known.
    pub(super) fn of(capture: &NewCapture) -> Option<Self> {
        capture.entry.as_deref().and_then(|entry| serde_json::from_str(entry).ok())
    }
}

/// Where the whole text may stand, if the page shows only the beginning of it.
pub(super) fn address(
    article: &Article,
    paywalled: bool,
    from: &Url,
    versions: [Option<&Url>; 2],
) -> Option<Url> {
    let chars = article.text.chars().count();
    let cut = chars < STUB || paywalled && chars < TEASER;
    if !cut || article.kind != ArticleKind::Article {
        return None;
    }
    versions.into_iter().flatten().find(|url| *url != from && **url != article.web_url).cloned()
}

/// The pages to fetch for the articles of a batch. Only what a source has named is followed: archives and records
/// are taken as they stand.
pub(super) fn pages(candidates: &[Candidate], now: Timestamp) -> Vec<PendingPage> {
    candidates
        .iter()
        .filter_map(|Candidate { understood, .. }| {
            let url = understood.fuller.clone()?;
            let note = VersionOf {
                fuller_text_of: understood.article.web_url.clone(),
                identity_steps: understood.identity_steps.clone(),
            };
            Some(PendingPage {
                // Not the address alone: a source may name the version itself one day.
                key: format!("fuller {}", understood.key),
                url,
                source: Some(understood.article.source.clone()?),
                entry: serde_json::to_string(&note).ok(),
                own: true,
                attempts: 0,
                next_try: now,
            })
        })
        .collect()
}

/// Settles which text an article has where a batch holds another version of it, or a stub of what is stored
/// with its whole text already: the fuller text stays. What changes nothing leaves the batch; its number is
/// given, that it may be acknowledged.
pub(super) async fn settle(
    store: &Store,
    rules: &Rules,
    candidates: Vec<Candidate>,
) -> anyhow::Result<(Vec<Candidate>, Vec<(i64, ArticleId)>)> {
    let mut settled: Vec<Candidate> = Vec::with_capacity(candidates.len());
    let mut done = Vec::new();
    let mut position: HashMap<ArticleId, usize> = HashMap::new();
    for mut candidate in candidates {
        let id = candidate.understood.article.id;
        let is_stub = candidate.understood.paywalled || candidate.understood.fuller.is_some();
        let is_unread = candidate.understood.article.is_unread();
        if candidate.understood.version || is_stub || is_unread {
            let known = match position.get(&id) {
                Some(&at) => Some(settled[at].understood.article.clone()),
                None => stored(store, id).await?,
            };
            match known {
                // What somebody else says of a page never takes the place of the page, nor of what another said before.
                Some(known)
                    if is_unread
                        && (!known.is_unread() || known.source != candidate.understood.article.source) =>
                {
                    done.push((candidate.number, id));
                    continue;
                }
                Some(_) if is_unread => {}
                Some(known) if candidate.understood.version => {
                    if !is_fuller(&candidate.understood.article, &known) {
                        done.push((candidate.number, id));
                        continue;
                    }
                    let Article { text, html, .. } = candidate.understood.article;
                    candidate.understood.article = Article { text, html, ..known };
                    again(&mut candidate, rules);
                }
                Some(known) if is_fuller(&known, &candidate.understood.article) => {
                    candidate.understood.article.text = known.text;
                    candidate.understood.article.html = known.html;
                    again(&mut candidate, rules);
                }
                _ => {}
            }
        }
        position.insert(id, settled.len());
        settled.push(candidate);
    }
    Ok((settled, done))
}

/// Whether one text of an article holds clearly more than another.
fn is_fuller(one: &Article, other: &Article) -> bool {
    one.text.chars().count() * 5 > other.text.chars().count() * 6
}

/// An article as stored, with its text.
async fn stored(store: &Store, id: ArticleId) -> anyhow::Result<Option<Article>> {
    let row = store.article(id).await.with_context(|| format!("article {id} could not be read"))?;
    Ok(row.map(|row| row.row.article))
}

/// Judges the article by its new text and makes it ready for grouping.
fn again(candidate: &mut Candidate, rules: &Rules) {
    let Understood { article, judgement, paywalled, given_topics, links, .. } = &mut candidate.understood;
    *links = links_of(article, rules);
    *judgement = judged(article, rules, *paywalled, false, given_topics.as_deref());
    candidate.prepared = super::process::prepared(&candidate.understood, rules);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{
        Desk,
        attribution::{Unread, capture_unread},
        fixtures::{NOW, desk, page, take_in},
    };

    const PAGE: &str = "https://paper.example/2026/01/14/the-old-mill-is-kept";
    const AMP: &str = "https://paper.example/amp/2026/01/14/the-old-mill-is-kept";

    fn article(canonical: &str, paragraphs: usize) -> String {
        let paragraph = "<p>The council met on Tuesday, and after a long debate it agreed that the mill shall be kept.</p>";
        format!(
            "<html><head><title>The old mill is kept</title><link rel=canonical href='{canonical}'>\
             <link rel=amphtml href='{AMP}'><meta property='article:published_time' content='2026-01-14T08:00:00Z'>\
             </head><body><article><h1>The old mill is kept</h1>{}</article></body></html>",
            paragraph.repeat(paragraphs)
        )
    }

    fn capture(url: &str, html: String, entry: Option<String>) -> NewCapture {
        let source = Some("https://paper.example/feed".to_owned());
        NewCapture { source, entry, ..page(url, html, NOW) }
    }

    async fn letters(desk: &Desk) -> usize {
        let id = courant_analysis::identity::article_id(&courant_analysis::identity::canonical_key(
            &Url::parse(PAGE).unwrap(),
        ));
        desk.store.article_text(id).await.unwrap().unwrap().0.len()
    }

    #[tokio::test]
    async fn the_text_of_a_stub_is_taken_from_its_amp_page() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path(), |_| {}).await;
        take_in(&desk, &[capture(PAGE, article(PAGE, 2), None)]).await;
        let stub = letters(&desk).await;
        assert!(stub < STUB, "{stub}");
        let due = desk.store.due_pages(desk.clock.now(), 9).await.unwrap();
        assert_eq!(due.iter().map(|page| page.url.as_str()).collect::<Vec<_>>(), [AMP]);

        // The AMP page calls another address canonical; it was fetched for this article all the same.
        let version = capture(AMP, article("https://paper.example/", 20), due[0].entry.clone());
        desk.store.captured_page(&due[0].key, &version, desk.clock.now()).await.unwrap();
        take_in(&desk, &[]).await;
        let whole = letters(&desk).await;
        assert!(whole > 5 * stub, "{whole}");
        assert_eq!(desk.store.counts().await.unwrap().articles, 1);

        // The page is fetched again: the whole text stays, and its version is not fetched again.
        take_in(&desk, &[capture(PAGE, article(PAGE, 2), None)]).await;
        assert_eq!(letters(&desk).await, whole);
        assert!(desk.store.due_pages(desk.clock.now(), 9).await.unwrap().is_empty());
        // An edit of the whole text counts.
        take_in(&desk, &[capture(PAGE, article(PAGE, 8), None)]).await;
        assert!((2 * stub..whole).contains(&letters(&desk).await));
    }

    #[tokio::test]
    async fn a_version_that_cannot_be_had_or_holds_less_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path(), |_| {}).await;
        take_in(&desk, &[capture(PAGE, article(PAGE, 2), None)]).await;
        let stub = letters(&desk).await;
        let due = desk.store.due_pages(desk.clock.now(), 9).await.unwrap().remove(0);
        let lost = capture_unread(due.clone(), desk.clock.now(), &Unread::Failed("answered 403".to_owned()));
        take_in(&desk, &[lost, capture(AMP, article(PAGE, 1), due.entry)]).await;
        assert_eq!(letters(&desk).await, stub);
        assert_eq!(desk.store.counts().await.unwrap().articles, 1);
    }

    #[tokio::test]
    async fn whole_articles_and_archives_lead_to_no_further_fetches() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path(), |_| {}).await;
        take_in(&desk, &[capture(PAGE, article(PAGE, 20), None)]).await;
        let archived = NewCapture { source: None, ..capture(AMP, article(AMP, 2), None) };
        take_in(&desk, &[archived]).await;
        assert!(desk.store.due_pages(desk.clock.now(), 9).await.unwrap().is_empty());
    }
}
