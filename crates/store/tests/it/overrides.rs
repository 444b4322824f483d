//! Overrides by editors.

use courant_model::{EditorDecision, Override, Value};
use courant_store::StoreError;

use crate::support::{at, batch, id, in_story, store_with, stored, write_records};

fn word(number: u32, field: &str, value: Value) -> Override {
    let decision = EditorDecision::from_stored(field, value);
    Override { article: id(number), decision, by: "Ed".to_owned(), at: at(3) }
}

#[tokio::test]
async fn an_override_is_stored_replaced_and_removed() {
    let store =
        store_with([stored(1, "x", "y"), in_story(stored(2, "x", "y"), 1), stored(3, "x", "y")]).await;
    write_records(&store).await;
    let list = Value::List(vec![Value::from("Law"), Value::Map(vec![("z".to_owned(), Value::Float(0.1))])]);
    let words =
        [word(1, "published", Value::Bool(false)), word(1, "topics", list), word(9, "title", Value::Null)];
    for word in words.iter().rev() {
        store.put_override(word).await.unwrap();
    }
    assert_eq!(store.overrides().await.unwrap(), words);
    assert_eq!(store.overrides_of(&[id(9), id(2)]).await.unwrap(), words[2..]);
    assert_eq!(
        store.dirty_articles().await.unwrap(),
        [id(1), id(2)],
        "the article's and its story's records"
    );

    write_records(&store).await;
    let other = Override { by: "Di".to_owned(), at: at(4), ..word(1, "published", Value::Bool(true)) };
    store.put_override(&other).await.unwrap();
    assert_eq!(store.overrides_of(&[id(1)]).await.unwrap()[0], other);
    write_records(&store).await;
    assert!(store.remove_override(id(1), "published").await.unwrap());
    assert_eq!(store.dirty_articles().await.unwrap(), [id(1), id(2)]);
    write_records(&store).await;
    assert!(!store.remove_override(id(1), "published").await.unwrap());
    assert_eq!(store.dirty_articles().await.unwrap(), []);
    // Later commits keep it.
    store.commit(&batch([stored(1, "x", "z")]), at(0)).await.unwrap();
    assert_eq!(store.overrides().await.unwrap(), words[1..]);
}

#[tokio::test]
async fn an_override_that_would_not_be_read_back_the_same_is_refused() {
    let store = store_with([]).await;
    let refused = store.put_override(&word(1, "quality", Value::Float(f64::NAN))).await;
    assert!(matches!(refused, Err(StoreError::Unstorable { .. })));
    assert_eq!(store.overrides().await.unwrap(), []);
}
