//! Full texts: if a page has only the beginning of its article, its AMP page or print page often
//! has all of it. Such a page is fetched once; only its text is used.

use std::collections::HashMap;

use anyhow::Context as _;
use courant_model::{Article, ArticleId, ArticleKind, FullTextOf, PendingPage, Timestamp};
use courant_store::Store;
use url::Url;

use crate::{
    process::candidate::{Candidate, ParsedArticle, judged, links_of},
    rules::Rules,
};

/// A page with fewer characters than this is a stub.
const STUB: usize = 500;
/// A page behind a paywall with fewer characters than this is a teaser.
const TEASER: usize = 2000;

/// The first of the `alternatives` (AMP page, print page) that may have the full text, if the page
/// has only the beginning.
pub(crate) fn url_of(
    article: &Article,
    paywalled: bool,
    page_url: &Url,
    alternatives: [Option<&Url>; 2],
) -> Option<Url> {
    let chars = article.text.chars().count();
    let is_cut = chars < STUB || paywalled && chars < TEASER;
    if !is_cut || article.kind != ArticleKind::Article {
        return None;
    }
    alternatives.into_iter().flatten().find(|url| *url != page_url && **url != article.web_url).cloned()
}

/// The full-text pages to fetch for the articles of a batch. Only for articles that came from a
/// source: archives and records are taken as they are.
pub(crate) fn pages_to_fetch(candidates: &[Candidate], now: Timestamp) -> Vec<PendingPage> {
    candidates
        .iter()
        .filter_map(|Candidate { parsed, .. }| {
            let url = parsed.full_text_url.clone()?;
            let full_text_of = FullTextOf {
                article_url: parsed.article.web_url.clone(),
                identity_steps: parsed.identity_steps.clone(),
            };
            Some(PendingPage {
                // Not the canonical key alone, because a source may link to the full-text page
                // itself later.
                key: format!("fuller {}", parsed.key),
                url,
                source: Some(parsed.article.source.clone()?),
                entry: None,
                full_text_of: Some(full_text_of),
                own: true,
                attempts: 0,
                next_try: now,
            })
        })
        .collect()
}

/// Gives each article the longer text, where the batch has a full-text page of a known article, or
/// a stub of an article whose full text is stored. Candidates that change nothing are removed;
/// their capture numbers are returned with the article, so that they can be acknowledged.
pub(crate) async fn keep_longer_texts(
    store: &Store,
    rules: &Rules,
    candidates: Vec<Candidate>,
) -> anyhow::Result<(Vec<Candidate>, Vec<(i64, ArticleId)>)> {
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    let mut unchanged = Vec::new();
    let mut position: HashMap<ArticleId, usize> = HashMap::new();
    for mut candidate in candidates {
        let id = candidate.parsed.article.id;
        let is_stub = candidate.parsed.paywalled || candidate.parsed.full_text_url.is_some();
        let is_unread = candidate.parsed.article.is_unread();
        if candidate.parsed.is_full_text || is_stub || is_unread {
            let known = match position.get(&id) {
                Some(&at) => Some(kept[at].parsed.article.clone()),
                None => stored_article(store, id).await?,
            };
            match known {
                // What another source states about a page replaces neither the page nor what a
                // source stated before.
                Some(known)
                    if is_unread
                        && (!known.is_unread() || known.source != candidate.parsed.article.source) =>
                {
                    unchanged.push((candidate.number, id));
                    continue;
                }
                Some(_) if is_unread => {}
                Some(known) if candidate.parsed.is_full_text => {
                    if !is_clearly_longer(&candidate.parsed.article, &known) {
                        unchanged.push((candidate.number, id));
                        continue;
                    }
                    let Article { text, html, .. } = candidate.parsed.article;
                    candidate.parsed.article = Article { text, html, ..known };
                    judge_again(&mut candidate, rules);
                }
                Some(known) if is_clearly_longer(&known, &candidate.parsed.article) => {
                    candidate.parsed.article.text = known.text;
                    candidate.parsed.article.html = known.html;
                    judge_again(&mut candidate, rules);
                }
                _ => {}
            }
        }
        position.insert(id, kept.len());
        kept.push(candidate);
    }
    Ok((kept, unchanged))
}

/// Whether one text of an article is more than a fifth longer than the other.
fn is_clearly_longer(one: &Article, other: &Article) -> bool {
    one.text.chars().count() * 5 > other.text.chars().count() * 6
}

