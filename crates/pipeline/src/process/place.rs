//! Places articles into stories, in their order, and commits a batch in one transaction.

use std::{collections::HashMap, time::Instant};

use courant_analysis::{group::Grouper, identity};
use courant_model::{ArticleId, BuiltInRule, Member, Reason, RecordPath, Rejection, StoryId, Verdict};
use courant_store::{Batch, CaptureOutcome, KnownArticle, StoredArticle};

use crate::{
    context::Context,
    process::{
        candidate::{Candidate, ParsedArticle, judged},
        full_text, index,
        summary::StageTimes,
    },
    stories::rescore::{score_touched, story_after_merges, to_stored_article},
};

/// Places the candidates of one batch, scores the stories that change, and commits the batch.
pub(crate) async fn place_and_commit(
    context: &Context,
    mut candidates: Vec<Candidate>,
    rejected: Vec<(i64, Rejection)>,
    times: &mut StageTimes,
) -> anyhow::Result<()> {
    let mut index = context.grouper.lock().await;
    let mut grouper = match index.take() {
        Some(grouper) => grouper,
        None => index::rebuild(context).await?,
    };
    let begun = Instant::now();
    give_records_own_ids(context, &mut candidates).await?;
    // Within one second, the order of fetching makes no difference. The sort is stable: of two
    // captures of one article, the later one stays the later one.
    candidates.sort_by_key(|candidate| candidate.prepared.arrival());
    let (candidates, unchanged) =
        full_text::keep_longer_texts(&context.store, &context.rules, candidates).await?;
    let known = known_articles(context, &candidates).await?;
    let mut batch = placed(context, candidates, &known, &mut grouper).await?;
    batch.outcomes.extend(unchanged.into_iter().map(|(number, id)| (number, CaptureOutcome::Article(id))));
    batch.outcomes.extend(
        rejected.into_iter().map(|(number, rejection)| (number, CaptureOutcome::Rejected(rejection))),
    );
    score_touched(context, &mut batch, &known, &[]).await?;
    times.place += begun.elapsed();
    let begun = Instant::now();
    context.store.commit(&batch, context.clock.now()).await?;
    times.commit += begun.elapsed();
    // Only now: after an error above, the index is rebuilt from the store, which does not have this
    // batch.
    *index = Some(grouper);
    Ok(())
}

async fn placed(
    context: &Context,
    candidates: Vec<Candidate>,
    known: &HashMap<ArticleId, KnownArticle>,
    grouper: &mut Grouper,
) -> anyhow::Result<Batch> {
    let ids: Vec<ArticleId> = known.keys().copied().collect();
    let mut places: HashMap<ArticleId, Member> = context
        .store
        .snapshot_rows_of(&ids)
        .await?
        .into_iter()
        .map(|row| (row.article.id, row.member))
        .collect();
    let mut batch = Batch::default();
    let mut position: HashMap<ArticleId, usize> = HashMap::new();
    for Candidate { number, parsed, prepared } in candidates {
        let id = parsed.article.id;
        let member = match places.get(&id) {
            Some(member) => {
                grouper.update(prepared);
                member.clone()
            }
            None if context.site.config.group.enabled => {
                let placement = grouper.place(prepared);
                follow_merges(&placement.merged, &mut places, &mut batch);
                for copy in placement.copies {
                    mark_as_copy(context, id, copy, &mut places, &mut position, &mut batch).await?;
                }
                Member {
                    article: id,
                    story: placement.story,
                    copy_of: placement.copy_of,
                    because: placement.reasons,
                }
            }
            None => {
                Member { article: id, story: StoryId::opened_by(id), copy_of: None, because: grouping_off() }
            }
        };
        places.insert(id, member.clone());
        let stored = stored(context, parsed, member);
        batch.outcomes.push((number, CaptureOutcome::Article(id)));
        // The same article twice in one batch: the later capture replaces the earlier one.
        if let Some(&at) = position.get(&id) {
            batch.articles[at] = stored;
        } else {
            position.insert(id, batch.articles.len());
            batch.articles.push(stored);
        }
    }
    Ok(batch)
}

fn grouping_off() -> Vec<Reason> {
    vec![Reason::new("apart", "grouping is switched off for this site")]
}

/// Marks an article as a copy of `original`, which came later: the article of the agency that it
/// credits.
async fn mark_as_copy(
    context: &Context,
    original: ArticleId,
    copy: ArticleId,
    places: &mut HashMap<ArticleId, Member>,
    position: &mut HashMap<ArticleId, usize>,
    batch: &mut Batch,
) -> anyhow::Result<()> {
    let at = if let Some(&at) = position.get(&copy) {
        at
    } else {
        let Some(row) = context.store.article(copy).await? else { return Ok(()) };
        let mut stored = to_stored_article(row);
        stored.member.story = story_after_merges(stored.member.story, &batch.merged);
        batch.articles.push(stored);
        position.insert(copy, batch.articles.len() - 1);
        batch.articles.len() - 1
    };
    let stored = &mut batch.articles[at];
    let member = &mut stored.member;
    member.copy_of = Some(original);
    member.because.retain(|reason| !matches!(reason.what.as_str(), "copy" | "credit" | "original"));
    member
        .because
        .insert(0, Reason::new("copy", format!("it credits the agency whose own article {original} is")));
    let given = stored.judgement.given_topics();
    stored.judgement = judged(&stored.article, &context.rules, stored.paywalled, true, given.as_deref());
    places.insert(copy, stored.member.clone());
    Ok(())
}

