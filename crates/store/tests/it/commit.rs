//! The commit of a batch: new articles, known ones, decisions, merges, outcomes.

use courant_model::{
    ArticleId, DateOrigin, Judgement, Quality, RecordPath, Rejection, RejectionKind, TopicOrigin, Value,
};
use courant_store::{ArticleRow, Batch, CaptureOutcome, Store, StoreError};
use proptest::prelude::*;

use crate::support::{
    at, batch, capture, id, in_story, standing, store_with, stored, story, topic, write_records,
};

async fn whole(store: &Store, article: ArticleId) -> ArticleRow {
    store.article(article).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_article_is_read_back_as_it_was_stored() {
    let mut given = stored(1, "A robot writes", "The robot wrote this.");
    given.extra = vec![("rating".to_owned(), Value::Float(0.1)), ("rating".to_owned(), Value::Null)];
    given.secured = Some("v2.x".to_owned());
    given.member.copy_of = Some(id(9));
    let store = store_with([given.clone()]).await;
    let ArticleRow { row, slug, identity_steps, dirty, record_hash } = whole(&store, id(1)).await;
    assert_eq!(row.article, given.article);
    assert_eq!(row.judgement, given.judgement);
    assert_eq!(row.member, given.member);
    assert_eq!((row.heat, &row.verdict), (given.heat, &given.verdict));
    assert_eq!((&row.extra, &row.secured), (&given.extra, &given.secured));
    assert_eq!(row.path.as_str(), "news/2026-03-01-a-robot-writes.md");
    assert_eq!((row.first_seen, row.arrival), (given.article.first_seen, 1));
    assert_eq!((slug, identity_steps), (given.slug, given.identity_steps));
    assert!(dirty && record_hash.is_none());
    assert_eq!(
        store.article_text(id(1)).await.unwrap(),
        Some((given.article.text.clone(), given.article.html.clone()))
    );
    assert_eq!(store.article(id(2)).await.unwrap(), None);
    assert_eq!(store.article_text(id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn a_known_article_keeps_what_is_permanent() {
    let mut first = stored(1, "A robot writes", "One.");
    first.extra = vec![("x".to_owned(), Value::Int(1))];
    first.secured = Some("sealed".to_owned());
    let store = store_with([first.clone(), stored(2, "Other", "Two.")]).await;

    let mut again = stored(1, "A robot writes well", "One and a half.");
    again.article.published = at(50_000);
    again.article.published_from = DateOrigin::FirstSeen;
    again.article.first_seen = at(60_000);
    again.article.source = Some("https://late.example/feed".to_owned());
    again.path = RecordPath::parse("news/elsewhere.md");
    again.judgement.quality = Quality::from_points(61);
    store.commit(&batch([again.clone()]), at(0)).await.unwrap();

    let now = whole(&store, id(1)).await.row;
    assert_eq!(now.path.as_str(), "news/2026-03-01-a-robot-writes.md");
    assert_eq!(now.arrival, 1);
    assert_eq!(now.article.first_seen, first.article.first_seen);
    assert_eq!(now.article.source, first.article.source);
    assert_eq!((now.article.published, now.article.published_from), (at(1), DateOrigin::Page));
    assert_eq!((now.extra, now.secured), (first.extra, first.secured));
    assert_eq!(
        (now.article.title.as_str(), now.article.text.as_str()),
        ("A robot writes well", "One and a half.")
    );
    assert_eq!(now.judgement.quality.points(), 61);

    again.article.published_from = DateOrigin::Entry;
    again.extra = vec![("y".to_owned(), Value::Bool(true))];
    store.commit(&batch([again.clone()]), at(0)).await.unwrap();
    let now = whole(&store, id(1)).await.row;
    assert_eq!((now.article.published, now.extra), (at(50_000), again.extra));
    assert_eq!(now.path.as_str(), "news/2026-03-01-a-robot-writes.md", "also where the date is another");
}

#[tokio::test]
async fn what_is_read_back_about_an_article_has_columns() {
    let store = Store::in_memory().await.unwrap();
    let mut imported = stored(1, "One", "a");
    imported.judgement.topics_from = TopicOrigin::Given;
    imported.heat = None;
    let mut paid = stored(2, "Two", "b");
    paid.paywalled = true;
    store.commit(&batch([imported.clone(), paid]), at(0)).await.unwrap();
    let (one, two) = (whole(&store, id(1)).await.row, whole(&store, id(2)).await.row);
    assert_eq!((one.judgement.topics_from, one.paywalled, one.heat), (TopicOrigin::Given, false, None));
    assert_eq!((two.judgement.topics_from, two.paywalled), (TopicOrigin::Rules, true));

    let learned = Judgement { topics_from: TopicOrigin::Learned, ..two.judgement };
    store.replace_judgements(&[(id(2), learned)]).await.unwrap();
    let two = whole(&store, id(2)).await.row;
    assert_eq!((two.judgement.topics_from, two.paywalled), (TopicOrigin::Learned, true));
    // A version that differs in nothing else.
    imported.judgement.topics_from = TopicOrigin::Rules;
    imported.paywalled = true;
    store.commit(&batch([imported]), at(0)).await.unwrap();
    let one = whole(&store, id(1)).await.row;
    assert_eq!((one.judgement.topics_from, one.paywalled), (TopicOrigin::Rules, true));
}

#[tokio::test]
async fn a_batch_committed_twice_gives_the_same_state() {
    let store = Store::in_memory().await.unwrap();
    store.add_captures(&[capture(1), capture(2)], at(0)).await.unwrap();
    let claimed = store.claim_captures(10, at(0)).await.unwrap();
    let rejection = Rejection::new(RejectionKind::Listing, "eleven links");
    let mut both = batch([stored(1, "One", "a"), in_story(stored(2, "One", "b"), 1), stored(3, "One", "c")]);
    both.outcomes = vec![
        (claimed[0].number, CaptureOutcome::Article(id(1))),
        (claimed[1].number, CaptureOutcome::Rejected(rejection)),
    ];
    both.decisions = vec![standing(2, 1, -1, false)];
    both.merged = vec![(story(3), story(1))];
    store.commit(&both, at(0)).await.unwrap();
    let state = async || {
        let mut rows = Vec::new();
        for number in 1..=3 {
            rows.push(whole(&store, id(number)).await);
        }
        (rows, store.snapshot().await.unwrap().moved, store.counts().await.unwrap())
    };
    let first = state().await;
    assert_eq!(first.0[2].row.member.story, story(1), "named by its old story, stored in the present one");
    store.commit(&both, at(0)).await.unwrap();
    assert_eq!(state().await, first);
    assert!(store.check().await.unwrap().is_sound());
    assert!(store.claim_captures(10, at(0)).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_article_twice_in_a_batch_is_one() {
    let store =
        store_with([stored(1, "Early", "alpha"), stored(2, "x", "y"), stored(1, "Late", "beta")]).await;
    assert_eq!(store.counts().await.unwrap().articles, 2);
    let row = whole(&store, id(1)).await.row;
    assert_eq!((row.article.title.as_str(), row.arrival), ("Late", 1));
    assert!(store.check().await.unwrap().is_sound());
}

#[tokio::test]
async fn equal_names_get_numbers_and_keep_them() {
    let mut articles: Vec<_> = (1..=30).map(|number| stored(number, "Same", "x")).collect();
    articles[4].path = RecordPath::parse("news/wanted.md");
    articles[5].path = RecordPath::parse("news/wanted.md");
    let store = store_with(articles.clone()).await;
    let path = async |number| whole(&store, id(number)).await.row.path.as_str().to_owned();
    assert_eq!(path(1).await, "news/2026-03-01-same.md");
    assert_eq!(path(2).await, "news/2026-03-01-same-2.md");
    assert_eq!(path(3).await, "news/2026-03-01-same-3.md");
    assert_eq!(path(5).await, "news/wanted.md");
    assert_eq!(path(6).await, "news/2026-03-01-same-5.md", "the wanted name was taken");
    assert_eq!(path(30).await, "news/2026-03-01-same-29.md", "no gaps beyond the eighth");
    let before: Vec<_> = store.snapshot_rows().await.unwrap().into_iter().map(|row| row.path).collect();
    articles.reverse();
    store.commit(&batch(articles), at(0)).await.unwrap();
    let after: Vec<_> = store.snapshot_rows().await.unwrap().into_iter().map(|row| row.path).collect();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_slug_with_a_path_outside_of_the_folder_is_refused() {
    let store = Store::in_memory().await.unwrap();
    let mut article = stored(1, "x", "y");
    article.slug = "../../etc/passwd".to_owned();
    let refused = store.commit(&batch([article]), at(0)).await;
    assert!(matches!(refused, Err(StoreError::Unstorable { .. })), "{refused:?}");
    assert_eq!(store.counts().await.unwrap().articles, 0);
}

#[tokio::test]
async fn a_wanted_path_outside_of_the_folder_is_not_used() {
    let mut article = stored(1, "x", "y");
    article.path = Some(serde_json::from_str("\"../secret.md\"").unwrap());
    let store = store_with([article]).await;
    assert_eq!(whole(&store, id(1)).await.row.path.as_str(), "news/2026-03-01-x.md");
}

#[tokio::test]
async fn only_what_differs_becomes_dirty() {
    let store =
        store_with([stored(1, "One", "a"), in_story(stored(2, "Two", "b"), 1), stored(3, "Three", "c")])
            .await;
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2), id(3)]);
    write_records(&store).await;

    let same = Batch { decisions: vec![standing(1, 1, 80, true)], ..Batch::default() };
    store.commit(&same, at(0)).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), []);

    for other in [standing(1, 1, 81, true), standing(1, 1, 81, false), standing(1, 1, -1, false)] {
        let change = Batch { decisions: vec![other.clone()], ..Batch::default() };
        store.commit(&change, at(0)).await.unwrap();
        assert_eq!(store.dirty_articles().await.unwrap(), [id(1)]);
        write_records(&store).await;
        assert_eq!(whole(&store, id(1)).await.row.heat, other.heat);
        assert_eq!(whole(&store, id(1)).await.row.verdict, other.verdict);
    }

    let moved = Batch { decisions: vec![standing(3, 1, -1, false)], ..Batch::default() };
    store.commit(&moved, at(0)).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2), id(3)], "its new story lists it");
}

