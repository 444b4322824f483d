//! The articles that wait for review: those that a rule of the site holds, and those just below the
//! threshold.

use courant_analysis::gate::{Action, GateProfile};
use courant_model::{ArticleId, BuiltInRule, GateRule, Heat, Timestamp};
use courant_site::Site;
use courant_store::{SnapshotRow, Store, WaitingQuery};
use jiff::SignedDuration;
use serde::Serialize;

use crate::stories::overrides::Overrides;

/// Maximum distance below the threshold at which a lead waits for review, in degrees.
const MAX_DEGREES_BELOW: i32 = 10;

/// An article that waits for review.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    pub article: ArticleId,
    pub title: String,
    pub url: String,
    /// The provider's domain.
    pub provider: String,
    pub quality: i32,
    /// −1 where another article leads its story.
    pub heat: i32,
    pub published_date_time: Timestamp,
    pub first_seen: Timestamp,
    /// The rule that holds it, and its reason.
    pub rule: GateRule,
    pub because: String,
    /// The command line that publishes it.
    pub command: String,
}

/// The articles first seen in the last `hours` that wait for review, by their stored verdicts:
/// those that a rule of the site holds, then those within ten degrees below the threshold; the
/// newest of each first.
pub async fn queue(
    store: &Store,
    site: &Site,
    now: Timestamp,
    hours: i64,
    limit: usize,
) -> anyhow::Result<Vec<Waiting>> {
    let gate = &site.config.gate;
    let holds = gate.rules.iter().filter(|rule| rule.then == Action::Hold);
    let query = WaitingQuery {
        since: now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN),
        held_by: holds.map(|rule| rule.name.clone()).collect(),
        near_rule: BuiltInRule::Threshold,
        near_degrees: gate.threshold.saturating_sub(MAX_DEGREES_BELOW),
        by_quality: gate.profile == GateProfile::Classic,
        limit,
    };
    let rows = store.waiting_articles(&query).await?;
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article.id).collect();
    let stored = store.overrides_of(&ids).await?;
    let overrides = Overrides::of(&stored);
    Ok(rows.into_iter().map(|row| waiting(row, &overrides)).collect())
}

fn waiting(row: SnapshotRow, overrides: &Overrides<'_>) -> Waiting {
    let id = row.article.id;
    let url = row.article.web_url.to_string();
    Waiting {
        article: id,
        title: overrides.text(id, "title").map_or(row.article.title, str::to_owned),
        command: format!("courant article publish {}", quoted(&url)),
        url,
        provider: row.article.provider.domain,
        quality: overrides.quality(id).unwrap_or(row.judgement.quality).points(),
        heat: Heat::published_number(row.heat),
        published_date_time: row.article.published,
        first_seen: row.first_seen,
        rule: row.verdict.rule,
        because: row.verdict.because,
    }
}

/// A URL quoted as one argument of a shell command.
fn quoted(url: &str) -> String {
    format!("'{}'", url.replace('\'', "%27"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_quoted_as_one_argument() {
        assert_eq!(quoted("https://a.example/x?a=1&b=$(x)"), "'https://a.example/x?a=1&b=$(x)'");
        assert_eq!(quoted("https://a.example/it's"), "'https://a.example/it%27s'");
    }
}
