//! Where well-known sites keep their feeds: a table of rules from the URL of a page to the URL of
//! its feed. Nothing is requested here; the caller checks whether the feed exists.

use url::Url;

/// A rule: the hosts it applies to, and the feed of a page there.
struct Rule {
    /// The host without `www.`; `*.host` matches all hosts below it, `*` any host.
    host: &'static str,
    feed: fn(&Page<'_>) -> Option<String>,
}

/// The parts of a URL that rules use.
struct Page<'a> {
    url: &'a Url,
    /// Host and port.
    site: String,
    /// The non-empty segments of the path.
    path: Vec<&'a str>,
}

impl Page<'_> {
    fn query(&self, name: &str) -> Option<String> {
        self.url
            .query_pairs()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.into())
    }
}

const RULES: &[Rule] = &[
    Rule { host: "youtube.com", feed: youtube },
    Rule { host: "m.youtube.com", feed: youtube },
    Rule { host: "reddit.com", feed: reddit },
    Rule { host: "old.reddit.com", feed: reddit },
    Rule { host: "new.reddit.com", feed: reddit },
    Rule { host: "github.com", feed: github },
    Rule { host: "gitlab.com", feed: gitlab },
    Rule { host: "medium.com", feed: medium },
    Rule { host: "*.medium.com", feed: |page| at_root(page, "feed") },
    Rule { host: "*.substack.com", feed: |page| at_root(page, "feed") },
    Rule { host: "*.wordpress.com", feed: |page| at_root(page, "feed/") },
    Rule { host: "*.blogspot.com", feed: |page| at_root(page, "feeds/posts/default") },
    Rule { host: "*.tumblr.com", feed: |page| at_root(page, "rss") },
    Rule { host: "*.bearblog.dev", feed: |page| at_root(page, "feed/") },
    Rule { host: "*.ghost.io", feed: |page| at_root(page, "rss/") },
    Rule { host: "bsky.app", feed: bluesky },
    Rule { host: "dev.to", feed: |page| page.path.first().map(|name| format!("https://dev.to/feed/{name}")) },
    Rule { host: "news.ycombinator.com", feed: |page| at_root(page, "rss") },
    Rule { host: "lobste.rs", feed: lobsters },
    Rule { host: "arxiv.org", feed: arxiv },
    Rule { host: "pypi.org", feed: pypi },
    // Mastodon and similar servers run on any host and use this form for accounts. So do some
    // servers without such feeds; those are listed above or fail the check of the caller.
    Rule { host: "*", feed: mastodon },
];

/// The feed of this page, if a rule matches it.
pub fn known_feed(url: &Url) -> Option<Url> {
    let host = url.host_str()?.trim_start_matches("www.").to_ascii_lowercase();
    let rule = RULES.iter().find(|rule| match rule.host.strip_prefix('*') {
        None => rule.host == host,
        Some(ending) => host.len() > ending.len() && host.ends_with(ending),
    })?;
    let page = Page {
        url,
        site: url[url::Position::BeforeHost..url::Position::AfterPort].to_owned(),
        path: url.path().split('/').filter(|part| !part.is_empty()).collect(),
    };
    let feed = Url::parse(&(rule.feed)(&page)?).ok()?;
    (feed != *url).then_some(feed)
}

/// Common paths of feeds that no page links to, the likeliest first.
pub const COMMON_PATHS: [&str; 6] = ["feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss"];

#[expect(clippy::unnecessary_wraps, reason = "one shape for all rules of the table")]
fn at_root(page: &Page<'_>, path: &str) -> Option<String> {
    Some(format!("https://{}/{path}", page.site))
}

fn youtube(page: &Page<'_>) -> Option<String> {
    let feed =
        |name: &str, value: &str| Some(format!("https://www.youtube.com/feeds/videos.xml?{name}={value}"));
    match page.path[..] {
        ["channel", id, ..] => feed("channel_id", id),
        ["user", name, ..] => feed("user", name),
        ["playlist" | "watch", ..] => feed("playlist_id", &page.query("list")?),
        // @name and /c/name: their pages link to the feed.
        _ => None,
    }
}

fn reddit(page: &Page<'_>) -> Option<String> {
    match page.path[..] {
        [kind @ ("r" | "user" | "u"), name, ..] if name != ".rss" => {
            let kind = if kind == "u" { "user" } else { kind };
            Some(format!("https://www.reddit.com/{kind}/{name}/.rss"))
        }
        _ => None,
    }
}

fn github(page: &Page<'_>) -> Option<String> {
    let below =
        |owner: &str, name: &str, feed: &str| Some(format!("https://github.com/{owner}/{name}/{feed}.atom"));
    match page.path[..] {
        [_, _, last, ..] if last.ends_with(".atom") => None,
        [owner, name, "tags"] => below(owner, name, "tags"),
        [owner, name, "commits", branch] => below(owner, name, &format!("commits/{branch}")),
        [owner, name, "commits"] => below(owner, name, "commits"),
        [owner, name] | [owner, name, "releases", ..] => below(owner, name, "releases"),
        _ => None,
    }
}

