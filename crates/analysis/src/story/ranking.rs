//! Ranks the articles of a story: lead and related articles.

use std::cmp::Reverse;

use courant_model::{ArticleId, Heat, Quality, Reason, Timestamp};
use rustc_hash::FxHashMap;

use super::{
    article::StoryArticle,
    external_signals::ExternalSignals,
    heat::{self, HeatRule},
};

/// The ranking of a story at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankedStory {
    /// The article that represents the story.
    pub lead: ArticleId,
    /// The others: best quality first, each followed by its copies; the copies of the lead come
    /// last.
    pub related: Vec<ArticleId>,
    /// How much attention the story currently gets.
    pub heat: Heat,
    /// The terms of the heat: `quality`, then, if there are any, `coverage`, `further`, `copies`,
    /// `own`, `links`, `clicks`, or `related` under the classic rule; last the `boost` of an
    /// editor.
    pub reasons: Vec<Reason>,
}

/// Ranks a story's articles, given in any order, at an instant, with signals from outside; `None`
/// if there are no articles.
///
/// The lead is the one that the editor has chosen; else the article of best quality that is not a
/// copy of another article of the story; of equals, the one published first, then the one first
/// seen, then the one with the smaller id.
pub fn rank(
    articles: &[StoryArticle],
    signals: &ExternalSignals,
    now: Timestamp,
    rule: &HeatRule,
) -> Option<RankedStory> {
    let mut articles: Vec<&StoryArticle> = articles.iter().collect();
    articles.sort_unstable_by_key(|article| sort_key(article));
    articles.dedup_by_key(|article| article.id);
    let originals = Originals::of(&articles);
    let chosen = articles.iter().find(|article| article.chosen);
    let original = articles.iter().find(|article| originals.of_article(article.id).is_none());
    let lead = *chosen.or(original).or(articles.first())?;
    let mut copies: FxHashMap<ArticleId, Vec<ArticleId>> = FxHashMap::default();
    for article in articles.iter().filter(|article| article.id != lead.id) {
        if let Some(original) = originals.of_article(article.id) {
            copies.entry(original).or_default().push(article.id);
        }
    }
    let mut related = Vec::with_capacity(articles.len());
    for article in &articles {
        if article.id != lead.id && originals.of_article(article.id).is_none() {
            related.push(article.id);
            related.extend(copies.remove(&article.id).unwrap_or_default());
        }
    }
    related.extend(copies.remove(&lead.id).unwrap_or_default());
    let others: Vec<heat::RelatedArticle<'_>> = articles
        .iter()
        .filter(|article| article.id != lead.id)
        .map(|article| heat::RelatedArticle { article, is_copy: originals.of_article(article.id).is_some() })
        .collect();
    let (heat, reasons) = heat::heat(lead, &others, signals, now, rule);
    Some(RankedStory { lead: lead.id, related, heat, reasons })
}

/// Best first.
fn sort_key(article: &StoryArticle) -> (Reverse<Quality>, Timestamp, Timestamp, ArticleId) {
    (Reverse(article.quality), article.published, article.first_seen, article.id)
}

/// Which articles of a story are copies of which others. Copies of an original that is not in the
/// story are grouped under the best of them.
struct Originals(FxHashMap<ArticleId, ArticleId>);

impl Originals {
    /// From the articles, best first.
    fn of(articles: &[&StoryArticle]) -> Self {
        let original_of: FxHashMap<ArticleId, ArticleId> =
            articles.iter().filter_map(|article| Some((article.id, article.copy_of?))).collect();
        let mut roots: FxHashMap<ArticleId, ArticleId> = FxHashMap::default();
        for article in articles {
            if article.copy_of.is_none() {
                roots.insert(article.id, article.id);
            }
        }
        let mut copies = FxHashMap::default();
        for article in articles {
            let Some(mut original) = article.copy_of else { continue };
            // A chain of copies is followed to its beginning; a loop, which grouping never creates,
            // ends somewhere.
            for _ in 0..articles.len() {
                match original_of.get(&original) {
                    Some(&further) if further != article.id => original = further,
                    _ => break,
                }
            }
            let root = *roots.entry(original).or_insert(article.id);
            if root != article.id {
                copies.insert(article.id, root);
            }
        }
        Self(copies)
    }

