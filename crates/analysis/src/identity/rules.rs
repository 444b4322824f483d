//! Cleans a URL: redirectors are unwrapped and trackers dropped until nothing changes.

use rustc_hash::FxHashSet;
use url::Url;

use super::{
    base,
    brave::{Debounce, ParamRules},
    clearurls::ClearRules,
    query::{self, Param},
    redirectors,
    rule_error::RuleError,
};

/// Maximum bytes of a URL that is cleaned; a longer one does not belong to an article.
const MAX_URL_BYTES: usize = 16 << 10;

/// Maximum number of nested redirectors.
const MAX_HOPS: usize = 8;

/// Maximum number of times that dropping parameters may reveal more to drop.
const MAX_ROUNDS: usize = 16;

/// A URL without trackers, and what was done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanUrl {
    /// The URL.
    pub url: Url,
    /// Names of the removed parameters, in order, of the URL itself and of the redirectors.
    pub removed: Vec<String>,
    /// Whether a redirector was unwrapped.
    pub unwrapped: bool,
    /// What was done, in words for an editor.
    pub steps: Vec<String>,
}

/// The rules by which URLs are cleaned: a built-in list, and rule files that the site loads.
///
/// Rules are looked up by host, so that thousands of them cost no more than the few that apply to a
/// URL.
#[derive(Debug)]
pub struct UrlRules {
    names: FxHashSet<&'static str>,
    clear: ClearRules,
    params: ParamRules,
    debounce: Debounce,
}

impl Default for UrlRules {
    fn default() -> Self {
        Self::builtin()
    }
}

impl UrlRules {
    /// The built-in list alone.
    pub fn builtin() -> Self {
        Self {
            names: base::NAMES.iter().copied().collect(),
            clear: ClearRules::default(),
            params: ParamRules::default(),
            debounce: Debounce::default(),
        }
    }

    /// Adds the rules of a `ClearURLs` file (`{"providers": {name: {urlPattern, rules, …}}}`).
    /// Nothing is added if the file is invalid. `referralMarketing` is read but not applied: many
    /// sites use `ref` for navigation or content.
    pub fn add_clearurls(&mut self, json: &str) -> Result<(), RuleError> {
        self.clear.add(json)
    }

    /// Adds the rules of a Brave parameter file (`query-filter.json`, `clean-urls.json`: a list of
    /// `include`, `exclude`, `params`).
    pub fn add_brave_params(&mut self, json: &str) -> Result<(), RuleError> {
        self.params.add(json)
    }

    /// Adds the rules of a Brave redirector file (`debounce.json`).
    pub fn add_brave_debounce(&mut self, json: &str) -> Result<(), RuleError> {
        self.debounce.add(json)
    }

    /// The intended URL, without trackers. Redirectors whose target is in the URL are unwrapped, at
    /// most eight nested ones; parameters are dropped from query and fragment, the others keep
    /// order and spelling. Other schemes and URLs above 16 KiB are not changed. Cleaning a clean
    /// URL changes nothing: a URL that can't be cleaned completely (more redirectors, or a loop of
    /// them) is returned unchanged.
    pub fn clean(&self, url: &Url) -> CleanUrl {
        let as_given =
            || CleanUrl { url: url.clone(), removed: Vec::new(), unwrapped: false, steps: Vec::new() };
        if !is_web(url) {
            return as_given();
        }
        let mut clean = as_given();
        let mut hops = 0;
        for _ in 0..MAX_ROUNDS {
            if let Some((target, by)) = self.unwrap(&clean.url) {
                hops += 1;
                if hops > MAX_HOPS {
                    return as_given();
                }
                clean.steps.push(format!("unwrapped {by}"));
                clean.unwrapped = true;
                clean.url = target;
                continue;
            }
            let removed = self.strip(&mut clean.url);
            if removed.is_empty() {
                return clean;
            }
            clean.steps.push(format!("removed {}", removed.join(", ")));
            clean.removed.extend(removed);
        }
        as_given()
    }

    /// Unwraps one redirector; returns the target and the redirector's name.
    fn unwrap(&self, url: &Url) -> Option<(Url, String)> {
        redirectors::unwrap(url)
            .or_else(|| self.debounce.target(url))
            .or_else(|| self.clear.target(url))
            .filter(|(target, _)| target != url)
    }

    /// Drops the parameters that the rules name, and returns their names.
    fn strip(&self, url: &mut Url) -> Vec<String> {
        let mut removed = strip_session(url);
        removed.extend(self.clear.cut(url));
        if url.query().is_none() && url.fragment().is_none() {
            return removed;
        }
        if url.fragment().is_some_and(|fragment| fragment.starts_with(":~:")) {
            url.set_fragment(None);
            removed.push(":~:text".to_owned());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let rules = self.clear.param_rules(url);
        let exact = self.params.names_for(url);
        removed.extend(query::drop_params(url, |param| {
            self.is_base_tracker(&host, param)
                || exact.iter().any(|names| names.contains(param.raw_name) || names.contains(&*param.name))
                || rules.iter().any(|rule| rule.is_match(param.raw_name) || rule.is_match(&param.name))
        }));
        removed
    }

    fn is_base_tracker(&self, host: &str, param: &Param<'_>) -> bool {
        let name = param.name.to_ascii_lowercase();
        let name = name.as_str();
        self.names.contains(name)
            || base::is_tracker(name, param.raw_value)
            || base::NAMES_BY_SITE.iter().any(|(site, names)| {
                names.contains(&name)
                    && host
                        .strip_suffix(site)
                        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
            })
    }
}

/// Whether a URL is an HTTP URL short enough to be cleaned.
fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.as_str().len() <= MAX_URL_BYTES
}

