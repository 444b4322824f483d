//! The sample newswire: its providers, and their articles of the last two weeks.

use anyhow::{Context as _, ensure};
use courant_analysis::identity::slug;
use include_dir::{Dir, include_dir};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/newswire");

/// How a provider announces its articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FeedKind {
    Rss,
    Atom,
    Json,
    Sitemap,
    /// RSS that is not well-formed XML and declares a wrong encoding.
    Broken,
    /// Answers 410 Gone.
    Dead,
}

/// A provider of the sample newswire.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent quirk of a provider")]
pub(super) struct Provider {
    pub(super) domain: String,
    pub(super) name: String,
    pub(super) language: String,
    pub(super) feed: FeedKind,
    /// The page design, 0 to 3.
    pub(super) design: u8,
    /// Whether its articles have AMP pages.
    #[serde(default)]
    pub(super) amp: bool,
    /// Whether the links in its feed carry tracking parameters.
    #[serde(default)]
    pub(super) trackers: bool,
    /// Whether the links in its feed go through a redirect.
    #[serde(default)]
    pub(super) redirects: bool,
    /// Whether its pages were once converted with a wrong encoding (`worldâ€™s`).
    #[serde(default)]
    pub(super) mojibake: bool,
    /// The editor's trust, if the demo's site describes the provider.
    #[serde(default)]
    pub(super) trust: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    provider: Vec<Provider>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile {
    article: Vec<Written>,
}

/// An article as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    provider: String,
    /// Hours before now.
    ago: f64,
    title: String,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    scene: Option<String>,
    #[serde(default)]
    video: bool,
    #[serde(default)]
    tags: Vec<String>,
    text: String,
    #[serde(default)]
    copy: Vec<Reprint>,
}

/// The same text at another provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reprint {
    provider: String,
    /// Hours after the original.
    after: f64,
    #[serde(default)]
    title: Option<String>,
    /// An extra paragraph, inserted before the last one.
    #[serde(default)]
    adds: Option<String>,
}

/// An article of the sample newswire.
#[derive(Debug, Clone)]
pub(super) struct Article {
    /// Index into [`Newswire::providers`].
    pub(super) provider: usize,
    pub(super) published: Timestamp,
    pub(super) title: String,
    pub(super) author: Option<String>,
    pub(super) paragraphs: Vec<String>,
    pub(super) scene: Option<String>,
    pub(super) video: bool,
    pub(super) tags: Vec<String>,
    /// The agency credited for a reprint.
    pub(super) credit: Option<String>,
    /// Path on its provider's site, with a leading slash.
    pub(super) path: String,
}

/// The whole sample newswire.
#[derive(Debug, Clone)]
pub(crate) struct Newswire {
    pub(super) providers: Vec<Provider>,
    /// Newest first.
    pub(super) articles: Vec<Article>,
}

impl Newswire {
    /// The bundled newswire, with its last articles published shortly before `now`.
    pub(crate) fn bundled(now: Timestamp) -> anyhow::Result<Self> {
        let mut providers = Vec::new();
        let mut articles = Vec::new();
        let mut events = Vec::new();
        for file in FILES.files() {
            let name = file.path().display().to_string();
            let text = file.contents_utf8().with_context(|| format!("{name} is not UTF-8"))?;
            if name == "providers.toml" {
                providers = toml::from_str::<ProviderFile>(text).with_context(|| name.clone())?.provider;
            } else {
                events.push((name.clone(), toml::from_str::<EventFile>(text).with_context(|| name.clone())?));
            }
        }
        events.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, event) in events {
            for written in event.article {
                add(written, &providers, now, &mut articles).with_context(|| name.clone())?;
            }
        }
        articles.sort_by(|a: &Article, b| b.published.cmp(&a.published).then_with(|| a.path.cmp(&b.path)));
        ensure!(!articles.is_empty(), "the bundled newswire is empty");
        Ok(Self { providers, articles })
    }

    /// The articles of one provider, newest first.
    pub(super) fn articles_of(&self, provider: usize) -> impl Iterator<Item = &Article> {
        self.articles.iter().filter(move |article| article.provider == provider)
    }

    /// The article at this path of this provider.
    pub(super) fn article_at(&self, provider: usize, path: &str) -> Option<&Article> {
        self.articles_of(provider).find(|article| article.path == path)
    }
}

