//! Scores the stories that a batch of changes touches, before it is committed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use courant_model::{ArticleId, StoryId};
use courant_store::{ArticleRow, Batch, KnownArticle, StoredArticle};

use crate::{
    context::Context,
    stories::{heat_inputs::HeatInputs, member::StoryMember, overrides::Overrides, score::Scorer},
};

/// A stored article, to be stored again as part of a batch.
pub(crate) fn to_stored_article(row: ArticleRow) -> StoredArticle {
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
        paywalled: row.paywalled,
        extra: row.extra,
        secured: row.secured,
        links: None,
    }
}

/// Scores every story that the batch touches, and the stories in `others`, and writes heat and
/// verdicts into the batch.
pub(crate) async fn score_touched(
    context: &Context,
    batch: &mut Batch,
    known: &HashMap<ArticleId, KnownArticle>,
    others: &[StoryId],
) -> anyhow::Result<()> {
    let mut touched: BTreeSet<StoryId> = batch.articles.iter().map(|stored| stored.member.story).collect();
    touched.extend(others);
    touched.extend(batch.merged.iter().flat_map(|&(from, into)| [from, into]));
    let touched: Vec<StoryId> = touched.into_iter().collect();
    let fresh: HashMap<ArticleId, usize> =
        batch.articles.iter().enumerate().map(|(at, stored)| (stored.article.id, at)).collect();
    let members = context.store.story_members(&touched).await?;
    let stored: Vec<ArticleId> =
        members.iter().map(|member| member.article).filter(|id| !fresh.contains_key(id)).collect();
    let rows = context.store.snapshot_rows_of(&stored).await?;
    let mut all = stored;
    all.extend(fresh.keys());
    let stored_overrides = context.store.overrides_of(&all).await?;
    let overrides = Overrides::of(&stored_overrides);

    let mut stories: BTreeMap<StoryId, Vec<StoryMember<'_>>> = BTreeMap::new();
    for row in &rows {
        let story = story_after_merges(row.member.story, &batch.merged);
        stories.entry(story).or_default().push(StoryMember::row(row, story));
    }
    for stored in &batch.articles {
        let first_seen = known.get(&stored.article.id).map(|known| known.first_seen);
        stories.entry(stored.member.story).or_default().push(StoryMember::fresh(stored, first_seen));
    }
    let now = context.clock.now();
    let story_of: HashMap<ArticleId, StoryId> =
        stories.iter().flat_map(|(&story, members)| members.iter().map(move |of| (of.id(), story))).collect();
    let mut heat_inputs = HeatInputs::of(&context.store, &context.rules.heat, now, &all).await?.with_boosts(
        &stored_overrides,
        |article| story_of.get(&article).copied(),
        now,
    );
    heat_inputs
        .with_batch(&batch.articles, &context.rules.heat, |story| story_after_merges(story, &batch.merged));
    let scorer = Scorer::new(context, &overrides, now);
    let results = scorer.score_together(&stories, &mut heat_inputs);
    for decision in results.into_iter().flat_map(|story| story.decisions) {
        match fresh.get(&decision.article) {
            Some(&at) => {
                batch.articles[at].heat = decision.heat;
                batch.articles[at].verdict = decision.verdict;
            }
            None => batch.decisions.push(decision),
        }
    }
    Ok(())
}

/// The id of a story after these merges.
pub(crate) fn story_after_merges(story: StoryId, merged: &[(StoryId, StoryId)]) -> StoryId {
    merged.iter().fold(story, |story, &(from, into)| if story == from { into } else { story })
}
