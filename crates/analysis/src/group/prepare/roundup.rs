//! Articles that tell many events: roundups, newsletters, live blogs, market summaries.
//!
//! They would chain the stories that they mention into one. The wording of the headline identifies
//! them; such an article opens a story of its own, and only a copy of it joins.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Phrases of a headline (in lower case) that announce a collection.
const PHRASES: &[&str] = &[
    "round-up",
    "roundup",
    "round up:",
    "newsletter",
    "week in review",
    "this week in ",
    "the week in ",
    "weekly digest",
    "daily digest",
    "morning briefing",
    "evening briefing",
    "daily briefing",
    "news briefing",
    "news briefs",
    "in brief:",
    "what we learned this week",
    "things to know",
    "things you need to know",
    "live blog",
    "liveblog",
    "live updates:",
    "live updates |",
    "– live",
    "— live",
    "market wrap",
    "markets wrap",
    "market summary",
    "stocks to watch",
    "morning bid",
    "top stories",
    "top headlines",
    "links for ",
    "weekly update",
    "weekly recap",
    "news recap",
    "best of the week",
    "wochenrückblick",
    "nachrichtenüberblick",
    "newsticker",
    "liveticker",
    "presseschau",
    "revue de presse",
    "l'essentiel de l'actu",
    "l’essentiel de l’actu",
    "resumen de noticias",
    "resumen de la semana",
    "rassegna stampa",
    "nieuwsoverzicht",
    "weekoverzicht",
    "điểm tin",
    "今日要闻",
    "新闻早班车",
    "ニュースまとめ",
];

/// Whether a headline announces a collection of news instead of one event.
pub(super) fn is_roundup(title: &str) -> bool {
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(PHRASES).ok());
    FINDER.as_ref().is_some_and(|finder| finder.is_match(&title.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::is_roundup;

    #[test]
    fn roundups_are_recognised_by_their_headlines() {
        for title in [
            "AI Weekly Roundup: chips, chatbots and a treaty",
            "Five things to know before the market opens",
            "Morning Briefing: what happened overnight",
            "Budget day – live",
        ] {
            assert!(is_roundup(title), "{title}");
        }
        for title in
            ["", "Police round up suspects after harbour fire", "Band plays live in Lyon", "The week ahead"]
        {
            assert!(!is_roundup(title), "{title}");
        }
    }
}