/// Applies merges of stories, caused by an article of this batch, to what was placed before.
fn follow_merges(merged: &[(StoryId, StoryId)], places: &mut HashMap<ArticleId, Member>, batch: &mut Batch) {
    for &(from, into) in merged {
        for member in places.values_mut().filter(|member| member.story == from) {
            member.story = into;
        }
        for stored in batch.articles.iter_mut().filter(|stored| stored.member.story == from) {
            stored.member.story = into;
        }
        batch.merged.push((from, into));
    }
}

/// Two imported records may have the same URL. Both are kept, because both are existing files: the
/// second gets its own id, made of URL and path.
async fn give_records_own_ids(context: &Context, candidates: &mut [Candidate]) -> anyhow::Result<()> {
    let mut taken: HashMap<ArticleId, RecordPath> = known_articles(context, candidates)
        .await?
        .into_values()
        .map(|known| (known.article, known.path))
        .collect();
    for Candidate { parsed, prepared, .. } in candidates {
        let Some(path) = &parsed.path else { continue };
        let id = parsed.article.id;
        if taken.get(&id).is_some_and(|taken| taken != path) {
            parsed.key = format!("{} {path}", parsed.key);
            parsed.article.id = identity::article_id(&parsed.key);
            parsed.identity_steps.push(format!("another record has the same URL; this one is {path}"));
            *prepared = crate::process::candidate::prepared(parsed, &context.rules);
        }
        taken.insert(parsed.article.id, path.clone());
    }
    Ok(())
}

async fn known_articles(
    context: &Context,
    candidates: &[Candidate],
) -> anyhow::Result<HashMap<ArticleId, KnownArticle>> {
    let ids: Vec<ArticleId> = candidates.iter().map(|candidate| candidate.parsed.article.id).collect();
    Ok(context.store.known_articles(&ids).await?.into_iter().map(|known| (known.article, known)).collect())
}

fn stored(context: &Context, parsed: ParsedArticle, member: Member) -> StoredArticle {
    let ParsedArticle {
        article,
        mut judgement,
        identity_steps,
        paywalled,
        path,
        given_topics,
        extra,
        links,
        ..
    } = parsed;
    if member.copy_of.is_some() {
        judgement = judged(&article, &context.rules, paywalled, true, given_topics.as_deref());
    }
    let slug = identity::slug(&article.title);
    StoredArticle {
        article,
        judgement,
        member,
        heat: None,
        verdict: Verdict::new(false, BuiltInRule::NotLead, "not scored yet"),
        slug,
        path,
        identity_steps,
        paywalled,
        extra,
        secured: None,
        links: Some(links),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use courant_model::{NewCapture, SignalKind};

    use super::*;
    use crate::fixtures::{context, page, take_in};

    const TEXT: &str = "LONDON (Reuters) - The swing bridge over the Ottery will stay closed for eleven weeks, the \
        harbour board of Larkfield said on Tuesday, after divers had found cracks in two of its iron wheels. Ferries are to \
        carry the 4,000 people who cross it every day, and lorries have to go round by Halden, 38 miles to the north. The \
        board had been warned twice, in 2019 and in 2023, that the wheels of 1887 were worn, its engineer Ann Tarrow said.";

    fn capture(url: &str, minute: u32) -> NewCapture {
        let html = format!(
            "<title>Swing bridge at Larkfield to close for eleven weeks</title>\
             <meta property='article:published_time' content='2026-01-14T08:{minute:02}:00Z'>\
             <article><h1>Swing bridge at Larkfield to close for eleven weeks</h1><p>{TEXT}</p></article>"
        );
        page(url, html, &format!("2026-01-14T09:{minute:02}:00Z"))
    }

    /// Processes these batches of captures; gives the host of each article and the host of the
    /// article whose copy it is.
    async fn copies(batches: &[&[NewCapture]]) -> BTreeMap<String, Option<String>> {
        let folder = tempfile::tempdir().unwrap();
        let context = context(folder.path(), |_| {}).await;
        for batch in batches {
            take_in(&context, batch).await;
        }
        let rows = context.store.snapshot_rows().await.unwrap();
        let host = |id: ArticleId| {
            let row = rows.iter().find(|row| row.article.id == id);
            row.and_then(|row| row.article.web_url.host_str()).map(str::to_owned)
        };
        let leads = rows.iter().filter(|row| row.heat.is_some()).count();
        assert_eq!(leads, 1, "one story, one lead");
        for row in &rows {
            let is_penalised = row.judgement.signals.iter().any(|signal| signal.kind == SignalKind::Copy);
            assert_eq!(is_penalised, row.member.copy_of.is_some(), "{:?}", row.judgement.signals);
            assert!(row.member.copy_of.is_none() || row.member.because.iter().any(|why| why.what == "copy"));
        }
        rows.iter().map(|row| (host(row.article.id).unwrap(), row.member.copy_of.and_then(host))).collect()
    }

    #[tokio::test]
    async fn reprints_become_copies_of_the_agency_whenever_its_article_comes() {
        let [one, two] = [capture("https://one.example/bridge", 1), capture("https://two.example/bridge", 5)];
        let agency = capture("https://www.reuters.com/world/bridge", 9);
        let expected: BTreeMap<String, Option<String>> = [
            ("one.example", Some("www.reuters.com")),
            ("two.example", Some("www.reuters.com")),
            ("www.reuters.com", None),
        ]
        .into_iter()
        .map(|(host, of)| (host.to_owned(), of.map(str::to_owned)))
        .collect();
        let all = [one.clone(), two.clone(), agency];
        assert_eq!(copies(&[&all]).await, expected, "in one batch");
        let one_by_one = all.each_ref().map(std::slice::from_ref);
        assert_eq!(copies(&one_by_one).await, expected, "one by one");
        let without = copies(&[&[two], &[one]]).await;
        assert_eq!(
            without["one.example"].as_deref(),
            Some("two.example"),
            "the first article stays the original"
        );
    }
}
