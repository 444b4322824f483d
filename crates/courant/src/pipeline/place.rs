//! Placing articles into stories, in their order, and committing a batch in one transaction.

use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

use courant_analysis::{group::Grouper, identity};
use courant_model::{ArticleId, Heat, Member, Reason, Rejection, StoryId, Timestamp, Verdict};
use courant_store::{Batch, CaptureOutcome, Standing, StoredArticle, StoryMember};

use super::{
    Desk, StageTimes, Understood,
    process::Candidate,
    standing::standings,
    understand::judged,
};

/// Places the candidates of one batch and commits everything that follows from it.
pub(super) async fn place_and_commit(
    desk: &Desk,
    candidates: Vec<Candidate>,
    rejected: Vec<(i64, Rejection)>,
    times: &mut StageTimes,
) -> anyhow::Result<()> {
    let mut index = desk.grouper.lock().await;
    let mut grouper = match index.take() {
        Some(grouper) => grouper,
        None => desk.rebuilt_grouper().await?,
    };
    let begun = Instant::now();
    let mut batch = placed(desk, candidates, &mut grouper).await?;
    batch.outcomes.extend(rejected.into_iter().map(|(number, rejection)| (number, CaptureOutcome::Rejected(rejection))));
    stand(desk, &mut batch).await?;
    times.place += begun.elapsed();
    let begun = Instant::now();
    desk.store.commit(&batch).await?;
    times.commit += begun.elapsed();
    // Only now: after an error above the index is rebuilt from the store, which then knows less.
    *index = Some(grouper);
    Ok(())
}

async fn placed(desk: &Desk, candidates: Vec<Candidate>, grouper: &mut Grouper) -> anyhow::Result<Batch> {
    let ids: Vec<ArticleId> = candidates.iter().map(|candidate| candidate.understood.article.id).collect();
    let mut places: HashMap<ArticleId, Member> =
        desk.store.members(&ids).await?.into_iter().map(|member| (member.article, member)).collect();
    let mut batch = Batch::default();
    let mut position: HashMap<ArticleId, usize> = HashMap::new();
    for Candidate { number, mut understood, prepared } in candidates {
        let prepared = settle_record_identity(desk, &mut understood, prepared, &batch, &position).await?;
        let id = understood.article.id;
        let member = match places.get(&id) {
            Some(member) => {
                grouper.update(prepared);
                member.clone()
            }
            None if desk.site.config.group.enabled => {
                let placement = grouper.place(prepared);
                follow_merges(&placement.merged, &mut places, &mut batch);
                Member { article: id, story: placement.story, copy_of: placement.copy_of, because: placement.because }
            }
            None => Member { article: id, story: StoryId::opened_by(id), copy_of: None, because: apart() },
        };
        places.insert(id, member.clone());
        let stored = stored(desk, understood, member);
        batch.outcomes.push((number, CaptureOutcome::Article(id)));
        // The same article twice in one batch: the later capture is the article now.
        match position.get(&id) {
            Some(&at) => batch.articles[at] = stored,
            None => {
                position.insert(id, batch.articles.len());
                batch.articles.push(stored);
            }
        }
    }
    Ok(batch)
}

