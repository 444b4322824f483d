//! Replacing the judgements of articles that do not change otherwise.

use courant_model::{ArticleId, Judgement};

use crate::{
    Result, Store, StoreError,
    codec::to_json,
    commit::put_topics,
    revision::{mark_story_of, next_change},
};

statements! {
    UPDATE_QUALITY = "UPDATE articles SET quality = ?, has_topic = ? WHERE id = ? RETURNING seq";
    UPDATE_JUDGEMENT = "UPDATE article_details SET judgement = ?, topics_from = ? WHERE seq = ?";
}

impl Store {
    /// Replaces the judgements of these articles, in one transaction. The records of their stories
    /// become dirty; heat and verdicts follow with the next publish round. Unknown articles are
    /// skipped.
    ///
    /// Errors: [`StoreError::Unstorable`] for a score that is not finite; nothing is changed then.
    pub async fn replace_judgements(&self, judgements: &[(ArticleId, Judgement)]) -> Result<()> {
        let mut change = self.write().await?;
        let number = next_change(&mut change).await?;
        for (article, judgement) in judgements {
            if !judgement.topics.iter().all(|topic| topic.score.is_finite()) {
                return Err(StoreError::Unstorable {
                    what: format!("article {article}: the score of a topic"),
                    because: "it is not a finite number",
                });
            }
            let id = article.to_string();
            let seq: Option<i64> = sqlx::query_scalar(UPDATE_QUALITY)
                .bind(judgement.quality.points())
                .bind(!judgement.topics.is_empty())
                .bind(&id)
                .fetch_optional(&mut *change)
                .await?;
            let Some(seq) = seq else { continue };
            sqlx::query(UPDATE_JUDGEMENT)
                .bind(to_json("the judgement", judgement)?)
                .bind(judgement.topics_from.as_str())
                .bind(seq)
                .execute(&mut *change)
                .await?;
            put_topics(&mut change, seq, &judgement.topics, false).await?;
            mark_story_of(&mut change, number, *article).await?;
        }
        change.commit().await?;
        Ok(())
    }
}
