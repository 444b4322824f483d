//! Full-text search.

use courant_store::{SearchQuery, Store};
use proptest::prelude::*;

use crate::support::{at, batch, id, query, standing, store_with, stored, story, topic};

async fn found(store: &Store, text: &str) -> Vec<courant_model::ArticleId> {
    let answer = store.search(&query(text)).await.unwrap();
    assert_eq!(answer.total, answer.hits.len() as u64);
    answer.hits.into_iter().map(|hit| hit.article).collect()
}

#[tokio::test]
async fn an_edited_article_leaves_no_stale_words() {
    let store = store_with([stored(1, "Alpha", "bravo charlie"), stored(2, "Delta", "bravo")]).await;
    assert_eq!(found(&store, "charlie").await, [id(1)]);
    store.commit(&batch([stored(1, "Echo", "foxtrot")]), at(0)).await.unwrap();
    for gone in ["alpha", "charlie"] {
        assert_eq!(found(&store, gone).await, [], "{gone}");
    }
    assert_eq!(found(&store, "bravo").await, [id(2)]);
    assert_eq!(found(&store, "foxtrot").await, [id(1)]);
    assert_eq!(found(&store, "echo").await, [id(1)]);
    assert_eq!(store.check().await.unwrap().search_problem, None);
    store.rebuild_search().await.unwrap();
    assert_eq!(found(&store, "foxtrot").await, [id(1)]);
}

#[tokio::test]
async fn case_and_diacritics_are_ignored_and_the_last_word_is_a_prefix() {
    let store = store_with([stored(1, "Élan vital", "Über Größe; Việt Nam"), stored(2, "Elands", "x")]).await;
    assert_eq!(found(&store, "ELAN").await.len(), 2);
    assert_eq!(found(&store, "elan vital").await, [id(1)]);
    assert_eq!(found(&store, "elan x").await, [], "only the last word goes on");
    assert_eq!(found(&store, "uber grosse").await, [], "ß is a letter of its own");
    assert_eq!(found(&store, "viet").await, [id(1)]);
}

#[tokio::test]
async fn a_phrase_is_words_side_by_side() {
    let store =
        store_with([stored(1, "x", "the robot arm moves"), stored(2, "x", "an arm for the robot")]).await;
    assert_eq!(found(&store, "robot arm").await.len(), 2);
    assert_eq!(found(&store, "\"robot arm\"").await, [id(1)]);
    assert_eq!(found(&store, "„robot arm“ mov").await, [id(1)]);
    assert_eq!(found(&store, "robot-arm").await, [id(1)]);
}

#[tokio::test]
async fn the_headline_counts_most_and_ties_are_broken() {
    let store = store_with([
        stored(1, "Other", "A treaty was signed. More words follow here."),
        stored(2, "Treaty signed", "More words follow here, as in the other."),
        stored(4, "Other", "A treaty was signed. More words follow here."),
        stored(3, "Other", "A treaty was signed. More words follow here."),
    ])
    .await;
    assert_eq!(found(&store, "treaty").await, [id(2), id(4), id(3), id(1)]);
}

#[tokio::test]
async fn the_newest_come_first_if_requested() {
    let mut articles = [
        stored(1, "Treaty signed", "Treaty, treaty, treaty."),
        stored(2, "Other", "A treaty was signed. More words follow here."),
        stored(4, "Other", "A treaty was signed. More words follow here."),
        stored(3, "Other", "A treaty was signed. More words follow here."),
    ];
    let published = articles[0].article.published;
    for (article, hours) in articles.iter_mut().zip([0, 3, 2, 2]) {
        article.article.published = published + jiff::SignedDuration::from_hours(hours);
    }
    let store = store_with(articles).await;
    let newest = SearchQuery { newest_first: true, ..query("treaty") };
    let ids = async |query: SearchQuery| {
        let hits = store.search(&query).await.unwrap().hits;
        hits.into_iter().map(|hit| hit.article).collect::<Vec<_>>()
    };
    assert_eq!(ids(newest.clone()).await, [id(2), id(3), id(4), id(1)]);
    assert_eq!(ids(SearchQuery { limit: 2, offset: 1, ..newest }).await, [id(3), id(4)]);
    assert_eq!(ids(query("treaty")).await[0], id(1));
}