fn apart() -> Vec<Reason> {
    vec![Reason::new("apart", "grouping is switched off for this site")]
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
async fn settle_record_identity(
    desk: &Desk,
    understood: &mut Understood,
    prepared: courant_analysis::group::Prepared,
    batch: &Batch,
    position: &HashMap<ArticleId, usize>,
) -> anyhow::Result<courant_analysis::group::Prepared> {
    let Some(path) = &understood.path else { return Ok(prepared) };
    let id = understood.article.id;
    let taken = match position.get(&id) {
        Some(&at) => batch.articles[at].path.clone(),
        None => desk.store.record_path(id).await?,
    };
    if taken.is_none_or(|taken| &taken == path) {
        return Ok(prepared);
    }
    understood.key = format!("{} {path}", understood.key);
    understood.article.id = identity::article_id(&understood.key);
    understood.identity_steps.push(format!("another record names the same address; this one is {path}"));
    Ok(prepared.with_id(understood.article.id))
}

fn stored(desk: &Desk, understood: Understood, member: Member) -> StoredArticle {
    let Understood { article, mut judgement, identity_steps, paywalled, path, given_topics, extra, .. } = understood;
    if member.copy_of.is_some() {
        judgement = judged(&article, &desk.rules, paywalled, true, given_topics.as_deref());
    }
    let slug = identity::slug(&article.title);
    StoredArticle {
        article,
        judgement,
        member,
        heat: Heat::NOT_LEAD,
        verdict: Verdict { published: false, rule: "unplaced".to_owned(), because: "not weighed yet".to_owned() },
        slug,
        path,
        identity_steps,
        extra,
        secured: None,
    }
}

/// Weighs every story that the batch touches and writes heat and verdict into it.
async fn stand(desk: &Desk, batch: &mut Batch) -> anyhow::Result<()> {
    let mut touched: BTreeSet<StoryId> = batch.articles.iter().map(|stored| stored.member.story).collect();
    touched.extend(batch.merged.iter().flat_map(|&(from, into)| [from, into]));
    let touched: Vec<StoryId> = touched.into_iter().collect();
    let mut stories: HashMap<StoryId, Vec<StoryMember>> = HashMap::new();
    let fresh: HashMap<ArticleId, usize> =
        batch.articles.iter().enumerate().map(|(at, stored)| (stored.article.id, at)).collect();
    for mut member in desk.store.story_members(&touched).await? {
        if fresh.contains_key(&member.article) {
            continue;
        }
        member.story = present_story(member.story, &batch.merged);
        stories.entry(member.story).or_default().push(member);
    }
    for stored in &batch.articles {
        stories.entry(stored.member.story).or_default().push(StoryMember::of(stored));
    }
    let editors = editors_words(desk, &stories).await?;
    let now = desk.clock.now();
    let every = desk.site.topics.is_empty();
    let mut order: Vec<StoryId> = stories.keys().copied().collect();
    order.sort_unstable();
    for story in order {
        for standing in standings(&stories[&story], now, &desk.rules, every, |id| editors.get(&id).copied()) {
            match fresh.get(&standing.article) {
                Some(&at) => {
                    batch.articles[at].heat = standing.heat;
                    batch.articles[at].verdict = standing.verdict;
                }
                None => batch.standings.push(standing),
            }
        }
    }
    Ok(())
}

fn present_story(story: StoryId, merged: &[(StoryId, StoryId)]) -> StoryId {
    merged.iter().fold(story, |story, &(from, into)| if story == from { into } else { story })
}

async fn editors_words(
    desk: &Desk,
    stories: &HashMap<StoryId, Vec<StoryMember>>,
) -> anyhow::Result<HashMap<ArticleId, bool>> {
    let ids: Vec<ArticleId> = stories.values().flatten().map(|member| member.article).collect();
    let words = desk.store.overrides_of(&ids).await?;
    Ok(words
        .into_iter()
        .filter(|word| word.field == "published")
        .filter_map(|word| word.value.as_bool().map(|published| (word.article, published)))
        .collect())
}

/// Weighs all stories anew at `now` and stores what has changed: heat cools while nothing else happens.
pub(super) fn changed_standings(
    desk: &Desk,
    members: Vec<StoryMember>,
    editors: &HashMap<ArticleId, bool>,
    now: Timestamp,
) -> Vec<Standing> {
    let mut stories: std::collections::BTreeMap<StoryId, Vec<StoryMember>> = std::collections::BTreeMap::new();
    for member in members {
        stories.entry(member.story).or_default().push(member);
    }
    let every = desk.site.topics.is_empty();
    stories
        .values()
        .flat_map(|members| {
            let new = standings(members, now, &desk.rules, every, |id| editors.get(&id).copied());
            new.into_iter().zip(members).filter_map(|(new, old)| {
                (new.heat != old.heat || new.verdict != old.verdict).then_some(new)
            })
        })
        .collect()
}