fn add(
    written: Written,
    providers: &[Provider],
    now: Timestamp,
    articles: &mut Vec<Article>,
) -> anyhow::Result<()> {
    let provider = index_of(&written.provider, providers)?;
    let paragraphs: Vec<String> = written
        .text
        .split("\n\n")
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|text| !text.is_empty())
        .collect();
    let published = hours_before(now, written.ago)?;
    let original = Article {
        provider,
        published,
        path: path_of(provider, &providers[provider], published, &written.title, written.video),
        title: written.title,
        author: written.author,
        paragraphs,
        scene: written.scene,
        video: written.video,
        tags: written.tags,
        credit: None,
    };
    for reprint in written.copy {
        let by = index_of(&reprint.provider, providers)?;
        let published = hours_before(now, written.ago - reprint.after)?;
        let mut paragraphs = original.paragraphs.clone();
        if let Some(own) = reprint.adds {
            paragraphs.insert(paragraphs.len() - 1, own);
        }
        let title = reprint.title.unwrap_or_else(|| original.title.clone());
        articles.push(Article {
            provider: by,
            published,
            path: path_of(by, &providers[by], published, &title, false),
            title,
            paragraphs,
            credit: Some(providers[provider].name.clone()),
            ..original.clone()
        });
    }
    articles.push(original);
    Ok(())
}

fn index_of(domain: &str, providers: &[Provider]) -> anyhow::Result<usize> {
    providers
        .iter()
        .position(|provider| provider.domain == domain)
        .with_context(|| format!("no provider {domain}"))
}

fn hours_before(now: Timestamp, hours: f64) -> anyhow::Result<Timestamp> {
    // Whole minutes, as newsrooms write them.
    let minutes = (hours * 60.0).round() as i64;
    let start = now.as_second() - now.as_second().rem_euclid(60);
    Ok(Timestamp::from_second(start)?.checked_sub(SignedDuration::from_mins(minutes))?)
}

fn path_of(index: usize, provider: &Provider, published: Timestamp, title: &str, video: bool) -> String {
    let slug = slug(title);
    let day = published.strftime("%Y/%m/%d");
    match provider.design {
        _ if video => format!("/watch/{slug}"),
        0 => format!("/{day}/{slug}/"),
        1 => {
            format!("/news/{slug}-{}.html", 40_000 + index as i64 * 997 + published.as_second() / 60 % 9_973)
        }
        2 => format!("/articles/{slug}"),
        _ => format!("/{}/{slug}", published.strftime("%Y-%m")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled() -> Newswire {
        Newswire::bundled("2026-01-15T08:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_newswire_is_as_large_as_promised() {
        let wire = bundled();
        assert!(wire.providers.len() >= 12, "{} providers", wire.providers.len());
        assert!(wire.articles.len() >= 150, "{} articles", wire.articles.len());
        let events = FILES.files().count() - 1;
        assert!(events >= 1);
        assert!(wire.articles.iter().filter(|article| article.credit.is_some()).count() >= 20);
        let languages: std::collections::BTreeSet<_> =
            wire.providers.iter().map(|provider| provider.language.as_str()).collect();
        assert!(languages.len() >= 3, "{languages:?}");
        assert!(wire.providers.iter().all(|provider| provider.domain.ends_with(".example")));
    }

    #[test]
    fn paths_are_distinct() {
        let wire = bundled();
        let mut paths: Vec<_> =
            wire.articles.iter().map(|article| (article.provider, &article.path)).collect();
        paths.sort();
        let all = paths.len();
        paths.dedup();
        assert_eq!(paths.len(), all);
    }

    #[test]
    fn it_covers_two_weeks() {
        let wire = bundled();
        let newest = wire.articles[0].published;
        let oldest = wire.articles[wire.articles.len() - 1].published;
        assert!(oldest.duration_until(newest) >= SignedDuration::from_hours(12 * 24));
    }
}