#[tokio::test]
async fn the_records_of_a_story_are_dirty_when_a_member_changes() {
    let store =
        store_with([stored(1, "One", "a"), in_story(stored(2, "Two", "b"), 1), stored(3, "Three", "c")])
            .await;
    write_records(&store).await;
    // A new version without a difference: its own record is checked again, the others are not.
    store.commit(&batch([in_story(stored(2, "Two", "b"), 1)]), at(0)).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(2)]);
    write_records(&store).await;
    store.commit(&batch([in_story(stored(2, "Two, corrected", "b"), 1)]), at(0)).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2)]);
    write_records(&store).await;
    store.commit(&batch([in_story(stored(4, "Four", "d"), 1)]), at(0)).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2), id(4)]);
    write_records(&store).await;
    store.commit(&batch([in_story(stored(4, "Four", "d"), 3)]), at(0)).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2), id(3), id(4)], "left one, came to one");
}

#[tokio::test]
async fn merges_collapse_chains() {
    let store = store_with((1..=4).map(|number| stored(number, "x", "y"))).await;
    write_records(&store).await;
    let merge = |pairs: &[(u32, u32)]| Batch {
        merged: pairs.iter().map(|&(from, into)| (story(from), story(into))).collect(),
        ..Batch::default()
    };
    store.commit(&merge(&[(1, 2)]), at(0)).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2)]);
    store.commit(&merge(&[(2, 3)]), at(0)).await.unwrap();
    let chain = [(story(1), story(3)), (story(2), story(3))];
    assert_eq!(store.snapshot().await.unwrap().moved, chain);
    // Repeated, in a circle, by an old id, with itself: nothing changes.
    store.commit(&merge(&[(1, 2), (2, 3), (3, 1), (3, 3)]), at(0)).await.unwrap();
    assert_eq!(store.snapshot().await.unwrap().moved, chain);
    // An old id means the current one.
    store.commit(&merge(&[(1, 4)]), at(0)).await.unwrap();
    assert_eq!(
        store.snapshot().await.unwrap().moved,
        [(story(1), story(4)), (story(2), story(4)), (story(3), story(4))]
    );
    let members = store.story_members(&[story(4), story(1)]).await.unwrap();
    assert_eq!(members.iter().map(|member| member.article).collect::<Vec<_>>(), [id(1), id(2), id(3), id(4)]);
    assert_eq!(store.current_story(story(2)).await.unwrap(), story(4));
    assert_eq!(store.current_story(story(9)).await.unwrap(), story(9));
}

