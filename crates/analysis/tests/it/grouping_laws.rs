//! Laws of grouping that hold for any stream.

use std::collections::HashMap;

use courant_analysis::group::{GroupConfig, GroupDoc, Grouper, Placement, Prepared, prepare};
use courant_model::{ArticleId, StoryId, Timestamp};
use proptest::prelude::*;

const DAY: i64 = 86_400;

/// An article: its event, words of its own, and hours since the one before.
type Sample = (u8, Vec<u8>, i64);

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let hours = prop_oneof![4 => 0_i64..12, 1 => 12_i64..2_000];
    prop::collection::vec((0_u8..5, prop::collection::vec(0_u8..60, 0..24), hours), 2..50)
}

/// The samples as articles; `second` gives the time at which each is first seen.
fn articles(samples: &[Sample], second: impl Fn(usize, i64) -> i64) -> Vec<Prepared> {
    let mut hours = 0;
    let ready = samples.iter().enumerate().map(|(at, (event, words, later))| {
        hours += later;
        let event =
            (0..5).map(|n| format!("Place{} deed{}", event * 5 + n, event * 3 + n % 3)).collect::<Vec<_>>();
        let words = words.iter().map(|word| format!("word{word}")).collect::<Vec<_>>();
        let first_seen = Timestamp::from_second(1_700_000_000 + second(at, hours * 3_600)).ok();
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        prepare(&GroupDoc {
            id: ArticleId::from_bytes(id),
            title: &event[..2].join(" of "),
            text: &format!("The {} and {}", event.join(" in "), words.join(" ")),
            time: first_seen,
            first_seen,
            url: None,
            source: None,
            authors: &[],
            language: Some("en"),
        })
    });
    ready.collect()
}

/// Low thresholds, so that there are many joins and merges.
fn config() -> GroupConfig {
    GroupConfig { window_days: 20, max_articles: 40, join_at: 0.2, merge_at: 0.1, ..GroupConfig::default() }
}

fn run(articles: &[Prepared]) -> (Vec<Placement>, Vec<(ArticleId, StoryId)>) {
    let mut grouper = Grouper::new(config());
    let placed = articles.iter().map(|article| grouper.place(article.clone())).collect();
    (placed, grouper.assignments().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_replay_equals_the_first_run(samples in samples()) {
        let articles = articles(&samples, |_, second| second);
        prop_assert_eq!(run(&articles), run(&articles));
    }

    #[test]
    fn the_order_of_a_batch_inside_one_second_does_not_matter(samples in samples(), seed in any::<u64>()) {
        // Three articles per second.
        let mut straight = articles(&samples, |at, _| at as i64 / 3);
        let mut shuffled = straight.clone();
        shuffled.sort_by_key(|article| {
            let id = article.id();
            (article.arrival().0, u64::from_be_bytes(id.as_bytes()[..8].try_into().unwrap()).rotate_left(7) ^ seed)
        });
        straight.sort_by_key(Prepared::arrival);
        shuffled.sort_by_key(Prepared::arrival);
        prop_assert_eq!(run(&straight), run(&shuffled));
    }

    #[test]
    fn removing_and_adding_an_article_changes_nothing(samples in samples(), at in 0_usize..50) {
        let articles = articles(&samples, |_, second| second);
        let at = at % articles.len();
        let mut grouper = Grouper::new(config());
        let mut placed: Vec<Placement> = Vec::new();
        for (now, article) in articles.iter().enumerate() {
            // Added and removed before it is placed; and, once in the window, its text removed and
            // added again.
            grouper.join_candidates(article.clone());
            placed.push(grouper.place(article.clone()));
            if now >= at {
                grouper.update(articles[at].clone());
            }
        }
        let (once, ends) = run(&articles);
        prop_assert_eq!(placed, once);
        prop_assert_eq!(grouper.assignments().collect::<Vec<_>>(), ends);
    }

    #[test]
    fn no_story_spans_more_than_its_window_without_a_chain(samples in samples()) {
        let articles = articles(&samples, |_, second| second);
        let (placed, _) = run(&articles);
        let mut moved: HashMap<StoryId, StoryId> = HashMap::new();
        moved.extend(placed.iter().flat_map(|placement| placement.merged.iter().copied()));
        let mut last: HashMap<StoryId, i64> = HashMap::new();
        for (article, placement) in articles.iter().zip(&placed) {
            let mut story = placement.story;
            while let Some(&into) = moved.get(&story) {
                story = into;
            }
            let first_seen = article.arrival().0.unwrap();
            if let Some(before) = last.insert(story, first_seen) {
                prop_assert!(first_seen - before <= 20 * DAY, "a gap of {} days", (first_seen - before) / DAY);
            }
        }
    }
}
