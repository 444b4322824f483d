//! Rule files in the format of `ClearURLs` (`data.min.json`), applied as documented.

use std::{cell::OnceCell, rc::Rc};

use regex::{Regex, RegexBuilder};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use url::Url;

use super::{rule_error::RuleError, target::read_target};

const FORMAT: &str = "ClearURLs";

/// Maximum memory of one compiled pattern, in bytes; the patterns of the known file stay far below
/// it.
const PATTERN_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
struct File {
    providers: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    url_pattern: String,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    raw_rules: Vec<String>,
    #[serde(default)]
    exceptions: Vec<String>,
    #[serde(default)]
    redirections: Vec<String>,
}

/// One provider of the file.
#[derive(Debug)]
struct ProviderRules {
    name: String,
    url: Regex,
    exceptions: Option<Regex>,
    params: Option<Regex>,
    raw: Vec<Regex>,
    redirections: Vec<Regex>,
}

impl ProviderRules {
    fn applies(&self, url_text: &str) -> bool {
        self.url.is_match(url_text)
            && !self.exceptions.as_ref().is_some_and(|pattern| pattern.is_match(url_text))
    }
}

/// All providers, by a label of their host.
#[derive(Debug, Default)]
pub(super) struct ClearRules {
    providers: Vec<ProviderRules>,
    by_label: FxHashMap<String, Vec<usize>>,
    everywhere: Vec<usize>,
}

impl ClearRules {
    pub(super) fn add(&mut self, json: &str) -> Result<(), RuleError> {
        let shape = |source| RuleError::Shape { format: FORMAT, source };
        let file: File = serde_json::from_str(json).map_err(shape)?;
        let mut read = Vec::with_capacity(file.providers.len());
        for (name, value) in file.providers {
            let entry: Entry = serde_json::from_value(value).map_err(shape)?;
            let label = host_label(&entry.url_pattern).map(str::to_owned);
            read.push((compile(name, &entry)?, label));
        }
        for (provider, label) in read {
            let place = self.providers.len();
            match label {
                Some(label) => self.by_label.entry(label).or_default().push(place),
                None => self.everywhere.push(place),
            }
            self.providers.push(provider);
        }
        Ok(())
    }

    /// The providers that may apply to a URL, in the order of the file.
    fn candidates(&self, url: &Url) -> Vec<&ProviderRules> {
        if self.providers.is_empty() {
            return Vec::new();
        }
        let labels = url.host_str().unwrap_or_default().split('.');
        let mut places: Vec<usize> = labels
            .filter_map(|label| self.by_label.get(label))
            .flatten()
            .chain(&self.everywhere)
            .copied()
            .collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| &self.providers[place]).collect()
    }

    /// The target of a redirector, and the name of the rule.
    pub(super) fn target(&self, url: &Url) -> Option<(Url, String)> {
        let url_text = url.as_str();
        self.candidates(url).into_iter().filter(|provider| !provider.redirections.is_empty()).find_map(
            |provider| {
                let group =
                    provider.redirections.iter().find_map(|pattern| pattern.captures(url_text)?.get(1))?;
                if !provider.applies(url_text) {
                    return None;
                }
                Some((read_target(group.as_str(), None)?, provider.name.clone()))
            },
        )
    }

    /// Cuts the matches of the raw rules out of a URL and returns them.
    pub(super) fn cut(&self, url: &mut Url) -> Vec<String> {
        let mut cut = Vec::new();
        let found: Vec<&Regex> = self
            .candidates(url)
            .into_iter()
            .filter(|provider| !provider.raw.is_empty() && provider.applies(url.as_str()))
            .flat_map(|provider| &provider.raw)
            .collect();
        let mut changed = None;
        for pattern in found {
            let url_text = changed.as_deref().unwrap_or(url.as_str());
            let before = cut.len();
            cut.extend(
                pattern
                    .find_iter(url_text)
                    .map(|part| part.as_str().to_owned())
                    .filter(|part| !part.is_empty()),
            );
            if cut.len() > before {
                changed = Some(pattern.replace_all(url_text, "").into_owned());
            }
        }
        match changed.map(|url_text| Url::parse(&url_text)) {
            Some(Ok(kept)) if kept.host() == url.host() && kept != *url => {
                *url = kept;
                cut
            }
            _ => Vec::new(),
        }
    }

    /// The patterns for whole parameter names that apply at a URL.
    pub(super) fn param_rules(&self, url: &Url) -> Vec<ParamRule<'_>> {
        let url_text: Rc<str> = url.as_str().into();
        self.candidates(url)
            .into_iter()
            .filter_map(|provider| provider.params.as_ref().map(|params| (provider, params)))
            .filter(|(provider, _)| provider.url.is_match(&url_text))
            .map(|(provider, params)| ParamRule {
                provider,
                params,
                url_text: Rc::clone(&url_text),
                excepted: OnceCell::new(),
            })
            .collect()
    }
}

/// The parameter rules of one provider at one URL. The provider's long list of exceptions is only
/// checked if a rule matches.
pub(super) struct ParamRule<'a> {
    provider: &'a ProviderRules,
    params: &'a Regex,
    url_text: Rc<str>,
    excepted: OnceCell<bool>,
}

impl ParamRule<'_> {
    pub(super) fn is_match(&self, name: &str) -> bool {
        self.params.is_match(name)
            && !*self.excepted.get_or_init(|| {
                self.provider.exceptions.as_ref().is_some_and(|pattern| pattern.is_match(&self.url_text))
            })
    }
}

