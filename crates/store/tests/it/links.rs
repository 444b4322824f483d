//! Links between articles.

use courant_model::ArticleId;
use courant_store::StoredArticle;

use crate::support::{at, batch, id, in_story, store_with, stored};

/// An article that links to these.
fn linking(number: u32, to: &[u32]) -> StoredArticle {
    let links: Vec<ArticleId> = to.iter().map(|&to| id(to)).collect();
    StoredArticle { links: Some(links), ..stored(number, "x", "y") }
}

#[tokio::test]
async fn links_lead_from_one_story_to_another() {
    let mut copy = linking(5, &[1]);
    copy.member.copy_of = Some(id(3));
    let store = store_with([
        stored(1, "x", "y"),
        in_story(linking(2, &[1]), 1),
        linking(3, &[1, 1, 4, 9]),
        linking(4, &[1]),
        copy,
    ])
    .await;
    let pairs = async |since| {
        let links = store.links_since(since).await.unwrap();
        links.iter().map(|link| (link.target, link.article)).collect::<Vec<_>>()
    };
    assert_eq!(pairs(at(0)).await, [(id(1), id(3)), (id(1), id(4)), (id(4), id(3))]);
    assert_eq!(pairs(at(4)).await, [(id(1), id(4))]);
    let row = &store.links_since(at(4)).await.unwrap()[0];
    assert_eq!((row.provider.as_str(), row.published, row.dropped), ("morning.example", at(4), false));

    let to: Vec<ArticleId> =
        store.links_to(&[id(1), id(9)], at(0)).await.unwrap().iter().map(|link| link.article).collect();
    assert_eq!(to, [id(2), id(3), id(4), id(3)], "to articles that are not stored, too");
    assert_eq!(store.links_to(&[id(1)], at(5)).await.unwrap(), []);
}

#[tokio::test]
async fn a_new_version_replaces_links_and_a_decision_keeps_them() {
    let store = store_with([stored(1, "x", "y"), stored(2, "x", "y"), linking(3, &[1])]).await;
    let targets = async || {
        let links = store.links_since(at(0)).await.unwrap();
        links.iter().map(|link| link.target).collect::<Vec<_>>()
    };
    store.commit(&batch([stored(3, "x", "y")]), at(0)).await.unwrap();
    assert_eq!(targets().await, [id(1)], "the new version has no list of links");
    store.commit(&batch([linking(3, &[2])]), at(0)).await.unwrap();
    assert_eq!(targets().await, [id(2)]);
    store.commit(&batch([linking(3, &[])]), at(0)).await.unwrap();
    assert_eq!(targets().await, []);
}
