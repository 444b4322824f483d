//! Redirects (RFC 9110, section 15.4).

use url::Url;

/// Why a redirect is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectProblem {
    /// No `Location` header, or an empty one.
    #[error("no Location header")]
    NoLocation,
    /// `Location` is not a URL.
    #[error("Location is not a URL")]
    InvalidUrl,
    /// `Location` is neither http nor https.
    #[error("Location has scheme {0}, expected http or https")]
    Scheme(String),
}

/// The next URL of a chain of redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The next URL, without fragment.
    pub url: Url,
    /// Whether the redirect is permanent (301, 308). One from https to http never counts as
    /// permanent: adopting it would give up encryption forever.
    pub permanent: bool,
}

/// Whether a status is a redirect that the client follows.
pub(crate) const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The step from `current` for a redirect with this status and `Location`, which is read as UTF-8,
/// or if invalid as one character per byte.
pub fn next_step(current: &Url, status: u16, location: Option<&[u8]>) -> Result<Step, RedirectProblem> {
    let location = location.map(<[u8]>::trim_ascii).filter(|location| !location.is_empty());
    let location = location.ok_or(RedirectProblem::NoLocation)?;
    let text = std::str::from_utf8(location)
        .map_or_else(|_| location.iter().copied().map(char::from).collect::<String>(), ToOwned::to_owned);
    let mut url = current.join(&text).map_err(|_| RedirectProblem::InvalidUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RedirectProblem::Scheme(url.scheme().to_owned()));
    }
    url.set_fragment(None);
    let downgrade = current.scheme() == "https" && url.scheme() == "http";
    Ok(Step { url, permanent: matches!(status, 301 | 308) && !downgrade })
}

/// The URLs of a request so far.
#[derive(Debug)]
pub(crate) struct RedirectChain {
    visited: Vec<Url>,
    permanent: usize,
}

/// Why a redirect is not followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ChainError {
    TooLong,
    Loop,
}

impl RedirectChain {
    pub(crate) fn new(mut start: Url) -> Self {
        start.set_fragment(None);
        Self { visited: vec![start], permanent: 0 }
    }

    pub(crate) fn current(&self) -> &Url {
        self.visited.last().expect("a chain contains its first URL")
    }

    /// The target of the unbroken sequence of permanent redirects at the start.
    pub(crate) fn permanent(&self) -> Option<&Url> {
        if self.permanent == 0 { None } else { self.visited.get(self.permanent) }
    }

    pub(crate) fn follow(&mut self, step: Step, max: usize) -> Result<(), ChainError> {
        if self.visited.contains(&step.url) {
            return Err(ChainError::Loop);
        }
        if self.visited.len() > max {
            return Err(ChainError::TooLong);
        }
        if step.permanent && self.permanent + 1 == self.visited.len() {
            self.permanent += 1;
        }
        self.visited.push(step.url);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn step(from: &str, status: u16, location: &[u8]) -> Result<Step, RedirectProblem> {
        next_step(&url(from), status, Some(location))
    }

    #[test]
    fn locations() {
        let to = |location: &[u8]| {
            step("http://a.example/x/feed.xml", 302, location).map(|step| step.url.to_string())
        };
        assert_eq!(to(b"sub/feed.xml").unwrap(), "http://a.example/x/sub/feed.xml");
        assert_eq!(to(b" /new#part ").unwrap(), "http://a.example/new");
        assert_eq!(to(b"//b.example/").unwrap(), "http://b.example/");
        assert_eq!(to("/zür".as_bytes()).unwrap(), "http://a.example/z%C3%BCr");
        assert_eq!(to(b"/z\xfcr").unwrap(), "http://a.example/z%C3%BCr");
        assert_eq!(to(b"file:///etc/passwd"), Err(RedirectProblem::Scheme("file".into())));
        assert_eq!(to(b"  "), Err(RedirectProblem::NoLocation));
        assert_eq!(to(b"http://[::1"), Err(RedirectProblem::InvalidUrl));
    }

    #[test]
    fn permanent_redirects() {
        let permanent = |from, status, to: &str| step(from, status, to.as_bytes()).unwrap().permanent;
        assert!(permanent("http://a.example/", 301, "https://a.example/"));
        assert!(permanent("http://a.example/", 308, "http://b.example/"));
        assert!(!permanent("http://a.example/", 302, "https://a.example/"));
        assert!(!permanent("https://a.example/", 301, "http://a.example/"));
    }

    #[test]
    fn only_permanent_redirects_at_the_start_count() {
        let mut chain = RedirectChain::new(url("http://a.example/1"));
        let to = |path: &str, permanent| Step { url: url(&format!("http://a.example/{path}")), permanent };
        assert_eq!(chain.permanent(), None);
        chain.follow(to("2", true), 5).unwrap();
        chain.follow(to("3", false), 5).unwrap();
        chain.follow(to("4", true), 5).unwrap();
        assert_eq!(chain.permanent(), Some(&url("http://a.example/2")));
        assert_eq!(chain.follow(to("3", true), 5), Err(ChainError::Loop));
        chain.follow(to("5", true), 5).unwrap();
        chain.follow(to("6", true), 5).unwrap();
        assert_eq!(chain.follow(to("7", true), 5), Err(ChainError::TooLong));
    }
}