fn gitlab(page: &Page<'_>) -> Option<String> {
    let end = page.path.iter().position(|part| *part == "-")?;
    let project = page.path[..end].join("/");
    (page.path.get(end + 1) == Some(&"releases"))
        .then(|| format!("https://gitlab.com/{project}/-/releases.atom"))
}

fn medium(page: &Page<'_>) -> Option<String> {
    match page.path[..] {
        ["feed", ..] | [] => None,
        ["tag", tag, ..] => Some(format!("https://medium.com/feed/tag/{tag}")),
        [name, ..] => Some(format!("https://medium.com/feed/{name}")),
    }
}

fn bluesky(page: &Page<'_>) -> Option<String> {
    match page.path[..] {
        ["profile", name] => Some(format!("https://bsky.app/profile/{name}/rss")),
        _ => None,
    }
}

fn lobsters(page: &Page<'_>) -> Option<String> {
    match page.path[..] {
        ["t", tag] => Some(format!("https://lobste.rs/t/{tag}.rss")),
        [] => at_root(page, "rss"),
        _ => None,
    }
}

fn arxiv(page: &Page<'_>) -> Option<String> {
    match page.path[..] {
        ["list", subject, ..] => Some(format!("https://rss.arxiv.org/rss/{subject}")),
        _ => None,
    }
}

fn pypi(page: &Page<'_>) -> Option<String> {
    match page.path[..] {
        ["project", name, ..] => Some(format!("https://pypi.org/rss/project/{name}/releases.xml")),
        _ => None,
    }
}

fn mastodon(page: &Page<'_>) -> Option<String> {
    match page.path[..] {
        // Accounts on other servers (@name@host) have no feed here.
        [account] if account.len() > 1 && account.starts_with('@') && account.rfind('@') == Some(0) => {
            (!account.ends_with(".rss")).then(|| format!("https://{}/{account}.rss", page.site))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_their_feeds() {
        for (page, feed) in [
            (
                "https://www.youtube.com/channel/UCx1",
                "https://www.youtube.com/feeds/videos.xml?channel_id=UCx1",
            ),
            (
                "https://youtube.com/playlist?list=PL9",
                "https://www.youtube.com/feeds/videos.xml?playlist_id=PL9",
            ),
            (
                "https://m.youtube.com/watch?v=a&list=PL9",
                "https://www.youtube.com/feeds/videos.xml?playlist_id=PL9",
            ),
            ("https://old.reddit.com/r/tides/top", "https://www.reddit.com/r/tides/.rss"),
            ("https://www.reddit.com/u/ann", "https://www.reddit.com/user/ann/.rss"),
            ("https://github.com/lake/boat", "https://github.com/lake/boat/releases.atom"),
            ("https://github.com/lake/boat/releases/tag/v1", "https://github.com/lake/boat/releases.atom"),
            ("https://github.com/lake/boat/commits/main", "https://github.com/lake/boat/commits/main.atom"),
            ("https://gitlab.com/a/b/c/-/releases", "https://gitlab.com/a/b/c/-/releases.atom"),
            ("https://medium.com/@ann/a-story-1", "https://medium.com/feed/@ann"),
            ("https://medium.com/tag/tides", "https://medium.com/feed/tag/tides"),
            ("https://ann.medium.com/a-story", "https://ann.medium.com/feed"),
            ("https://tides.substack.com/p/spring", "https://tides.substack.com/feed"),
            ("https://tides.wordpress.com/2025/06/", "https://tides.wordpress.com/feed/"),
            ("https://social.lake.example/@ann", "https://social.lake.example/@ann.rss"),
            ("https://bsky.app/profile/ann.example", "https://bsky.app/profile/ann.example/rss"),
            ("https://arxiv.org/list/cs.AI/recent", "https://rss.arxiv.org/rss/cs.AI"),
        ] {
            assert_eq!(
                known_feed(&Url::parse(page).unwrap()).map(String::from).as_deref(),
                Some(feed),
                "{page}"
            );
        }
    }

    #[test]
    fn other_pages_and_feed_urls_match_no_rule() {
        for page in [
            "https://lake.example/",
            "https://lake.example/@ann/123",
            "https://lake.example/@ann@sea.example",
            "https://lake.example/@ann.rss",
            "https://www.youtube.com/@ann",
            "https://www.youtube.com/watch?v=a",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCx1",
            "https://www.reddit.com/r/tides/.rss",
            "https://github.com/lake",
            "https://github.com/lake/boat/releases.atom",
            "https://medium.com/feed/@ann",
            "https://tides.substack.com/feed",
            "https://notsubstack.com/",
        ] {
            assert_eq!(known_feed(&Url::parse(page).unwrap()), None, "{page}");
        }
    }
}
