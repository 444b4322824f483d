//! Commands for the process that has the store open.

use courant_store::{CommandQueue, Store, StoreError};

use crate::support::at;

#[tokio::test]
async fn a_command_waits_until_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let missing = CommandQueue::open(&path).await;
    assert!(matches!(missing, Err(StoreError::CannotOpen { .. })), "{missing:?}");
    let store = Store::open(&path).await.unwrap();
    let asking = CommandQueue::open(&path).await.unwrap();
    let (first, second) =
        (asking.submit("{\"a\":1}", at(1)).await.unwrap(), asking.submit("{\"b\":2}", at(2)).await.unwrap());
    asking.close().await;
    store.close().await.unwrap();

    let store = Store::open(&path).await.unwrap();
    let waiting = store.waiting_commands(10).await.unwrap();
    assert_eq!(waiting, [(first, "{\"a\":1}".to_owned()), (second, "{\"b\":2}".to_owned())]);
    store.answer_command(first, &Err("no such article".to_owned()), at(3)).await.unwrap();
    assert_eq!(store.waiting_commands(10).await.unwrap(), waiting[1..]);
    store.answer_command(second, &Ok("{}".to_owned()), at(3)).await.unwrap();
    let asking = CommandQueue::open(&path).await.unwrap();
    assert_eq!(asking.answer(first).await.unwrap(), Some(Err("no such article".to_owned())));
    assert_eq!(asking.answer(second).await.unwrap(), Some(Ok("{}".to_owned())));
    assert_eq!(asking.answer(second + 1).await.unwrap(), None);
}
