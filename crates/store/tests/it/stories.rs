//! What the pipeline reads about stories.

use courant_model::{DateOrigin, Quality};

use crate::support::{at, id, in_story, store_with, stored, story, verdict};

#[tokio::test]
async fn members_come_by_story_and_arrival() {
    let mut copy = in_story(stored(1, "x", "y"), 3);
    copy.member.copy_of = Some(id(3));
    copy.heat = None;
    copy.verdict = verdict(false);
    copy.judgement.topics.clear();
    let store = store_with([stored(3, "x", "y"), copy, stored(2, "x", "y"), stored(7, "x", "y")]).await;
    let members = store.story_members(&[story(3), story(9), story(2)]).await.unwrap();
    assert_eq!(members.iter().map(|member| member.article).collect::<Vec<_>>(), [id(2), id(3), id(1)]);
    let copy = &members[2];
    assert_eq!((copy.story, copy.copy_of, copy.heat), (story(3), Some(id(3)), None));
    assert_eq!((copy.published, copy.first_seen), (at(1), at(1001)));
    assert_eq!(
        (copy.provider.as_str(), copy.has_topic, &copy.verdict),
        ("morning.example", false, &verdict(false))
    );
    assert_eq!(copy.quality, Quality::from_points(60));
    assert!(members[0].has_topic);
}

#[tokio::test]
async fn the_window_is_exact_and_in_order_of_arrival() {
    let mut articles: Vec<_> = (1..=4).map(|number| stored(number, "x", "y")).collect();
    for (article, (published, seen)) in articles.iter_mut().zip([(5, 5), (4, 5), (5, 4), (4, 4)]) {
        article.article.published = at(published);
        article.article.first_seen = at(seen);
    }
    articles[1].article.published_from = DateOrigin::FirstSeen;
    articles[1].member.copy_of = Some(id(1));
    articles.reverse();
    let store = store_with(articles.clone()).await;
    let window = store.group_window_after(at(5), 0, usize::MAX).await.unwrap();
    assert_eq!(window.iter().map(|row| row.id).collect::<Vec<_>>(), [id(3), id(2), id(1)]);
    let (row, given) = (&window[1], &articles[2]);
    assert_eq!(
        (&row.title, &row.text, &row.language),
        (&given.article.title, &given.article.text, &given.article.language)
    );
    assert_eq!((row.published, row.published_from, row.first_seen), (at(4), DateOrigin::FirstSeen, at(5)));
    assert_eq!(
        (row.url.as_str(), row.provider.as_str()),
        (given.article.web_url.as_str(), "morning.example")
    );
    assert_eq!((row.story, row.copy_of), (story(2), Some(id(1))));
    assert_eq!(row.authors, ["Ada Example"]);

    let step = store.group_window_after(at(5), 0, 2).await.unwrap();
    let rest = store.group_window_after(at(5), step[1].arrival, 2).await.unwrap();
    assert_eq!([step, rest].concat(), window);
    assert_eq!(store.group_window_after(at(6), 0, usize::MAX).await.unwrap(), []);

    let before = store.arrival_before_newest(2).await.unwrap();
    let newest = store.group_window_after(at(0), before, usize::MAX).await.unwrap();
    assert_eq!(newest.iter().map(|row| row.id).collect::<Vec<_>>(), [id(2), id(1)]);
    assert_eq!(store.arrival_before_newest(4).await.unwrap(), 0, "all of them");
}

#[tokio::test]
async fn the_window_remembers_the_excerpt_of_an_article_without_text() {
    let store = store_with([stored(1, "A bridge", "")]).await;
    assert_eq!(store.group_window_after(at(0), 0, usize::MAX).await.unwrap()[0].text, "In short: A bridge.");
}
