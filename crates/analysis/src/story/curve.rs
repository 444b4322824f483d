//! The heat of a story over time.

use courant_model::{HeatCurve, Timestamp};

use super::{
    article::StoryArticle, cooling::CURVE_HALF_LIVES, external_signals::ExternalSignals, heat::HeatRule,
    ranking::rank,
};

/// Maximum number of points of a curve.
const MAX_POINTS: i64 = 24;
/// Number of points per half-life, before a long story makes the steps longer.
const POINTS_PER_HALF_LIFE: f64 = 8.0;
/// Minimum step, in seconds.
const MIN_STEP_S: i64 = 60;

/// The heat at even steps from the first report to `now`, or to four half-lives after the last
/// report, each as it was with the articles published until then. A step is an eighth of the
/// half-life, doubled until 24 points suffice, so that a curve grows at its end and its points
/// seldom move. `None` if the story has only one article, or nothing cools (the classic rule).
pub fn heat_curve(
    articles: &[StoryArticle],
    signals: &ExternalSignals,
    now: Timestamp,
    rule: &HeatRule,
) -> Option<HeatCurve> {
    let half_life_h = rule.cooling()?.half_life_h;
    if articles.len() < 2 || !(half_life_h > 0.0 && half_life_h.is_finite()) {
        return None;
    }
    let times = || articles.iter().map(|article| article.published.as_second());
    let (first, last) = (times().min()?, times().max()?);
    let half_life_s = (half_life_h * 3_600.0).min(1e12);
    let end = now.as_second().min(last.saturating_add((CURVE_HALF_LIVES * half_life_s) as i64));
    let mut step = ((half_life_s / POINTS_PER_HALF_LIFE) as i64).max(MIN_STEP_S);
    while (end - first) / step >= MAX_POINTS {
        step *= 2;
    }
    let mut by_time = articles.to_vec();
    by_time.sort_by_key(|article| (article.published, article.id));
    let points = (0..=((end - first) / step).max(0)).filter_map(|number| {
        let at = Timestamp::from_second(first + number * step).ok()?;
        let known = by_time.partition_point(|article| article.published <= at);
        Some(rank(&by_time[..known], signals, at, rule)?.heat.degrees())
    });
    let degrees: Vec<i32> = points.collect();
    (degrees.len() > 1).then(|| HeatCurve {
        start: Timestamp::from_second(first).unwrap_or(now),
        step_s: step,
        degrees,
    })
}

#[cfg(test)]
mod tests {
    use courant_model::{ArticleId, Quality};

    use super::*;

    const HOUR: i64 = 3_600;

    fn article(name: u8, hour: i64) -> StoryArticle {
        let time = Timestamp::from_second(hour * HOUR).unwrap();
        StoryArticle {
            id: ArticleId::from_bytes([name; 16]),
            quality: Quality::from_points(50),
            published: time,
            first_seen: time,
            provider: format!("{name}.example"),
            copy_of: None,
            chosen: false,
        }
    }

    fn curve(articles: &[StoryArticle], hour: i64) -> Option<HeatCurve> {
        let now = Timestamp::from_second(hour * HOUR).unwrap();
        heat_curve(articles, &ExternalSignals::default(), now, &HeatRule::default())
    }

    #[test]
    fn it_rises_with_each_report_and_cools_afterwards() {
        let articles = [article(1, 0), article(2, 3), article(3, 6)];
        let found = curve(&articles, 24).unwrap();
        assert_eq!((found.start.as_second(), found.step_s, found.degrees.len()), (0, 3 * HOUR, 9));
        assert_eq!(found.degrees[..3], [50, 60, 69]);
        assert!(found.degrees[3..].windows(2).all(|pair| pair[0] >= pair[1]));
        // A later curve begins with the same points.
        assert_eq!(curve(&articles, 48).unwrap().degrees[..9], found.degrees);
    }

    #[test]
    fn it_is_bounded_and_ends() {
        let articles = [article(1, 0), article(2, 24 * 300)];
        assert!(curve(&articles, 24 * 301).unwrap().degrees.len() <= 24);
        let cold = [article(1, 0), article(2, 1)];
        assert_eq!(curve(&cold, 24 * 30), curve(&cold, 24 * 3_000));
        assert_eq!(curve(&cold[..1], 24), None);
        assert_eq!(curve(&[article(1, 5), article(2, 6)], 0), None, "a story of the future");
        let classic = heat_curve(&cold, &ExternalSignals::default(), cold[1].published, &HeatRule::Classic);
        assert_eq!(classic, None);
    }
}