#[tokio::test]
async fn a_batch_that_names_something_unknown_changes_nothing() {
    let store = Store::in_memory().await.unwrap();
    let lost_capture =
        Batch { outcomes: vec![(77, CaptureOutcome::Article(id(1)))], ..batch([stored(1, "x", "y")]) };
    let failed = store.commit(&lost_capture, at(0)).await;
    assert!(
        matches!(&failed, Err(StoreError::NotFound { what: "capture", key }) if key == "77"),
        "{failed:?}"
    );
    let lost_article = Batch { decisions: vec![standing(5, 5, 1, true)], ..batch([stored(1, "x", "y")]) };
    let failed = store.commit(&lost_article, at(0)).await;
    assert!(matches!(failed, Err(StoreError::NotFound { what: "article", .. })), "{failed:?}");
    let mut wild = stored(1, "x", "y");
    wild.judgement.topics[0].score = f64::NAN;
    assert!(matches!(store.commit(&batch([wild]), at(0)).await, Err(StoreError::Unstorable { .. })));
    assert_eq!(store.counts().await.unwrap().articles, 0, "nothing of a failed batch is stored");
    assert!(store.search(&crate::support::query("x")).await.unwrap().hits.is_empty());
}

#[tokio::test]
async fn a_hundred_thousand_ids_are_one_query() {
    let store = store_with([stored(1, "x", "y"), stored(2, "x", "y")]).await;
    let ids: Vec<_> = (0..100_000).rev().map(id).collect();
    let known = store.known_articles(&ids).await.unwrap();
    assert_eq!(known.iter().map(|known| known.article).collect::<Vec<_>>(), [id(1), id(2)]);
    assert_eq!(known[1].path.as_str(), "news/2026-03-01-x-2.md");
    assert_eq!((known[0].published, known[0].first_seen, known[0].story), (at(1), at(1001), story(1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// In whatever batches and however often articles are committed: arrival numbers and paths stay
    /// those of the first time, no dirty record is forgotten, and the search index matches the
    /// articles.
    #[test]
    fn arrival_number_and_path_never_change(
        rounds in prop::collection::vec(prop::collection::vec((0u32..6, 0u32..3, 0u32..6, prop::bool::ANY), 1..5), 1..6)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::in_memory().await.unwrap();
            let mut first = std::collections::BTreeMap::new();
            for round in rounds {
                let articles = round.iter().map(|&(number, title, of, topical)| {
                    let mut article = in_story(stored(number, &format!("Title {title}"), &format!("word{title}")), of);
                    article.article.published = at(0);
                    article.heat = None;
                    if topical { article.judgement.topics.extend([topic("law"), topic("law")]); }
                    article
                });
                store.commit(&batch(articles), at(0)).await.unwrap();
                for row in store.snapshot_rows().await.unwrap() {
                    let now = (row.arrival, row.path.clone());
                    assert_eq!(first.entry(row.article.id).or_insert_with(|| now.clone()), &now);
                }
            }
            assert_eq!(store.dirty_articles().await.unwrap().len(), first.len());
            assert_eq!(store.check().await.unwrap().search_problem, None);
            let mut paths: Vec<_> = first.values().map(|(_, path)| path.clone()).collect();
            paths.sort();
            paths.dedup();
            assert_eq!(paths.len(), first.len());
        });
    }
}