#[tokio::test]
async fn filters_and_pages_agree_with_the_total() {
    let mut articles: Vec<_> = (1..=9).map(|number| stored(number, "Robots", "text")).collect();
    articles[0].article.provider.domain = "evening.example".to_owned();
    articles[1].judgement.topics = vec![topic("law"), topic("robots")];
    articles[2].verdict.published = false;
    let store = store_with(articles).await;
    let all = query("robots");
    let ask = async |query: SearchQuery| {
        let answer = store.search(&query).await.unwrap();
        (answer.total, answer.hits.iter().map(|hit| hit.article).collect::<Vec<_>>())
    };
    assert_eq!(
        ask(SearchQuery { provider: Some("evening.example".to_owned()), ..all.clone() }).await,
        (1, vec![id(1)])
    );
    assert_eq!(ask(SearchQuery { topic: Some("law".to_owned()), ..all.clone() }).await, (1, vec![id(2)]));
    assert_eq!(ask(SearchQuery { topic: Some("none".to_owned()), ..all.clone() }).await, (0, vec![]));
    let published = ask(SearchQuery { published_only: true, ..all.clone() }).await;
    assert_eq!((published.0, published.1.contains(&id(3))), (8, false));
    let (total, whole) = ask(all.clone()).await;
    let first = ask(SearchQuery { limit: 4, ..all.clone() }).await;
    let second = ask(SearchQuery { limit: 4, offset: 4, ..all.clone() }).await;
    let third = ask(SearchQuery { limit: 4, offset: 8, ..all.clone() }).await;
    assert_eq!((total, first.0, second.0, third.0), (9, 9, 9, 9));
    assert_eq!([first.1, second.1, third.1].concat(), whole);
    assert_eq!(ask(SearchQuery { offset: usize::MAX, ..all.clone() }).await, (9, vec![]));

    // Topics and verdicts change with the article.
    let mut changed = stored(2, "Robots", "text");
    changed.judgement.topics.clear();
    store.commit(&batch([changed]), at(0)).await.unwrap();
    assert_eq!(ask(SearchQuery { topic: Some("law".to_owned()), ..all.clone() }).await.0, 0);
    let held = courant_store::Batch { decisions: vec![standing(4, 4, 1, false)], ..Default::default() };
    store.commit(&held, at(0)).await.unwrap();
    assert_eq!(ask(SearchQuery { published_only: true, ..all }).await.0, 7);
}

#[tokio::test]
async fn a_word_in_every_article_is_ranked_among_the_newest_only() {
    let store = store_with((0..2_001).map(|number| stored(number, &format!("t{number}"), "word"))).await;
    let last = SearchQuery { offset: 1_999, ..query("\"word\"") };
    let answer = store.search(&last).await.unwrap();
    assert_eq!((answer.total, answer.is_capped, answer.hits.len()), (2_000, true, 1));
    let few = SearchQuery { text: "t5".to_owned(), offset: 50, ..query("") };
    let answer = store.search(&few).await.unwrap();
    assert_eq!((answer.total, answer.is_capped, answer.hits.len()), (111, false, 10));
    let first = store.search(&query("t0")).await.unwrap();
    assert_eq!((first.total, first.hits[0].article), (1, id(0)));
    assert_eq!(store.search(&query("\"t0\" \"word\"")).await.unwrap().total, 1);
}

#[tokio::test]
async fn matches_are_marked() {
    let long = format!("{} the needle is here {}", "hay ".repeat(200), "straw ".repeat(200));
    let store = store_with([
        stored(1, "A title", &long),
        stored(2, "A needle", ""),
        stored(3, "<b>\u{2}x", "needle"),
    ])
    .await;
    let answer = store.search(&query("needle")).await.unwrap();
    let hit = |number| answer.hits.iter().find(|hit| hit.article == id(number)).unwrap();
    assert!(hit(1).snippet.contains("\u{2}needle\u{3}") && hit(1).snippet.len() < 400, "{}", hit(1).snippet);
    assert_eq!(hit(1).title, "A title");
    assert_eq!(hit(1).story, story(1));
    assert_eq!(hit(2).title, "A \u{2}needle\u{3}");
    assert_eq!(hit(2).snippet, "In short: A \u{2}needle\u{3}.");
    assert_eq!(hit(3).title, "<b>\u{2}x\u{3}", "a mark of the article's own is closed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Nothing that a reader types is an error.
    #[test]
    fn no_text_is_a_syntax_error(text in prop_oneof![
        "\\PC{0,40}",
        "[\"'*^:(){}+\\-\\x00a ]{0,30}",
        "( ?(AND|OR|NOT|NEAR\\(|title:|\"|\\*|a|\u{300}|中|\u{0}|-|\\^)){0,12}",
    ]) {
        thread_local! {
            static WORLD: (tokio::runtime::Runtime, Store) = {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let store = runtime.block_on(store_with([stored(1, "a AND b", "NOT OR NEAR 中")]));
                (runtime, store)
            };
        }
        WORLD.with(|(runtime, store)| runtime.block_on(store.search(&query(&text)))).unwrap();
    }
}
