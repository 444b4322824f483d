//! Click counts.

use courant_store::{DayClicks, Store};

use crate::support::{at, id};

fn clicks(article: u32, minutes: i64, readers: u32) -> DayClicks {
    DayClicks { article: id(article), day: at(minutes), readers }
}

#[tokio::test]
async fn counts_of_a_day_add_up() {
    let store = Store::in_memory().await.unwrap();
    store.add_clicks(&[]).await.unwrap();
    store.add_clicks(&[clicks(2, 0, 3), clicks(1, 1440, 1), clicks(1, 0, 4)]).await.unwrap();
    store.add_clicks(&[clicks(1, 0, u32::MAX), clicks(2, 0, 2)]).await.unwrap();
    assert_eq!(
        store.clicks_since(at(0)).await.unwrap(),
        [clicks(1, 0, u32::MAX), clicks(1, 1440, 1), clicks(2, 0, 5)]
    );
    assert_eq!(store.clicks_since(at(1)).await.unwrap(), [clicks(1, 1440, 1)]);
    assert_eq!(store.clicks_of(&[id(2), id(7)], at(0)).await.unwrap(), [clicks(2, 0, 5)]);
    assert_eq!(store.clicks_of(&[id(2)], at(1)).await.unwrap(), []);
}
