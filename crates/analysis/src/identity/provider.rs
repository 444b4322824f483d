//! The provider that publishes at a URL.

use url::{Host, Url};

/// Platforms under whose domain each subdomain is a separate publisher, in addition to the private
/// section of the Public Suffix List (`github.io`, `blogspot.com` …). `go.com` is a portal whose
/// subdomains are separate newsrooms.
const HOST_PLATFORMS: [&str; 31] = [
    "substack.com",
    "medium.com",
    "wordpress.com",
    "tumblr.com",
    "ghost.io",
    "beehiiv.com",
    "hashnode.dev",
    "blogspot.com",
    "typepad.com",
    "livejournal.com",
    "over-blog.com",
    "canalblog.com",
    "hatenablog.com",
    "hateblo.jp",
    "github.io",
    "gitlab.io",
    "netlify.app",
    "vercel.app",
    "pages.dev",
    "notion.site",
    "weebly.com",
    "wixsite.com",
    "squarespace.com",
    "podbean.com",
    "buzzsprout.com",
    "libsyn.com",
    "go.com",
    "bearblog.dev",
    "micro.blog",
    "writeas.com",
    "tistory.com",
];

/// Platforms where the first part of the path names the publisher, and which parts do.
const PATH_PLATFORMS: [(&str, PathName); 9] = [
    ("medium.com", PathName::Any),
    ("buttondown.email", PathName::Any),
    ("buttondown.com", PathName::Any),
    ("note.com", PathName::Any),
    ("blog.naver.com", PathName::Any),
    ("youtube.com", PathName::At),
    ("tiktok.com", PathName::At),
    ("threads.net", PathName::At),
    ("mirror.xyz", PathName::Any),
];

/// First parts of a path that belong to the platform itself.
const PLATFORM_PAGES: [&str; 16] = [
    "p",
    "tag",
    "tags",
    "topic",
    "topics",
    "m",
    "me",
    "search",
    "about",
    "feed",
    "s",
    "archive",
    "new-story",
    "plans",
    "membership",
    "sub",
];

/// Which first parts of a path name a publisher.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PathName {
    /// Those that begin with `@`.
    At,
    /// All but the platform's own pages.
    Any,
}

/// The provider of a URL: the registrable domain by the Public Suffix List including private
/// suffixes (`name.github.io`), the name under a shared platform (`name.substack.com`), or domain
/// and name if the platform puts the name in the path (`medium.com/@name`). A host without
/// registrable domain is its own provider. In lower case, without `www.`; empty for a URL without
/// host.
pub fn provider_domain(url: &Url) -> String {
    let host = match url.host() {
        Some(Host::Domain(host)) => host.trim_end_matches('.'),
        Some(address) => return address.to_string(),
        None => return String::new(),
    };
    let domain = site_domain(host);
    match named_in_path(&domain, host, url) {
        Some(name) => format!("{domain}/{name}"),
        None => domain,
    }
}

/// The registrable domain of a host, with shared platforms distinguished by subdomain.
pub(super) fn site_domain(host: &str) -> String {
    let host = host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(host);
    for platform in HOST_PLATFORMS {
        if let Some(before) = host.strip_suffix(platform).and_then(|before| before.strip_suffix('.')) {
            let label = before.rsplit('.').next().unwrap_or(before);
            return format!("{label}.{platform}");
        }
    }
    if host == "blog.naver.com" {
        return host.to_owned();
    }
    psl::domain_str(host).unwrap_or(host).to_owned()
}

fn named_in_path(domain: &str, host: &str, url: &Url) -> Option<String> {
    let (_, rule) = PATH_PLATFORMS.into_iter().find(|(platform, _)| *platform == domain)?;
    if !matches!(host.strip_suffix(domain), Some("" | "www." | "m.")) {
        return None;
    }
    let name = url.path_segments()?.next()?;
    let names = match rule {
        PathName::At => name.len() > 1 && name.starts_with('@'),
        PathName::Any => !name.is_empty() && name != "@" && !PLATFORM_PAGES.contains(&name),
    };
    names.then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_distinguished() {
        for (url, expected) in [
            ("https://www.news.co.uk/a", "news.co.uk"),
            ("https://amp.edition.news.com/a", "news.com"),
            ("https://name.substack.com/p/a", "name.substack.com"),
            ("https://substack.com/home", "substack.com"),
            ("https://name.github.io/a", "name.github.io"),
            ("https://github.io/", "github.io"),
            ("https://name.blogspot.com/2020/", "name.blogspot.com"),
            ("https://www.name.wordpress.com/2020/", "name.wordpress.com"),
            ("https://name.tumblr.com/post/1", "name.tumblr.com"),
            ("https://medium.com/@Some.One/title-abc", "medium.com/@some.one"),
            ("https://medium.com/some-publication/title-abc", "medium.com/some-publication"),
            ("https://medium.com/p/abc", "medium.com"),
            ("https://name.medium.com/title", "name.medium.com"),
            ("https://www.youtube.com/@desk/videos", "youtube.com/@desk"),
            ("https://www.youtube.com/watch?v=1", "youtube.com"),
            ("https://abcnews.go.com/Business/story", "abcnews.go.com"),
            ("http://192.0.2.1:8080/a", "192.0.2.1"),
            ("http://localhost/a", "localhost"),
            ("https://news.example./a", "news.example"),
            ("mailto:a@b.example", ""),
        ] {
            assert_eq!(provider_domain(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