/// Servlet session ids are in the path: `/story;jsessionid=0A1B`.
fn strip_session(url: &mut Url) -> Vec<String> {
    let path = url.path();
    let lower = path.to_ascii_lowercase();
    let Some(start) = lower.find(";jsessionid=") else { return Vec::new() };
    let end = path[start..].find('/').map_or(path.len(), |slash| start + slash);
    let kept = format!("{}{}", &path[..start], &path[end..]);
    url.set_path(&kept);
    vec!["jsessionid".to_owned()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(text: &str) -> CleanUrl {
        UrlRules::builtin().clean(&Url::parse(text).unwrap())
    }

    #[test]
    fn trackers_are_removed_and_other_parameters_kept() {
        for (given, expected) in [
            ("https://a.example/x?utm_source=rss&id=7&UTM_Medium=y&b=2", "https://a.example/x?id=7&b=2"),
            ("https://a.example/x?fbclid=1", "https://a.example/x"),
            ("https://a.example/x?pk_no=1412361&pk_campaign=a", "https://a.example/x?pk_no=1412361"),
            ("https://a.example/x?at_item=1412361&at_medium=RSS", "https://a.example/x?at_item=1412361"),
            ("https://a.example/?p=12&at_medium=RSS&ns_campaign=z&wt_mc=q", "https://a.example/?p=12"),
            ("https://a.example/x?story=5&ref=rss&source=twitter_share", "https://a.example/x?story=5"),
            (
                "https://a.example/x?ref=chapter2&source=agency",
                "https://a.example/x?ref=chapter2&source=agency",
            ),
            ("https://a.example/x#xtor=RSS-1", "https://a.example/x"),
            ("https://a.example/x#Echobox=16&utm_term=z", "https://a.example/x"),
            ("https://a.example/x#comments", "https://a.example/x#comments"),
            ("https://a.example/x#:~:text=quoted%20words", "https://a.example/x"),
            ("https://a.example/s;jsessionid=0A/y", "https://a.example/s/y"),
            (
                "https://www.youtube.com/watch?v=ab&feature=youtu.be&si=1",
                "https://www.youtube.com/watch?v=ab",
            ),
            (
                "https://a.example/watch?v=ab&feature=part2&si=1",
                "https://a.example/watch?v=ab&feature=part2&si=1",
            ),
            ("https://a.example/x?amp=1&outputType=amp", "https://a.example/x?amp=1&outputType=amp"),
        ] {
            assert_eq!(clean(given).url.as_str(), expected, "{given}");
        }
    }

    #[test]
    fn the_steps_are_listed() {
        let given =
            "https://www.google.com/url?url=https%3A%2F%2Fa.example%2Fx%3Futm_source%3Dg%26id%3D1&ct=ga";
        let clean = clean(given);
        assert_eq!(clean.url.as_str(), "https://a.example/x?id=1");
        assert_eq!(clean.removed, ["utm_source"]);
        assert_eq!(clean.steps, ["unwrapped www.google.com", "removed utm_source"]);
        assert!(clean.unwrapped);
    }

    #[test]
    fn unwrapping_ends() {
        let nested = |depth: usize| {
            (0..depth).fold("https://a.example/x".to_owned(), |inner, _| format!("https://href.li/?{inner}"))
        };
        assert_eq!(clean(&nested(8)).url.as_str(), "https://a.example/x");
        assert_eq!(clean(&nested(9)).url.as_str(), nested(9), "too deep: left as it is");
        let long = format!("https://a.example/?{}", "utm_source=x&".repeat(5_000));
        assert_eq!(clean(&long).url.as_str(), long, "too long: left as it is");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(
            host in "(www\\.google\\.com|l\\.facebook\\.com|href\\.li|a\\.example|news\\.google\\.com|x\\.cdn\\.ampproject\\.org)",
            path in "(url|l\\.php|amp/s/b\\.example/y|c/s/b\\.example/y|x;jsessionid=1|)",
            query in "((utm_[a-z]{0,3}|u|q|url|ref|id|fbclid|a%20b)(=|=rss|=https://href\\.li/\\?https://b\\.example/\\?gclid=1|=%20)?&?){0,5}",
            fragment in "(|#top|#xtor=1&a=2|#:~:text=x)",
        ) {
            let url = Url::parse(&format!("https://{host}/{path}?{query}{fragment}")).unwrap();
            let rules = UrlRules::builtin();
            let once = rules.clean(&url).url;
            prop_assert_eq!(rules.clean(&once).url, once);
        }
    }
}
