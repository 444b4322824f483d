//! Held articles that wait for an editor.

use courant_model::{ArticleId, BuiltInRule, Heat, Quality};
use courant_store::{StoredArticle, WaitingQuery};

use crate::support::{at, id, store_with, stored};

/// An article that this rule holds at this heat.
fn held(number: u32, rule: &str, degrees: i32) -> StoredArticle {
    let mut article = stored(number, "x", "y");
    article.verdict.published = false;
    article.verdict.rule = rule.into();
    article.heat = Some(Heat::from_degrees(degrees));
    article
}

fn query() -> WaitingQuery {
    WaitingQuery {
        since: at(0),
        held_by: vec!["wire".to_owned(), "odd \"name\"".to_owned()],
        near_rule: BuiltInRule::Threshold,
        near_degrees: 60,
        by_quality: false,
        limit: 50,
    }
}

#[tokio::test]
async fn articles_held_by_a_rule_come_first_then_those_close_to_the_threshold() {
    let mut dropped = held(7, "wire", 80);
    dropped.verdict.dropped = true;
    let mut other = held(8, "not_lead", 90);
    other.heat = None;
    let mut good = held(9, "threshold", 10);
    good.judgement.quality = Quality::from_points(65);
    let articles = vec![
        held(1, "threshold", 59),
        held(2, "threshold", 60),
        held(3, "wire", 10),
        held(4, "threshold", 69),
        held(5, "odd \"name\"", 5),
        stored(6, "x", "y"),
        dropped,
        other,
        good,
    ];
    let store = store_with(articles).await;
    let waiting = async |query: WaitingQuery| -> Vec<ArticleId> {
        store.waiting_articles(&query).await.unwrap().iter().map(|row| row.article.id).collect()
    };
    assert_eq!(waiting(query()).await, [id(5), id(3), id(4), id(2)]);
    assert_eq!(waiting(WaitingQuery { limit: 3, ..query() }).await, [id(5), id(3), id(4)]);
    assert_eq!(waiting(WaitingQuery { since: at(1004), ..query() }).await, [id(5), id(4)]);
    assert_eq!(waiting(WaitingQuery { held_by: Vec::new(), ..query() }).await, [id(4), id(2)]);
    let by_quality = WaitingQuery { by_quality: true, near_degrees: 65, held_by: Vec::new(), ..query() };
    assert_eq!(waiting(by_quality).await, [id(9)]);
}
