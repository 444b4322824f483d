//! Where a redirect leads (RFC 9110, section 15.4).

use url::Url;

/// What is wrong with a redirect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectProblem {
    /// No `Location` header, or an empty one.
    #[error("no location")]
    NoLocation,
    /// `Location` is not an address.
    #[error("location is not an address")]
    NotAnAddress,
    /// `Location` leads out of the web.
    #[error("location has scheme {0}, wanted http or https")]
    Scheme(String),
}

/// The next address of a chain of redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where to ask now; without fragment.
    pub url: Url,
    /// Whether the server said that the move is for good (301, 308). A step from https down to http is never
    /// taken as such: adopting it would give up the encryption for ever.
    pub permanent: bool,
}

/// Whether a status is a redirect that is followed.
pub(crate) const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The step from `current` on a redirect of this status with this `Location`, whose bytes may be UTF-8 or, where
/// they are not, are taken as one character each.
pub fn next_step(current: &Url, status: u16, location: Option<&[u8]>) -> Result<Step, RedirectProblem> {
    let location = location.map(<[u8]>::trim_ascii).filter(|location| !location.is_empty());
    let location = location.ok_or(RedirectProblem::NoLocation)?;
    let text = std::str::from_utf8(location)
        .map_or_else(|_| location.iter().copied().map(char::from).collect::<String>(), ToOwned::to_owned);
    let mut url = current.join(&text).map_err(|_| RedirectProblem::NotAnAddress)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RedirectProblem::Scheme(url.scheme().to_owned()));
    }
    url.set_fragment(None);
    let downgrade = current.scheme() == "https" && url.scheme() == "http";
    Ok(Step { url, permanent: matches!(status, 301 | 308) && !downgrade })
}

/// The path that a request has taken so far.
#[derive(Debug)]
pub(crate) struct Trail {
    visited: Vec<Url>,
    permanent: usize,
}

/// Why a trail may not go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TrailEnd {
    TooLong,
    Loop,
}

impl Trail {
    pub(crate) fn new(mut start: Url) -> Self {
        start.set_fragment(None);
        Self { visited: vec![start], permanent: 0 }
    }

    pub(crate) fn current(&self) -> &Url {
        self.visited.last().expect("a trail holds its start from the beginning")
    }

    /// The end of the unbroken row of permanent redirects at the start.
    pub(crate) fn permanent(&self) -> Option<&Url> {
        if self.permanent == 0 { None } else { self.visited.get(self.permanent) }
    }

    pub(crate) fn follow(&mut self, step: Step, max: usize) -> Result<(), TrailEnd> {
        if self.visited.contains(&step.url) {
            return Err(TrailEnd::Loop);
        }
        if self.visited.len() > max {
            return Err(TrailEnd::TooLong);
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
        assert_eq!(to(b"http://[::1"), Err(RedirectProblem::NotAnAddress));
    }

    #[test]
    fn what_is_permanent() {
        let permanent = |from, status, to: &str| step(from, status, to.as_bytes()).unwrap().permanent;
        assert!(permanent("http://a.example/", 301, "https://a.example/"));
        assert!(permanent("http://a.example/", 308, "http://b.example/"));
        assert!(!permanent("http://a.example/", 302, "https://a.example/"));
        assert!(!permanent("https://a.example/", 301, "http://a.example/"));
    }

    #[test]
    fn only_the_permanent_start_of_a_chain_counts() {
        let mut trail = Trail::new(url("http://a.example/1"));
        let to = |path: &str, permanent| Step { url: url(&format!("http://a.example/{path}")), permanent };
        assert_eq!(trail.permanent(), None);
        trail.follow(to("2", true), 5).unwrap();
        trail.follow(to("3", false), 5).unwrap();
        trail.follow(to("4", true), 5).unwrap();
        assert_eq!(trail.permanent(), Some(&url("http://a.example/2")));
        assert_eq!(trail.follow(to("3", true), 5), Err(TrailEnd::Loop));
        trail.follow(to("5", true), 5).unwrap();
        trail.follow(to("6", true), 5).unwrap();
        assert_eq!(trail.follow(to("7", true), 5), Err(TrailEnd::TooLong));
    }
}
