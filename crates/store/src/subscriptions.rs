//! WebSub subscriptions at hubs.

use courant_model::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};
use url::Url;

use crate::{
    Result, Store,
    codec::{Columns, micros},
};

/// One subscription at a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Random; the last part of the URL that the hub calls.
    pub id: String,
    /// The URL of its source.
    pub source: Url,
    /// The hub.
    pub hub: Url,
    /// The hub's name for the document.
    pub topic: Url,
    /// The secret with which the hub signs.
    pub secret: String,
    /// When a request was last sent to the hub.
    pub asked: Timestamp,
    /// When the lease ends; `None` until the hub has verified the subscription.
    pub lease_end: Option<Timestamp>,
    /// When it last pushed.
    pub last_push: Option<Timestamp>,
    /// False after a poll has found something that the hub had not pushed.
    pub trusted: bool,
}

impl Subscription {
    /// Whether the hub can be relied on at `now`, so that a daily poll is enough.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.trusted && self.lease_end.is_some_and(|end| end > now)
    }
}

const COLUMNS: &str = "id, source, hub, topic, secret, asked, lease_end, last_push, trusted";

statements! {
    SAVE_SUBSCRIPTION = "INSERT OR REPLACE INTO subscriptions (", COLUMNS, ")
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    SUBSCRIPTION = "SELECT ", COLUMNS, " FROM subscriptions WHERE id = ?";
    SUBSCRIPTION_OF = "SELECT ", COLUMNS, " FROM subscriptions WHERE source = ?";
    SUBSCRIPTIONS = "SELECT ", COLUMNS, " FROM subscriptions
        WHERE source IN (SELECT url FROM sources WHERE removed IS NULL AND gone = 0) ORDER BY source";
    SET_LAST_PUSH = "UPDATE subscriptions SET last_push = ? WHERE id = ?";
    SET_LAST_CHANGE = "UPDATE sources SET last_change = ?
        WHERE url = (SELECT source FROM subscriptions WHERE id = ?)";
    DELETE_SUBSCRIPTION = "DELETE FROM subscriptions WHERE source = ?";
}

impl Store {
    /// Stores a subscription, in place of an earlier one of its source.
    pub async fn save_subscription(&self, subscription: &Subscription) -> Result<()> {
        sqlx::query(SAVE_SUBSCRIPTION)
            .bind(&subscription.id)
            .bind(subscription.source.as_str())
            .bind(subscription.hub.as_str())
            .bind(subscription.topic.as_str())
            .bind(&subscription.secret)
            .bind(micros(subscription.asked))
            .bind(subscription.lease_end.map(micros))
            .bind(subscription.last_push.map(micros))
            .bind(subscription.trusted)
            .execute(&mut *self.write_one().await?)
            .await?;
        Ok(())
    }

    /// The subscription with this id.
    pub async fn subscription(&self, id: &str) -> Result<Option<Subscription>> {
        self.one_subscription(SUBSCRIPTION, id).await
    }

    /// The subscription of the source at this URL.
    pub async fn subscription_of(&self, source: &Url) -> Result<Option<Subscription>> {
        self.one_subscription(SUBSCRIPTION_OF, source.as_str()).await
    }

    /// The subscriptions of listed sources that are not gone, by source.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let rows = sqlx::query(SUBSCRIPTIONS).fetch_all(self.readers()).await?;
        self.damage().readable("subscriptions", "source", &rows, subscription)
    }

    /// Notes a push at `now`, and whether it brought something new or edited. Nothing else of the
    /// subscription or its source is touched: a poll of the same source may be running.
    pub async fn note_push(&self, id: &str, now: Timestamp, brought: bool) -> Result<()> {
        let mut change = self.write().await?;
        sqlx::query(SET_LAST_PUSH).bind(micros(now)).bind(id).execute(&mut *change).await?;
        if brought {
            sqlx::query(SET_LAST_CHANGE).bind(micros(now)).bind(id).execute(&mut *change).await?;
        }
        Ok(change.commit().await?)
    }

    /// Deletes the subscription of a source; later pushes of its hub are refused.
    pub async fn forget_subscription(&self, source: &Url) -> Result<()> {
        sqlx::query(DELETE_SUBSCRIPTION).bind(source.as_str()).execute(&mut *self.write_one().await?).await?;
        Ok(())
    }

    async fn one_subscription(&self, statement: &'static str, key: &str) -> Result<Option<Subscription>> {
        let row = sqlx::query(statement).bind(key).fetch_optional(self.readers()).await?;
        row.as_ref().map(subscription).transpose()
    }
}

fn subscription(row: &SqliteRow) -> Result<Subscription> {
    Ok(Subscription {
        id: row.try_get("id")?,
        source: row.parsed("source")?,
        hub: row.parsed("hub")?,
        topic: row.parsed("topic")?,
        secret: row.try_get("secret")?,
        asked: row.timestamp("asked")?,
        lease_end: row.optional_timestamp("lease_end")?,
        last_push: row.optional_timestamp("last_push")?,
        trusted: row.try_get("trusted")?,
    })
}