    fn of_article(&self, id: ArticleId) -> Option<ArticleId> {
        self.0.get(&id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn article(name: u8, quality: i32, provider: &str, copy_of: Option<u8>) -> StoryArticle {
        StoryArticle {
            id: id(name),
            quality: Quality::from_points(quality),
            published: Timestamp::from_second(1_000_000).unwrap(),
            first_seen: Timestamp::from_second(1_000_000).unwrap(),
            provider: provider.to_owned(),
            copy_of: copy_of.map(id),
            chosen: false,
        }
    }

    fn id(name: u8) -> ArticleId {
        ArticleId::from_bytes([name; 16])
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_000_000).unwrap()
    }

    #[test]
    fn the_best_original_leads_and_copies_follow_it() {
        let articles = [
            article(1, 40, "a.example", None),
            article(2, 90, "b.example", Some(1)),
            article(3, 50, "c.example", None),
            article(4, 20, "d.example", Some(1)),
            article(5, 30, "e.example", None),
            article(6, 10, "f.example", Some(3)),
        ];
        let ranked = rank(&articles, &ExternalSignals::default(), now(), &HeatRule::default()).unwrap();
        assert_eq!(ranked.lead, id(3));
        assert_eq!(ranked.related, [1, 2, 4, 5, 6].map(id));
    }

    #[test]
    fn the_editors_choice_leads_regardless_of_quality() {
        let mut articles = [
            article(1, 90, "a.example", None),
            article(2, 10, "b.example", None),
            article(3, 5, "c.example", Some(1)),
        ];
        articles[1].chosen = true;
        let found = rank(&articles, &ExternalSignals::default(), now(), &HeatRule::default()).unwrap();
        assert_eq!((found.lead, found.related), (id(2), [1, 3].map(id).to_vec()));
        (articles[1].chosen, articles[2].chosen) = (false, true);
        let found = rank(&articles, &ExternalSignals::default(), now(), &HeatRule::default()).unwrap();
        assert_eq!((found.lead, found.related), (id(3), [1, 2].map(id).to_vec()));
    }

    #[test]
    fn copies_of_an_absent_article_follow_the_best_of_them() {
        let articles = [article(2, 30, "b.example", Some(1)), article(4, 20, "d.example", Some(1))];
        let ranked = rank(&articles, &ExternalSignals::default(), now(), &HeatRule::default()).unwrap();
        assert_eq!((ranked.lead, ranked.related), (id(2), vec![id(4)]));
    }

    #[test]
    fn a_story_without_articles_has_no_ranking() {
        assert_eq!(rank(&[], &ExternalSignals::default(), now(), &HeatRule::Classic), None);
    }

    #[test]
    fn a_loop_of_copies_still_has_a_lead_and_all_articles() {
        let articles = [article(1, 10, "a.example", Some(2)), article(2, 20, "b.example", Some(1))];
        let ranked = rank(&articles, &ExternalSignals::default(), now(), &HeatRule::Classic).unwrap();
        assert_eq!(ranked.related.len(), 1);
    }

    #[test]
    fn the_order_of_the_articles_does_not_matter() {
        let mut articles: Vec<_> =
            (1..9).map(|n| article(n, 30, ["a.example", "b.example"][usize::from(n % 2)], None)).collect();
        let first = rank(&articles, &ExternalSignals::default(), now(), &HeatRule::default());
        articles.reverse();
        assert_eq!(first, rank(&articles, &ExternalSignals::default(), now(), &HeatRule::default()));
    }
}