/// An article as stored, with its text.
async fn stored_article(store: &Store, id: ArticleId) -> anyhow::Result<Option<Article>> {
    let row = store.article(id).await.with_context(|| format!("cannot read article {id}"))?;
    Ok(row.map(|row| row.row.article))
}

/// Judges the article by its new text and prepares it for grouping again.
fn judge_again(candidate: &mut Candidate, rules: &Rules) {
    let ParsedArticle { article, judgement, paywalled, given_topics, links, .. } = &mut candidate.parsed;
    *links = links_of(article, rules);
    *judgement = judged(article, rules, *paywalled, false, given_topics.as_deref());
    candidate.prepared = crate::process::candidate::prepared(&candidate.parsed, rules);
}

#[cfg(test)]
mod tests {
    use courant_model::{CaptureOrigin, NewCapture, Unread};

    use super::*;
    use crate::{
        context::Context,
        fixtures::{NOW, context, page, take_in},
        process::attribution::capture_unread,
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

    fn capture(url: &str, html: String, full_text_of: Option<FullTextOf>) -> NewCapture {
        let source = Some("https://paper.example/feed".to_owned());
        let origin = full_text_of.map_or(CaptureOrigin::Page, CaptureOrigin::FullText);
        NewCapture { source, origin, ..page(url, html, NOW) }
    }

    async fn text_length(context: &Context) -> usize {
        let id = courant_analysis::identity::article_id(&courant_analysis::identity::canonical_key(
            &Url::parse(PAGE).unwrap(),
        ));
        context.store.article_text(id).await.unwrap().unwrap().0.len()
    }

    #[tokio::test]
    async fn the_text_of_a_stub_is_taken_from_its_amp_page() {
        let folder = tempfile::tempdir().unwrap();
        let context = context(folder.path(), |_| {}).await;
        take_in(&context, &[capture(PAGE, article(PAGE, 2), None)]).await;
        let stub = text_length(&context).await;
        assert!(stub < STUB, "{stub}");
        let due = context.store.due_pages(context.clock.now(), 9).await.unwrap();
        assert_eq!(due.iter().map(|page| page.url.as_str()).collect::<Vec<_>>(), [AMP]);

        // The AMP page names another URL as canonical; it is still used for the article for which
        // it was fetched.
        let full_text = capture(AMP, article("https://paper.example/", 20), due[0].full_text_of.clone());
        context.store.captured_page(&due[0].key, &full_text, context.clock.now()).await.unwrap();
        take_in(&context, &[]).await;
        let whole = text_length(&context).await;
        assert!(whole > 5 * stub, "{whole}");
        assert_eq!(context.store.counts().await.unwrap().articles, 1);

        // The page is fetched again: the full text stays, and its page is not fetched again.
        take_in(&context, &[capture(PAGE, article(PAGE, 2), None)]).await;
        assert_eq!(text_length(&context).await, whole);
        assert!(context.store.due_pages(context.clock.now(), 9).await.unwrap().is_empty());
        // If the full text is edited, the new text is used.
        take_in(&context, &[capture(PAGE, article(PAGE, 8), None)]).await;
        assert!((2 * stub..whole).contains(&text_length(&context).await));
    }

    #[tokio::test]
    async fn a_full_text_page_that_fails_or_has_less_text_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let context = context(folder.path(), |_| {}).await;
        take_in(&context, &[capture(PAGE, article(PAGE, 2), None)]).await;
        let stub = text_length(&context).await;
        let due = context.store.due_pages(context.clock.now(), 9).await.unwrap().remove(0);
        let failed =
            capture_unread(due.clone(), context.clock.now(), Unread::Failed("answered 403".to_owned()));
        take_in(&context, &[failed, capture(AMP, article(PAGE, 1), due.full_text_of)]).await;
        assert_eq!(text_length(&context).await, stub);
        assert_eq!(context.store.counts().await.unwrap().articles, 1);
    }

    #[tokio::test]
    async fn complete_articles_and_archives_cause_no_further_fetches() {
        let folder = tempfile::tempdir().unwrap();
        let context = context(folder.path(), |_| {}).await;
        take_in(&context, &[capture(PAGE, article(PAGE, 20), None)]).await;
        let archived = NewCapture { source: None, ..capture(AMP, article(AMP, 2), None) };
        take_in(&context, &[archived]).await;
        assert!(context.store.due_pages(context.clock.now(), 9).await.unwrap().is_empty());
    }
}
