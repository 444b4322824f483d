//! Rule files in the two formats of Brave's lists: parameter names to drop, and redirectors to
//! skip.

use regex::{Regex, RegexBuilder};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use url::Url;

use super::{
    query::value_of,
    rule_error::RuleError,
    target::{read_base64_target, read_target},
};
use crate::glob;

const PARAMS: &str = "Brave parameters";
const DEBOUNCE: &str = "Brave debounce";

/// Maximum memory of one compiled pattern, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// A URL match pattern: `*://*.example.com/path*`. Scheme, host and path (with its query) are
/// compared separately.
#[derive(Debug)]
struct Pattern {
    scheme: Option<String>,
    /// Empty for any host.
    host: String,
    subdomains: bool,
    path: String,
}

impl Pattern {
    fn parse(format: &'static str, text: &str) -> Result<Self, RuleError> {
        let refused = || RuleError::MatchPattern { format, pattern: text.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        let (host, path) = rest.split_at(rest.find('/').ok_or_else(refused)?);
        let (subdomains, host) = match host.strip_prefix("*.") {
            Some(host) => (true, host),
            None if host == "*" => (true, ""),
            None => (false, host),
        };
        if host.contains('*') {
            return Err(refused());
        }
        Ok(Self {
            scheme: Some(scheme.to_owned()).filter(|scheme| scheme != "*"),
            host: host.to_ascii_lowercase(),
            subdomains,
            path: path.to_owned(),
        })
    }

    fn matches(&self, url: &Url, host: &str) -> bool {
        let host_matches = self.host.is_empty()
            || host
                .strip_suffix(self.host.as_str())
                .is_some_and(|before| before.is_empty() || (self.subdomains && before.ends_with('.')));
        host_matches
            && self.scheme.as_deref().is_none_or(|scheme| scheme == url.scheme())
            && (self.path == "/*"
                || glob::matches(&self.path, &url[url::Position::BeforePath..url::Position::AfterQuery]))
    }
}

/// Where a rule applies.
#[derive(Debug)]
struct Scope {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

impl Scope {
    fn parse(format: &'static str, include: &[String], exclude: &[String]) -> Result<Self, RuleError> {
        let all = |texts: &[String]| {
            texts.iter().map(|text| Pattern::parse(format, text)).collect::<Result<_, _>>()
        };
        Ok(Self { include: all(include)?, exclude: all(exclude)? })
    }

