//! What hubs were asked to push (WebSub).

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
    /// Random; the last part of the address that the hub calls.
    pub id: String,
    /// The source that it is for, by its address.
    pub source: Url,
    /// The hub.
    pub hub: Url,
    /// What the hub calls the document.
    pub topic: Url,
    /// What the hub signs with.
    pub secret: String,
    /// When the hub was last asked.
    pub asked: Timestamp,
    /// Until when it pushes; `None` until it has verified.
    pub lease_end: Option<Timestamp>,
    /// When it last pushed.
    pub last_push: Option<Timestamp>,
    /// False once a poll has found what the hub had not pushed.
    pub trusted: bool,
}

impl Subscription {
    /// Whether the hub can be relied on at `now`, so that a daily poll beside it is enough.
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
    /// Remembers a subscription in place of whatever its source had.
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

    /// The subscription that the hub calls by this id.
    pub async fn subscription(&self, id: &str) -> Result<Option<Subscription>> {
        self.one_subscription(SUBSCRIPTION, id).await
    }

    /// The subscription of the source at this address.
    pub async fn subscription_of(&self, source: &Url) -> Result<Option<Subscription>> {
        self.one_subscription(SUBSCRIPTION_OF, source.as_str()).await
    }

    /// The subscriptions of listed sources that are not gone, by source.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let rows = sqlx::query(SUBSCRIPTIONS).fetch_all(self.readers()).await?;
        self.damage().readable("subscriptions", "source", &rows, subscription)
    }

    /// Notes that the hub has pushed at `now`, and whether that brought something new or edited. Nothing else of
    /// the subscription or its source is touched: a poll of the same source may be under way.
    pub async fn note_push(&self, id: &str, now: Timestamp, brought: bool) -> Result<()> {
        let mut change = self.write().await?;
        sqlx::query(SET_LAST_PUSH).bind(micros(now)).bind(id).execute(&mut *change).await?;
        if brought {
            sqlx::query(SET_LAST_CHANGE).bind(micros(now)).bind(id).execute(&mut *change).await?;
        }
        Ok(change.commit().await?)
    }

    /// Forgets the subscription of a source; what its hub still sends is refused from then on.
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
        asked: row.moment("asked")?,
        lease_end: row.maybe_moment("lease_end")?,
        last_push: row.maybe_moment("last_push")?,
        trusted: row.try_get("trusted")?,
    })
}
