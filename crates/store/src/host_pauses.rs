//! Pauses that hosts have requested (`Retry-After`), kept over restarts.

use courant_model::Timestamp;

use crate::{
    Result, Store,
    codec::{self, micros},
};

statements! {
    SET_PAUSE = "INSERT INTO host_pauses (host, until, reason) VALUES (?, ?, ?)
        ON CONFLICT (host) DO UPDATE SET until = excluded.until, reason = excluded.reason";
    PAUSES = "SELECT host, until FROM host_pauses WHERE until > ? ORDER BY host";
    DELETE_ENDED_PAUSES = "DELETE FROM host_pauses WHERE until <= ?";
}

impl Store {
    /// Remembers that a host must not be contacted until then; a later call replaces an earlier
    /// one.
    pub async fn set_host_pause(&self, host: &str, until: Timestamp, reason: &str) -> Result<()> {
        sqlx::query(SET_PAUSE)
            .bind(host)
            .bind(micros(until))
            .bind(reason)
            .execute(&mut *self.write_one().await?)
            .await?;
        Ok(())
    }

    /// The pauses that have not ended at `now`, by host.
    pub async fn host_pauses(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as(PAUSES).bind(micros(now)).fetch_all(self.readers()).await?;
        rows.into_iter().map(|(host, until)| Ok((host, codec::timestamp(until)?))).collect()
    }

    /// Deletes the pauses that ended at `now` or before, and gives how many. The number of hosts on
    /// the web has no limit, so this should be called regularly.
    pub async fn forget_ended_pauses(&self, now: Timestamp) -> Result<u64> {
        let done =
            sqlx::query(DELETE_ENDED_PAUSES).bind(micros(now)).execute(&mut *self.write_one().await?).await?;
        Ok(done.rows_affected())
    }
}
