//! URL patterns in which `*` matches any characters.

/// Whether `text` matches `glob`. The time is at most proportional to the product of the lengths.
pub(crate) fn matches(glob: &str, text: &str) -> bool {
    let (glob, text) = (glob.as_bytes(), text.as_bytes());
    let (mut g, mut t, mut star, mut mark) = (0, 0, None, 0);
    while t < text.len() {
        if glob.get(g) == Some(&b'*') {
            star = Some(g);
            mark = t;
            g += 1;
        } else if glob.get(g) == Some(&text[t]) {
            g += 1;
            t += 1;
        } else if let Some(at) = star {
            g = at + 1;
            mark += 1;
            t = mark;
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|rest| *rest == b'*')
}

/// Whether a URL matches a pattern, ignoring case, scheme and `www.` (`blog.example/*/news/*`). A
/// pattern without a path matches the whole site.
pub(crate) fn matches_url(pattern: &str, url: &str) -> bool {
    let bare = |text: &str| {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest).to_lowercase();
        text.strip_prefix("www.").map_or_else(|| text.clone(), str::to_owned)
    };
    let (pattern, url) = (bare(pattern), bare(url));
    if pattern.contains('/') {
        return matches(&pattern, &url);
    }
    matches(&pattern, url.split(['/', '?', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, text, expected) in [
            ("/a*c", "/abc", true),
            ("/a*c", "/abcd", false),
            ("/a*", "/a", true),
            ("/**b", "/xxb", true),
            ("/a", "/a?b", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }

    #[test]
    fn urls() {
        for (pattern, url, expected) in [
            ("blog.example/*/news/*", "https://www.blog.example/en/news/x", true),
            ("https://blog.example/news/*", "http://blog.example/News/x", true),
            ("blog.example", "https://blog.example/x", true),
            ("*.example", "https://a.blog.example/x", true),
            ("blog.example", "https://notblog.example/x", false),
            ("blog.example/news/*", "https://blog.example/other", false),
        ] {
            assert_eq!(matches_url(pattern, url), expected, "{pattern} {url}");
        }
    }
}
