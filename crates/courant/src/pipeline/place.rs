//! Placing articles into stories, in their order, and committing a batch in one transaction.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use courant_analysis::{group::Grouper, identity, judge::GIVEN_TOPIC_REASON};
use courant_model::{ArticleId, Heat, Member, Reason, RecordPath, Rejection, StoryId, TopicMatch, Verdict};
use courant_store::{ArticleRow, Batch, CaptureOutcome, KnownArticle, Standing, StoredArticle};

use super::{
    Desk, StageTimes, Understood,
    attention::Attention,
    fuller,
    process::Candidate,
    standing::{Placed, Words, standings},
    understand::judged,
};

/// Rebuilds the index of stories where there is none yet. This is done before captures are claimed: a program that is
/// killed meanwhile says nothing against them, and must not count as one of their attempts.
pub(super) async fn prepare_index(desk: &Desk) -> anyhow::Result<()> {
    let mut index = desk.grouper.lock().await;
    if index.is_none() {
        *index = Some(desk.rebuilt_grouper().await?);
    }
    Ok(())
}

/// Places the candidates of one batch and commits everything that follows from it.
pub(super) async fn place_and_commit(
    desk: &Desk,
    mut candidates: Vec<Candidate>,
    rejected: Vec<(i64, Rejection)>,
    times: &mut StageTimes,
) -> anyhow::Result<()> {
    let mut index = desk.grouper.lock().await;
    let mut grouper = match index.take() {
        Some(grouper) => grouper,
        None => desk.rebuilt_grouper().await?,
    };
    let begun = Instant::now();
    settle_record_identities(desk, &mut candidates).await?;
    // So the order in which a batch was fetched makes no difference inside one second. The sort is stable: of two
    // captures of one article the later stays the later.
    candidates.sort_by_key(|candidate| candidate.prepared.arrival());
    let (candidates, done) = fuller::settle(&desk.store, &desk.rules, candidates).await?;
    let known = known_articles(desk, &candidates).await?;
    let mut batch = placed(desk, candidates, &known, &mut grouper).await?;
    batch.outcomes.extend(done.into_iter().map(|(number, id)| (number, CaptureOutcome::Article(id))));
    batch.outcomes.extend(
        rejected.into_iter().map(|(number, rejection)| (number, CaptureOutcome::Rejected(rejection))),
    );
    batch.at = Some(desk.clock.now());
    stand(desk, &mut batch, &known, &[]).await?;
    times.place += begun.elapsed();
    let begun = Instant::now();
    desk.store.commit(&batch).await?;
    times.commit += begun.elapsed();
    // Only now: after an error above the index is rebuilt from the store, which then knows less.
    *index = Some(grouper);
    Ok(())
}

async fn placed(
    desk: &Desk,
    candidates: Vec<Candidate>,
    known: &HashMap<ArticleId, KnownArticle>,
    grouper: &mut Grouper,
) -> anyhow::Result<Batch> {
    let ids: Vec<ArticleId> = known.keys().copied().collect();
    let mut places: HashMap<ArticleId, Member> = desk
        .store
        .snapshot_rows_of(&ids)
        .await?
        .into_iter()
        .map(|row| (row.article.id, row.member))
        .collect();
    let mut batch = Batch::default();
    let mut position: HashMap<ArticleId, usize> = HashMap::new();
    for Candidate { number, understood, prepared } in candidates {
        let id = understood.article.id;
        let member = match places.get(&id) {
            Some(member) => {
                grouper.update(prepared);
                member.clone()
            }
            None if desk.site.config.group.enabled => {
                let placement = grouper.place(prepared);
                follow_merges(&placement.merged, &mut places, &mut batch);
                for copy in placement.copies {
                    yield_to(desk, id, copy, &mut places, &mut position, &mut batch).await?;
                }
                Member {
                    article: id,
                    story: placement.story,
                    copy_of: placement.copy_of,
                    because: placement.reasons,
                }
            }
            None => Member { article: id, story: StoryId::opened_by(id), copy_of: None, because: apart() },
        };
        places.insert(id, member.clone());
        let stored = stored(desk, understood, member);
        batch.outcomes.push((number, CaptureOutcome::Article(id)));
        // The same article twice in one batch: the later capture is the article now.
        if let Some(&at) = position.get(&id) {
            batch.articles[at] = stored;
        } else {
            position.insert(id, batch.articles.len());
            batch.articles.push(stored);
        }
    }
    Ok(batch)
}

fn apart() -> Vec<Reason> {
    vec![Reason::new("apart", "grouping is switched off for this site")]
}

