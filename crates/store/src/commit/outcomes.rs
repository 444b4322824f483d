//! The outcomes of the batch's captures.

use courant_model::Timestamp;

use super::{batch::CaptureOutcome, change::Change};
use crate::{Result, StoreError, codec::micros};

statements! {
    SET_OUTCOME = "UPDATE captures SET state = ?1, article = ?2, reason = ?3, because = ?4,
        changed = CASE WHEN state = ?1 THEN changed ELSE ?5 END WHERE number = ?6";
}

/// Removes captures from the queue and stores their outcomes.
pub(super) async fn store(
    change: &mut Change<'_>,
    outcomes: &[(i64, CaptureOutcome)],
    now: Timestamp,
) -> Result<()> {
    for (number, outcome) in outcomes {
        let (state, article, reason, because) = match outcome {
            CaptureOutcome::Article(article) => ("done", Some(article.to_string()), None, None),
            CaptureOutcome::Rejected(rejection) => {
                ("rejected", None, Some(rejection.kind.as_str()), Some(&rejection.because))
            }
        };
        let done = sqlx::query(SET_OUTCOME)
            .bind(state)
            .bind(article)
            .bind(reason)
            .bind(because)
            .bind(micros(now))
            .bind(number)
            .execute(&mut *change.sql)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "capture", key: number.to_string() });
        }
    }
    Ok(())
}