fn compile(name: String, entry: &Entry) -> Result<ProviderRules, RuleError> {
    let each = |patterns: &[String]| {
        patterns.iter().map(|pattern| regex(&name, pattern)).collect::<Result<Vec<_>, _>>()
    };
    Ok(ProviderRules {
        url: regex(&name, &entry.url_pattern)?,
        exceptions: any_of(&name, &entry.exceptions, ("", ""))?,
        params: any_of(&name, &entry.rules, ("^(?:", ")$"))?,
        raw: each(&entry.raw_rules)?,
        redirections: each(&entry.redirections)?,
        name,
    })
}

fn any_of(name: &str, patterns: &[String], (start, end): (&str, &str)) -> Result<Option<Regex>, RuleError> {
    for pattern in patterns {
        regex_syntax_is_sound(name, pattern)?;
    }
    let Some(joined) =
        patterns.iter().map(|pattern| format!("(?:{pattern})")).reduce(|joined, next| joined + "|" + &next)
    else {
        return Ok(None);
    };
    regex(name, &format!("{start}{joined}{end}")).map(Some)
}

/// A pattern must be valid by itself: `a)|(b` would pass inside a group and change its neighbours.
fn regex_syntax_is_sound(name: &str, pattern: &str) -> Result<(), RuleError> {
    if pattern.contains(['(', ')']) { regex(name, pattern).map(drop) } else { Ok(()) }
}

fn regex(name: &str, pattern: &str) -> Result<Regex, RuleError> {
    RegexBuilder::new(pattern).case_insensitive(true).size_limit(PATTERN_BYTES).build().map_err(|source| {
        RuleError::Pattern { format: FORMAT, rule: name.to_owned(), source: Box::new(source) }
    })
}

/// The first label of the host in a pattern of the usual form
/// `^https?:\/\/(?:[a-z0-9-]+\.)*?LABEL\.…`, or `None` if the pattern must be tried on every host.
fn host_label(pattern: &str) -> Option<&str> {
    let rest = pattern.strip_prefix("^https?:")?;
    let rest = rest.strip_prefix(r"\/\/").or_else(|| rest.strip_prefix("//"))?;
    let rest = rest.strip_prefix(r"(?:[a-z0-9-]+\.)*?").unwrap_or(rest);
    let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))?;
    let (label, after) = rest.split_at(end);
    let whole = [r"\.", ".", r"(?:\.", r"\/", "/"].iter().any(|next| after.starts_with(next));
    let repeated = after.starts_with(".*") || after.starts_with(".?") || after.starts_with(".+");
    let either = pattern.contains("|^") || pattern.contains("|http");
    (!label.is_empty() && whole && !repeated && !either).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::UrlRules;

    const FILE: &str = r#"{"providers": {
        "shop": {"urlPattern": "^https?:\\/\\/(?:[a-z0-9-]+\\.)*?shop(?:\\.[a-z]{2,}){1,}", "rules": ["q[a-z]?", "ref_?"],
                 "rawRules": ["\\/ref=[^/?]*"], "exceptions": ["^https?:\\/\\/shop\\.example\\/login"],
                 "redirections": ["^https?:\\/\\/shop\\.example\\/out\\?to=([^&]*)"], "completeProvider": false},
        "all": {"urlPattern": ".*", "rules": ["track"], "referralMarketing": ["ref"]}
    }}"#;

    fn clean(text: &str) -> String {
        let mut rules = UrlRules::builtin();
        rules.add_clearurls(FILE).unwrap();
        rules.clean(&Url::parse(text).unwrap()).url.to_string()
    }

    #[test]
    fn a_file_is_applied_as_documented() {
        for (given, expected) in [
            ("https://www.shop.example/a?qx=1&qxx=2&track=3", "https://www.shop.example/a?qxx=2"),
            ("https://shop.example/a/ref=abc/b", "https://shop.example/a/b"),
            ("https://shop.example/login?q=1&TRACK=2", "https://shop.example/login?q=1"),
            ("https://shop.example/out?to=https%253A%252F%252Fb.example%252Fx", "https://b.example/x"),
            ("https://bookshop.example/?q=1&ref=2", "https://bookshop.example/?q=1&ref=2"),
        ] {
            assert_eq!(clean(given), expected, "{given}");
        }
    }

    #[test]
    fn hosts_are_read_from_patterns() {
        for (pattern, label) in [
            (r"^https?:\/\/(?:[a-z0-9-]+\.)*?amazon(?:\.[a-z]{2,}){1,}", Some("amazon")),
            (r"^https?:\/\/academic\.site\.com", Some("academic")),
            (r"^https?:\/\/(?:[a-z0-9-]+\.)*?(you\.com|u\.be)", None),
            (r"^https?:\/\/(?:[a-z0-9-]+\.)*?mercadoli[bv]re\.com", None),
            (".*", None),
        ] {
            assert_eq!(host_label(pattern), label, "{pattern}");
        }
    }

    #[test]
    fn the_error_names_the_invalid_rule() {
        let mut rules = UrlRules::builtin();
        assert!(matches!(rules.add_clearurls("[]"), Err(RuleError::Shape { .. })));
        let bad = r#"{"providers": {"odd": {"urlPattern": ".*", "rules": ["a)|(b"]}}}"#;
        let error = rules.add_clearurls(bad).unwrap_err();
        assert!(error.to_string().contains("odd"), "{error}");
    }
}