/// Makes an article the copy of one that came later: the agency's own, which it credits.
async fn yield_to(
    desk: &Desk,
    original: ArticleId,
    copy: ArticleId,
    places: &mut HashMap<ArticleId, Member>,
    position: &mut HashMap<ArticleId, usize>,
    batch: &mut Batch,
) -> anyhow::Result<()> {
    let at = if let Some(&at) = position.get(&copy) {
        at
    } else {
        let Some(row) = desk.store.article(copy).await? else { return Ok(()) };
        let mut stored = stored_again(row);
        stored.member.story = present_story(stored.member.story, &batch.merged);
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
    let judgement = &stored.judgement;
    let paywalled = judgement.signals.iter().any(|signal| signal.name == "paywall");
    let is_given = |topic: &TopicMatch| topic.because.iter().any(|because| because == GIVEN_TOPIC_REASON);
    let given: Option<Vec<String>> = judgement
        .topics
        .iter()
        .any(is_given)
        .then(|| judgement.topics.iter().map(|topic| topic.name.clone()).collect());
    stored.judgement = judged(&stored.article, &desk.rules, paywalled, true, given.as_deref());
    places.insert(copy, stored.member.clone());
    Ok(())
}

/// What is stored about an article, to be stored once more.
pub(super) fn stored_again(row: ArticleRow) -> StoredArticle {
    let ArticleRow { row, slug, identity_steps, .. } = row;
    StoredArticle {
        article: row.article,
        judgement: row.judgement,
        member: row.member,
        heat: row.heat,
        verdict: row.verdict,
        slug,
        path: None,
        identity_steps,
        extra: row.extra,
        secured: row.secured,
        links: None,
    }
}

/// Moves what this batch has placed so far along with merges that a later article of it brought about.
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

/// Two imported records may name the same address. Both are kept, because both are files that exist: the
/// second gets an identity of its own, made of address and path.
async fn settle_record_identities(desk: &Desk, candidates: &mut [Candidate]) -> anyhow::Result<()> {
    let mut taken: HashMap<ArticleId, RecordPath> = known_articles(desk, candidates)
        .await?
        .into_values()
        .map(|known| (known.article, known.path))
        .collect();
    for Candidate { understood, prepared, .. } in candidates {
        let Some(path) = &understood.path else { continue };
        let id = understood.article.id;
        if taken.get(&id).is_some_and(|taken| taken != path) {
            understood.key = format!("{} {path}", understood.key);
            understood.article.id = identity::article_id(&understood.key);
            understood
                .identity_steps
                .push(format!("another record names the same address; this one is {path}"));
            *prepared = super::process::prepared(understood, &desk.rules);
        }
        taken.insert(understood.article.id, path.clone());
    }
    Ok(())
}

async fn known_articles(
    desk: &Desk,
    candidates: &[Candidate],
) -> anyhow::Result<HashMap<ArticleId, KnownArticle>> {
    let ids: Vec<ArticleId> = candidates.iter().map(|candidate| candidate.understood.article.id).collect();
    Ok(desk.store.known_articles(&ids).await?.into_iter().map(|known| (known.article, known)).collect())
}

fn stored(desk: &Desk, understood: Understood, member: Member) -> StoredArticle {
    let Understood {
        article,
        mut judgement,
        identity_steps,
        paywalled,
        path,
        given_topics,
        extra,
        links,
        ..
    } = understood;
    if member.copy_of.is_some() {
        judgement = judged(&article, &desk.rules, paywalled, true, given_topics.as_deref());
    }
    let slug = identity::slug(&article.title);
    StoredArticle {
        article,
        judgement,
        member,
        heat: Heat::NOT_LEAD,
        verdict: Verdict {
            published: false,
            rule: "unplaced".to_owned(),
            because: "not weighed yet".to_owned(),
            ..Verdict::default()
        },
        slug,
        path,
        identity_steps,
        extra,
        secured: None,
        links: Some(links),
    }
}

/// Weighs every story that the batch touches, and these beside them, and writes heat and verdict into it.
pub(super) async fn stand(
    desk: &Desk,
    batch: &mut Batch,
    known: &HashMap<ArticleId, KnownArticle>,
    beside: &[StoryId],
) -> anyhow::Result<()> {
    let mut touched: BTreeSet<StoryId> = batch.articles.iter().map(|stored| stored.member.story).collect();
    touched.extend(beside);
    touched.extend(batch.merged.iter().flat_map(|&(from, into)| [from, into]));
    let touched: Vec<StoryId> = touched.into_iter().collect();
    let fresh: HashMap<ArticleId, usize> =
        batch.articles.iter().enumerate().map(|(at, stored)| (stored.article.id, at)).collect();
    let members = desk.store.story_members(&touched).await?;
    let others: Vec<ArticleId> =
        members.iter().map(|member| member.article).filter(|id| !fresh.contains_key(id)).collect();
    let rows = desk.store.snapshot_rows_of(&others).await?;
    let mut everyone = others;
    everyone.extend(fresh.keys());
    let said = desk.store.overrides_of(&everyone).await?;
    let words = Words::of(&said);

    let mut stories: BTreeMap<StoryId, Vec<Placed<'_>>> = BTreeMap::new();
    for row in &rows {
        let story = present_story(row.member.story, &batch.merged);
        stories.entry(story).or_default().push(Placed::row(row, story));
    }
    for stored in &batch.articles {
        let first_seen = known.get(&stored.article.id).map(|known| known.first_seen);
        stories.entry(stored.member.story).or_default().push(Placed::fresh(stored, first_seen));
    }
    let now = desk.clock.now();
    let every = desk.site.topics.is_empty();
    let story_of: HashMap<ArticleId, StoryId> =
        stories.iter().flat_map(|(&story, members)| members.iter().map(move |of| (of.id(), story))).collect();
    let mut attention = Attention::of(&desk.store, &desk.rules.heat, now, &everyone).await?.with_boosts(
        &said,
        |article| story_of.get(&article).copied(),
        now,
    );
    attention.with_batch(&batch.articles, &desk.rules.heat, |story| present_story(story, &batch.merged));
    let weighed = |attention: &Attention| -> Vec<Standing> {
        let stand = |members: &Vec<_>| standings(members, now, &desk.rules, every, &words, attention);
        stories.values().flat_map(stand).collect()
    };
    let mut standings = weighed(&attention);
    if attention.note_dropped(&standings) {
        standings = weighed(&attention);
    }
    for standing in standings {
        match fresh.get(&standing.article) {
            Some(&at) => {
                batch.articles[at].heat = standing.heat;
                batch.articles[at].verdict = standing.verdict;
            }
            None => batch.standings.push(standing),
        }
    }
    Ok(())
}

fn present_story(story: StoryId, merged: &[(StoryId, StoryId)]) -> StoryId {
    merged.iter().fold(story, |story, &(from, into)| if story == from { into } else { story })
}

#[cfg(test)]
mod tests {
    use courant_model::NewCapture;

    use super::*;
    use crate::pipeline::fixtures::{desk, page, take_in};

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

    /// Takes these in, each of the lists at once, and gives of each article its host and whose copy it is.
    async fn copies(batches: &[&[NewCapture]]) -> BTreeMap<String, Option<String>> {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path(), |_| {}).await;
        for batch in batches {
            take_in(&desk, batch).await;
        }
        let rows = desk.store.snapshot_rows().await.unwrap();
        let host = |id: ArticleId| {
            let row = rows.iter().find(|row| row.article.id == id);
            row.and_then(|row| row.article.web_url.host_str()).map(str::to_owned)
        };
        let leads = rows.iter().filter(|row| row.heat != Heat::NOT_LEAD).count();
        assert_eq!(leads, 1, "one story, one lead");
        for row in &rows {
            let pays = row.judgement.signals.iter().any(|signal| signal.name == "copy");
            assert_eq!(pays, row.member.copy_of.is_some(), "{:?}", row.judgement.signals);
            assert!(row.member.copy_of.is_none() || row.member.because.iter().any(|why| why.what == "copy"));
        }
        rows.iter().map(|row| (host(row.article.id).unwrap(), row.member.copy_of.and_then(host))).collect()
    }

    #[tokio::test]
    async fn reprints_yield_to_the_agency_whenever_its_article_comes() {
        let [one, two] = [capture("https://one.example/bridge", 1), capture("https://two.example/bridge", 5)];
        let agency = capture("https://www.reuters.com/world/bridge", 9);
        let wanted: BTreeMap<String, Option<String>> = [
            ("one.example", Some("www.reuters.com")),
            ("two.example", Some("www.reuters.com")),
            ("www.reuters.com", None),
        ]
        .into_iter()
        .map(|(host, of)| (host.to_owned(), of.map(str::to_owned)))
        .collect();
        let all = [one.clone(), two.clone(), agency];
        assert_eq!(copies(&[&all]).await, wanted, "in one batch");
        let apart = all.each_ref().map(std::slice::from_ref);
        assert_eq!(copies(&apart).await, wanted, "one after the other");
        let without = copies(&[&[two], &[one]]).await;
        assert_eq!(without["one.example"].as_deref(), Some("two.example"), "the first to come stays");
    }
}
