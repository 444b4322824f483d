//! All URLs of the site: from a path to its document, and back.
//!
//! Paths start with `/` and are relative to the site's root. A path that ends in `/` is a page: a
//! static build writes it as `…/index.html`. JSON documents have two URLs, `/api/v1/topics.json`
//! (as a static build writes it) and `/api/v1/topics/`.

use std::fmt::Write as _;

use courant_model::{ArticleId, StoryId};
use jiff::civil::Date;

/// A list that is cut into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List<'a> {
    Front,
    Topic(&'a str),
    Provider(&'a str),
    Day(Date),
}

/// What a feed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel<'a> {
    /// The newest stories of all.
    Site,
    /// The newest stories of a topic.
    Topic(&'a str),
    /// The reports of a story.
    Story(StoryId),
}

/// The syntax of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// RSS 2.0.
    Rss,
    /// Atom (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl Syntax {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rss, Self::Atom, Self::Json];

    /// The name of a feed's file: the last part of its URL.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Rss => "feed.xml",
            Self::Atom => "atom.xml",
            Self::Json => "feed.json",
        }
    }

    /// The media type without parameters, as `link` elements name it.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }

    fn from_file(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|syntax| syntax.file() == name)
    }
}

/// The document that a path names; it need not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// A page of a list. 0 is the one without number; the others are counted from the oldest entry.
    Page(List<'a>, usize),
    Topics,
    Providers,
    Archive,
    Story(StoryId),
    About,
    Search,
    NotFound,
    Feed(Channel<'a>, Syntax),
    Style(&'a str),
    Icon,
    Robots,
    /// The sitemap, or one part of it from 1.
    Sitemap(Option<usize>),
    NewsSitemap,
    /// As [`Self::Page`].
    ApiStories(usize),
    ApiStory(StoryId),
    ApiArticle(ArticleId),
    ApiTopics,
    ApiProviders,
    /// The kinds of records other than news.
    ApiCollections,
    /// The records of a kind.
    ApiCollection(&'a str),
    /// A record, by its kind and id.
    ApiRecord(&'a str, &'a str),
    /// The records of the kind `newsletters`, at their second URL.
    ApiNewsletters,
    ApiNewsletter(&'a str),
    /// The description of the API for tools.
    ApiDescription,
    /// The same for people.
    ApiManual,
    /// A document of the classic API: the path between `/api/` and the last slash.
    Classic(&'a str),
}

impl<'a> Route<'a> {
    /// The document that this path names; `None` if no document can have this path.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if let Some(rest) = path.strip_prefix("api/")
            && !rest.starts_with("v1/")
        {
            return rest.strip_suffix('/').or_else(|| rest.strip_suffix("/index.json")).map(Self::Classic);
        }
        if let Some(rest) = path.strip_prefix("api/v1/collections/") {
            return Self::parse_collections(rest);
        }
        if let Some(rest) = path.strip_prefix("api/v1/newsletters/") {
            return if rest.is_empty() {
                Some(Self::ApiNewsletters)
            } else {
                stem(rest).map(Self::ApiNewsletter)
            };
        }
        let mut parts: [&str; 7] = [""; 7];
        let mut count = 0;
        for part in path.split('/') {
            *parts.get_mut(count)? = part;
            count += 1;
        }
        match &parts[..count] {
            ["api", "v1", ""] => Some(Self::ApiManual),
            ["api", "v1", rest @ ..] => Self::parse_api(rest),
            [file] => Self::parse_file(file),
            ["assets", name] => Some(Self::Style(name)),
            ["topics", topic, file] if !file.is_empty() => {
                Some(Self::Feed(Channel::Topic(topic), Syntax::from_file(file)?))
            }
            ["stories", id, file] if !file.is_empty() => {
                Some(Self::Feed(Channel::Story(id.parse().ok()?), Syntax::from_file(file)?))
            }
            [pages @ .., ""] => Self::parse_page(pages),
            _ => None,
        }
    }

    /// A path below `/api/v1/collections/`. Ids of records may contain slashes.
    fn parse_collections(rest: &'a str) -> Option<Self> {
        if rest.is_empty() {
            return Some(Self::ApiCollections);
        }
        let stem = stem(rest)?;
        Some(match stem.split_once('/') {
            Some((kind, id)) => Self::ApiRecord(kind, id),
            None => Self::ApiCollection(stem),
        })
    }

    fn parse_file(file: &str) -> Option<Self> {
        Some(match file {
            "" => Self::Page(List::Front, 0),
            "404.html" => Self::NotFound,
            "favicon.svg" => Self::Icon,
            "robots.txt" => Self::Robots,
            "sitemap.xml" => Self::Sitemap(None),
            "news-sitemap.xml" => Self::NewsSitemap,
            _ => match file.strip_prefix("sitemap-").and_then(|rest| rest.strip_suffix(".xml")) {
                Some(part) => Self::Sitemap(Some(number(part)?)),
                None => Self::Feed(Channel::Site, Syntax::from_file(file)?),
            },
        })
    }

    fn parse_page(parts: &[&'a str]) -> Option<Self> {
        Some(match *parts {
            ["about"] => Self::About,
            ["search"] => Self::Search,
            ["topics"] => Self::Topics,
            ["providers"] => Self::Providers,
            ["archive"] => Self::Archive,
            ["stories", id] => Self::Story(id.parse().ok()?),
            ["page", page] => Self::Page(List::Front, number(page)?),
            [kind, name] => Self::Page(Self::list(kind, name)?, 0),
            [kind, name, "page", page] => Self::Page(Self::list(kind, name)?, number(page)?),
            _ => return None,
        })
    }

    fn list(kind: &str, name: &'a str) -> Option<List<'a>> {
        match kind {
            "topics" => Some(List::Topic(name)),
            "providers" => Some(List::Provider(name)),
            // Another spelling of the date would be a second URL of the same page.
            "archive" => name.parse::<Date>().ok().filter(|date| date.to_string() == name).map(List::Day),
            _ => None,
        }
    }

    fn parse_api(parts: &[&'a str]) -> Option<Self> {
        let (last, folders) = parts.split_last()?;
        let (name, folders) = match last.strip_suffix(".json") {
            Some(stem) => (stem, folders),
            None if last.is_empty() => folders.split_last().map(|(name, folders)| (*name, folders))?,
            None => return None,
        };
        match (folders, name) {
            ([], "stories") => Some(Self::ApiStories(0)),
            ([], "topics") => Some(Self::ApiTopics),
            ([], "providers") => Some(Self::ApiProviders),
            ([], "collections") => Some(Self::ApiCollections),
            ([], "newsletters") => Some(Self::ApiNewsletters),
            ([], "openapi") => Some(Self::ApiDescription),
            (["stories", "page"], page) => Some(Self::ApiStories(number(page)?)),
            (["stories"], id) => Some(Self::ApiStory(id.parse().ok()?)),
            (["articles"], id) => Some(Self::ApiArticle(id.parse().ok()?)),
            _ => None,
        }
    }

    /// The feeds of a channel, in all syntaxes.
    pub(crate) fn feeds(channel: Channel<'a>) -> impl Iterator<Item = Self> {
        Syntax::ALL.into_iter().map(move |syntax| Self::Feed(channel, syntax))
    }

    /// The path at which a static build writes the document.
    pub(crate) fn path(&self) -> String {
        self.below("/")
    }

    /// The path of the document after this prefix, which ends in a slash: the site's root or URL.
    pub(crate) fn below(&self, prefix: &str) -> String {
        let mut text = String::with_capacity(prefix.len() + 64);
        text.push_str(prefix);
        // Writing to a `String` cannot fail.
        let _ = self.write_relative(&mut text);
        text
    }

    /// Writes the path without its leading slash.
    fn write_relative(&self, text: &mut String) -> std::fmt::Result {
        match self {
            Self::Page(list, page) => {
                match list {
                    List::Front => {}
                    List::Topic(id) => push_all(text, &["topics/", id, "/"]),
                    List::Provider(domain) => push_all(text, &["providers/", domain, "/"]),
                    List::Day(date) => write!(text, "archive/{date}/")?,
                }
                if *page > 0 {
                    write!(text, "page/{page}/")?;
                }
            }
            Self::Topics => text.push_str("topics/"),
            Self::Providers => text.push_str("providers/"),
            Self::Archive => text.push_str("archive/"),
            Self::Story(id) => write!(text, "stories/{id}/")?,
            Self::About => text.push_str("about/"),
            Self::Search => text.push_str("search/"),
            Self::NotFound => text.push_str("404.html"),
            Self::Feed(channel, syntax) => {
                match channel {
                    Channel::Site => {}
                    Channel::Topic(id) => push_all(text, &["topics/", id, "/"]),
                    Channel::Story(id) => write!(text, "stories/{id}/")?,
                }
                text.push_str(syntax.file());
            }
            Self::Style(name) => push_all(text, &["assets/", name]),
            Self::Icon => text.push_str("favicon.svg"),
            Self::Robots => text.push_str("robots.txt"),
            Self::Sitemap(None) => text.push_str("sitemap.xml"),
            Self::Sitemap(Some(part)) => write!(text, "sitemap-{part}.xml")?,
            Self::NewsSitemap => text.push_str("news-sitemap.xml"),
            Self::ApiStories(0) => text.push_str("api/v1/stories.json"),
            Self::ApiStories(page) => write!(text, "api/v1/stories/page/{page}.json")?,
            Self::ApiStory(id) => write!(text, "api/v1/stories/{id}.json")?,
            Self::ApiArticle(id) => write!(text, "api/v1/articles/{id}.json")?,
            Self::ApiTopics => text.push_str("api/v1/topics.json"),
            Self::ApiProviders => text.push_str("api/v1/providers.json"),
            Self::ApiCollections => text.push_str("api/v1/collections.json"),
            Self::ApiCollection(kind) => push_all(text, &["api/v1/collections/", kind, ".json"]),
            Self::ApiRecord(kind, id) => push_all(text, &["api/v1/collections/", kind, "/", id, ".json"]),
            Self::ApiNewsletters => text.push_str("api/v1/newsletters.json"),
            Self::ApiNewsletter(id) => push_all(text, &["api/v1/newsletters/", id, ".json"]),
            Self::ApiDescription => text.push_str("api/v1/openapi.json"),
            Self::ApiManual => text.push_str("api/v1/"),
            Self::Classic(key) => push_all(text, &["api/", key, "/index.json"]),
        }
        Ok(())
    }
}

fn push_all(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

/// The name of a document at either of its URLs.
fn stem(path: &str) -> Option<&str> {
    path.strip_suffix('/').or_else(|| path.strip_suffix(".json"))
}

/// A number from 1 without sign and leading zeros.
fn number(text: &str) -> Option<usize> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_parsed_and_printed() {
        for path in [
            "/",
            "/page/1/",
            "/page/2/",
            "/topics/",
            "/topics/ai/",
            "/topics/ai/page/3/",
            "/topics/ai/atom.xml",
            "/providers/a.example/",
            "/archive/2023-02-16/page/2/",
            "/stories/0123456789abcdef0123456789abcdef/",
            "/stories/0123456789abcdef0123456789abcdef/feed.json",
            "/404.html",
            "/feed.json",
            "/sitemap.xml",
            "/sitemap-2.xml",
            "/api/v1/",
            "/api/v1/openapi.json",
            "/api/v1/stories.json",
            "/api/v1/stories/page/2.json",
            "/api/v1/collections.json",
            "/api/v1/collections/people.json",
            "/api/v1/collections/learning/videos/part/of/a-course/one.json",
            "/api/v1/newsletters.json",
            "/api/v1/newsletters/2025-07-01.json",
            "/api/learning/collections/a-title/page/12/index.json",
            "/api/v1/articles/0123456789abcdef0123456789abcdef.json",
        ] {
            assert_eq!(Route::parse(path).map(|route| route.path()).as_deref(), Some(path));
        }
    }

    #[test]
    fn json_has_a_second_url() {
        for (live, file) in [
            ("/api/v1/stories/", "/api/v1/stories.json"),
            ("/api/v1/stories/page/2/", "/api/v1/stories/page/2.json"),
            ("/api/v1/topics/", "/api/v1/topics.json"),
            ("/api/v1/collections/", "/api/v1/collections.json"),
            ("/api/v1/collections/people/", "/api/v1/collections/people.json"),
            ("/api/v1/collections/people/a/b/", "/api/v1/collections/people/a/b.json"),
            ("/api/v1/newsletters/", "/api/v1/newsletters.json"),
            ("/api/news/page/2/", "/api/news/page/2/index.json"),
        ] {
            assert_eq!(Route::parse(live), Route::parse(file));
            assert!(Route::parse(live).is_some());
        }
    }

    #[test]
    fn other_paths_are_refused() {
        for path in [
            "",
            "a",
            "//",
            "/page/0/",
            "/page/02/",
            "/page/+2/",
            "/page/2",
            "/topics",
            "/stories/x/",
            "/stories/x/feed.xml",
            "/stories/0123456789abcdef0123456789abcdef/rss.xml",
            "/api/v1",
            "/api/v1/collections",
            "/api/v1/collections/people",
            "/api/news",
            "/archive/2023-2-6/",
            "/archive/20230216/",
            "/a/b/c/d/e/f/g/h/i/",
            "/api/v1/stories/page/0/",
            "/sitemap-0.xml",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