    fn holds_at(&self, url: &Url, host: &str) -> bool {
        self.include.iter().any(|pattern| pattern.matches(url, host))
            && !self.exclude.iter().any(|pattern| pattern.matches(url, host))
    }
}

/// Rules by the host in their patterns, so that a URL is only checked against rules for its own
/// host.
#[derive(Debug, Default)]
struct ByHost(FxHashMap<String, Vec<usize>>);

impl ByHost {
    fn insert(&mut self, scope: &Scope, place: usize) {
        for pattern in &scope.include {
            let places = self.0.entry(pattern.host.clone()).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }

    /// The positions of the rules for this host, its parents, and any host; ascending.
    fn places(&self, host: &str) -> Vec<usize> {
        let ends = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
        let mut places: Vec<usize> =
            [host, ""].into_iter().chain(ends).filter_map(|key| self.0.get(key)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

#[derive(Deserialize)]
struct ParamEntry {
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    params: Vec<String>,
}

/// Parameter names with the URLs at which they are dropped.
#[derive(Debug, Default)]
pub(super) struct ParamRules {
    rules: Vec<(Scope, FxHashSet<String>)>,
    by_host: ByHost,
}

impl ParamRules {
    pub(super) fn add(&mut self, json: &str) -> Result<(), RuleError> {
        let entries: Vec<ParamEntry> =
            serde_json::from_str(json).map_err(|source| RuleError::Shape { format: PARAMS, source })?;
        let read = entries
            .into_iter()
            .map(|entry| {
                let scope = Scope::parse(PARAMS, &entry.include, &entry.exclude)?;
                Ok((scope, entry.params.into_iter().collect()))
            })
            .collect::<Result<Vec<_>, RuleError>>()?;
        for rule in read {
            self.by_host.insert(&rule.0, self.rules.len());
            self.rules.push(rule);
        }
        Ok(())
    }

    /// The sets of names that are dropped at a URL.
    pub(super) fn names_for(&self, url: &Url) -> Vec<&FxHashSet<String>> {
        let host = url.host_str().unwrap_or_default();
        self.by_host
            .places(host)
            .into_iter()
            .map(|place| &self.rules[place])
            .filter(|(scope, _)| scope.holds_at(url, host))
            .map(|(_, names)| names)
            .collect()
    }
}

#[derive(Deserialize)]
struct DebounceEntry {
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    action: String,
    param: String,
    prepend_scheme: Option<String>,
    redirect_url_template: Option<String>,
}

/// Where a redirector's target is.
#[derive(Debug)]
enum TargetSource {
    /// In this parameter.
    Param(String),
    /// In this parameter, in Base64.
    Base64Param(String),
    /// In the groups of a pattern over the path, one after the other.
    Path(Regex),
    /// In a template, with `$1` to `$9` for the groups of a pattern over the path.
    Template(Regex, String),
}

#[derive(Debug)]
struct DebounceRule {
    scope: Scope,
    action: TargetSource,
    scheme: Option<String>,
}

/// Redirectors and how to skip them.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    rules: Vec<DebounceRule>,
    by_host: ByHost,
}

impl Debounce {
    pub(super) fn add(&mut self, json: &str) -> Result<(), RuleError> {
        let entries: Vec<DebounceEntry> =
            serde_json::from_str(json).map_err(|source| RuleError::Shape { format: DEBOUNCE, source })?;
        let read = entries.into_iter().map(DebounceRule::read).collect::<Result<Vec<_>, _>>()?;
        for rule in read {
            self.by_host.insert(&rule.scope, self.rules.len());
            self.rules.push(rule);
        }
        Ok(())
    }

    /// The target of a redirector, and its host.
    pub(super) fn target(&self, url: &Url) -> Option<(Url, String)> {
        let host = url.host_str()?;
        self.by_host
            .places(host)
            .into_iter()
            .map(|place| &self.rules[place])
            .filter(|rule| rule.scope.holds_at(url, host))
            .find_map(|rule| Some((rule.target(url)?, host.to_owned())))
    }
}

impl DebounceRule {
    fn read(entry: DebounceEntry) -> Result<Self, RuleError> {
        let action = match entry.action.as_str() {
            "redirect" => TargetSource::Param(entry.param),
            "base64,redirect" => TargetSource::Base64Param(entry.param),
            "regex-path" => TargetSource::Path(path_regex(&entry.param)?),
            "regex-path-template" => TargetSource::Template(
                path_regex(&entry.param)?,
                entry.redirect_url_template.unwrap_or_default(),
            ),
            _ => return Err(RuleError::Action { format: DEBOUNCE, action: entry.action }),
        };
        let scope = Scope::parse(DEBOUNCE, &entry.include, &entry.exclude)?;
        Ok(Self { scope, action, scheme: entry.prepend_scheme })
    }

    fn target(&self, url: &Url) -> Option<Url> {
        let scheme = self.scheme.as_deref();
        match &self.action {
            TargetSource::Param(name) => read_target(&value_of(url, name)?, scheme),
            TargetSource::Base64Param(name) => read_base64_target(&value_of(url, name)?),
            TargetSource::Path(pattern) => {
                let groups = pattern.captures(url.path())?;
                let joined: String = groups.iter().skip(1).flatten().map(|group| group.as_str()).collect();
                read_target(&joined, scheme)
            }
            TargetSource::Template(pattern, template) => {
                let groups = pattern.captures(url.path())?;
                let mut filled = String::new();
                groups.expand(template, &mut filled);
                read_target(&filled, scheme)
            }
        }
    }
}

fn path_regex(pattern: &str) -> Result<Regex, RuleError> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build().map_err(|source| RuleError::Pattern {
        format: DEBOUNCE,
        rule: pattern.to_owned(),
        source: Box::new(source),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::UrlRules;

    fn clean(text: &str) -> String {
        let mut rules = UrlRules::builtin();
        rules
            .add_brave_params(
                r#"[{"include": ["*://*/*"], "params": ["zclid"]},
                    {"include": ["*://*.a.example/*"], "exclude": ["*://*.a.example/keep/*"], "params": ["k[0]"]}]"#,
            )
            .unwrap();
        rules
            .add_brave_debounce(
                r#"[{"include": ["*://go.example/r?*"], "action": "redirect", "param": "to", "prepend_scheme": "https"},
                    {"include": ["https://b.example/*"], "action": "base64,redirect", "param": "u"},
                    {"include": ["*://c.example/*/s/*"], "action": "regex-path", "param": "^/([^/]+)/s(/.*)$", "prepend_scheme": "https"},
                    {"include": ["*://d.example/*"], "action": "regex-path-template", "param": "^/([^/]+)$",
                     "redirect_url_template": "https://video.example/watch?v=$1"}]"#,
            )
            .unwrap();
        rules.clean(&Url::parse(text).unwrap()).url.to_string()
    }

    #[test]
    fn rules_apply_at_their_urls() {
        for (given, expected) in [
            ("https://x.example/?zclid=1&zclidx=2", "https://x.example/?zclidx=2"),
            ("https://www.a.example/?k%5B0%5D=1&k[0]=2&k=3", "https://www.a.example/?k=3"),
            ("https://a.example/keep/?k[0]=2", "https://a.example/keep/?k[0]=2"),
            ("https://nota.example/?k[0]=2", "https://nota.example/?k[0]=2"),
            ("https://go.example/r?to=x.example%2Fy", "https://x.example/y"),
            ("https://go.example/s?to=x.example%2Fy", "https://go.example/s?to=x.example%2Fy"),
            ("https://b.example/?u=aHR0cHM6Ly94LmV4YW1wbGUvPw==", "https://x.example/?"),
            ("https://c.example/x.example/s/y/z", "https://x.example/y/z"),
            ("https://d.example/abc", "https://video.example/watch?v=abc"),
        ] {
            assert_eq!(clean(given), expected, "{given}");
        }
    }

    #[test]
    fn invalid_files_are_rejected() {
        let mut rules = UrlRules::builtin();
        let debounce = r#"[{"include": [], "action": "jump", "param": ""}]"#;
        assert!(matches!(rules.add_brave_debounce(debounce), Err(RuleError::Action { .. })));
        let pattern = r#"[{"include": ["*.example"], "params": []}]"#;
        assert!(matches!(rules.add_brave_params(pattern), Err(RuleError::MatchPattern { .. })));
        assert!(matches!(rules.add_brave_params("{"), Err(RuleError::Shape { .. })));
    }
}
