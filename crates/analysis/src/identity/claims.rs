//! Decides an article's URL from where it was found and what its page claims.

use courant_model::ArticleId;
use url::Url;

use super::{
    UrlRules, amp, article_id, canonical_key, plausible, provider::provider_domain, rules::CleanUrl, shape,
};

/// What is known about the URL of a page.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// The URL given by the source.
    pub requested: &'a Url,
    /// The URL that answered, after redirects.
    pub final_url: &'a Url,
    /// `link rel=canonical`, absolute.
    pub canonical: Option<&'a Url>,
    /// `og:url`, absolute.
    pub og_url: Option<&'a Url>,
    /// JSON-LD `mainEntityOfPage` or `url`, absolute.
    pub json_ld_url: Option<&'a Url>,
    /// `link rel=amphtml`, absolute.
    pub amp_url: Option<&'a Url>,
}

/// One article's URLs and id, and how they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The URL given by the source, without redirectors and trackers.
    pub original: Url,
    /// The URL for readers.
    pub canonical: Url,
    /// The canonical key of that URL.
    pub key: String,
    /// The hash of the key.
    pub id: ArticleId,
    /// The AMP page.
    pub amp: Option<Url>,
    /// The AMP page's URL in Google's AMP cache.
    pub cdn_amp: Option<Url>,
    /// Parameters that were removed to get the canonical URL, in order, each once.
    pub removed: Vec<String>,
    /// Whether a redirector was unwrapped.
    pub unwrapped: bool,
    /// The chain of steps, in words for an editor.
    pub steps: Vec<String>,
}

/// The weight of each claim. A plausible `rel=canonical` is only overruled if all others agree
/// against it: `og:url` and the final URL often only repeat the requested one.
const CANONICAL: u32 = 5;
const OG_URL: u32 = 2;
const JSON_LD: u32 = 2;
const FOUND_AT: u32 = 2;

/// Weighs the claims and returns the article's URLs. Claims that can't be true are rejected with a
/// step that tells why: the home page, another site, another article, a section, a later page.
/// Without a better claim it is the URL that answered. Identifying a canonical URL alone returns it
/// unchanged.
pub fn identify(claims: &Claims<'_>, rules: &UrlRules) -> Identity {
    let mut trail = Trail::default();
    let original = trail.take(rules.clean(claims.requested));
    let found = found_at(claims, rules, &original, &mut trail);
    let canonical = choose_canonical(claims, rules, &found, &mut trail);
    let amp = amp_page(claims, rules, &found, &canonical, &mut trail);
    let cdn_amp = amp
        .as_ref()
        .and_then(|amp| amp::cache_url(amp.as_str(), amp::GOOGLE_CACHE, amp::Serving::Content))
        .and_then(|address| Url::parse(&address).ok());
    let key = canonical_key(&canonical);
    Identity {
        original,
        canonical,
        id: article_id(&key),
        key,
        amp,
        cdn_amp,
        removed: trail.removed,
        unwrapped: trail.unwrapped,
        steps: trail.steps,
    }
}

/// The steps so far.
#[derive(Default)]
struct Trail {
    removed: Vec<String>,
    unwrapped: bool,
    steps: Vec<String>,
}

impl Trail {
    fn take(&mut self, clean: CleanUrl) -> Url {
        for name in clean.removed {
            if !self.removed.contains(&name) {
                self.removed.push(name);
            }
        }
        self.unwrapped |= clean.unwrapped;
        for step in clean.steps {
            self.note(step);
        }
        clean.url
    }

    fn note(&mut self, step: String) {
        if self.steps.last() != Some(&step) {
            self.steps.push(step);
        }
    }
}

/// The URL that answered, unless the redirect led away from the article, to a home page, a login or
/// a consent page; then the requested one.
fn found_at(claims: &Claims<'_>, rules: &UrlRules, original: &Url, trail: &mut Trail) -> Url {
    if claims.final_url == claims.requested {
        return original.clone();
    }
    let found = trail.take(rules.clean(claims.final_url));
    if found == *original {
        return found;
    }
    let led_away = (shape::is_home(&found) && !shape::is_home(original)) || is_gate(&found);
    if led_away {
        trail.note(format!("redirect to {found} not followed: no article"));
        return original.clone();
    }
    trail.note(format!("redirected to {found}"));
    found
}

/// Pages between a reader and the article.
fn is_gate(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    ["consent.", "guce.", "myprivacy.", "login.", "accounts.", "auth.", "sso.", "idp."]
        .iter()
        .any(|start| host.starts_with(start))
}

/// A plausible URL and its total weight.
struct CanonicalCandidate {
    url: Url,
    key: String,
    weight: u32,
}

fn choose_canonical(claims: &Claims<'_>, rules: &UrlRules, found: &Url, trail: &mut Trail) -> Url {
    let named: Vec<(&str, u32, CleanUrl)> = [
        ("rel=canonical", CANONICAL, claims.canonical),
        ("og:url", OG_URL, claims.og_url),
        ("JSON-LD", JSON_LD, claims.json_ld_url),
    ]
    .into_iter()
    .filter_map(|(name, weight, url)| Some((name, weight, rules.clean(&with_scheme_of(url?, found)))))
    .collect();
    let keys: Vec<String> = named.iter().map(|(_, _, clean)| canonical_key(&clean.url)).collect();
    let mut candidates: Vec<CanonicalCandidate> = Vec::new();
    for ((name, weight, clean), key) in named.iter().zip(&keys) {
        let agreed = keys.iter().filter(|other| *other == key).count() > 1;
        match plausible::objection(&clean.url, found, agreed) {
            Some(why) => trail.note(format!("{name} {} refused: {why}", clean.url)),
            None => support(&mut candidates, &clean.url, key, *weight),
        }
    }
    let weight = if shape::is_amp(found) { 0 } else { FOUND_AT };
    support(&mut candidates, found, &canonical_key(found), weight);
    // The first of the heaviest: claims are in order of trust, the found URL is the last.
    let best =
        candidates.into_iter().reduce(|best, next| if next.weight > best.weight { next } else { best });
    let chosen = best.map_or_else(|| found.clone(), |candidate| candidate.url);
    for (name, _, clean) in named.into_iter().filter(|(_, _, clean)| clean.url == chosen) {
        if chosen != *found {
            trail.note(format!("{name} {chosen} taken"));
        }
        trail.take(clean);
    }
    chosen
}

fn support(candidates: &mut Vec<CanonicalCandidate>, url: &Url, key: &str, weight: u32) {
    match candidates.iter_mut().find(|candidate| candidate.key == key) {
        Some(candidate) => candidate.weight += weight,
        None => candidates.push(CanonicalCandidate { url: url.clone(), key: key.to_owned(), weight }),
    }
}

/// An `http` claim for a host that answered over `https` is an old template: the page is at
/// `https`.
fn with_scheme_of(claim: &Url, found: &Url) -> Url {
    let mut claim = claim.clone();
    if claim.scheme() == "http"
        && found.scheme() == "https"
        && provider_domain(&claim) == provider_domain(found)
    {
        let _ = claim.set_scheme("https");
    }
    claim
}

/// The AMP page: as claimed (some publishers keep theirs on another domain), or the URL at which
/// the article was found if that is one.
fn amp_page(
    claims: &Claims<'_>,
    rules: &UrlRules,
    found: &Url,
    canonical: &Url,
    trail: &mut Trail,
) -> Option<Url> {
    if let Some(claim) = claims.amp_url {
        let amp = rules.clean(&amp::source_url(claim)).url;
        let is_own = provider_domain(&amp) == provider_domain(canonical)
            || plausible::is_same_article(&amp, canonical)
            || plausible::is_same_article(&amp, found);
        if amp != *canonical && is_own && !shape::is_home(&amp) {
            return Some(amp);
        }
        if amp != *canonical {
            trail.note(format!("rel=amphtml {amp} refused: another article or the home page"));
        }
    }
    (shape::is_amp(found) && found != canonical).then(|| found.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Default, Clone, Copy)]
    struct Page<'a> {
        requested: &'a str,
        final_url: &'a str,
        canonical: &'a str,
        og: &'a str,
        json_ld: &'a str,
        amp: &'a str,
    }

    fn of(page: Page<'_>) -> Identity {
        let parse = |text: &str| Url::parse(text).ok();
        let requested = parse(page.requested).unwrap();
        let [final_url, canonical, og, json_ld, amp] =
            [page.final_url, page.canonical, page.og, page.json_ld, page.amp].map(parse);
        let claims = Claims {
            requested: &requested,
            final_url: final_url.as_ref().unwrap_or(&requested),
            canonical: canonical.as_ref(),
            og_url: og.as_ref(),
            json_ld_url: json_ld.as_ref(),
            amp_url: amp.as_ref(),
        };
        identify(&claims, &UrlRules::builtin())
    }

    const STORY: &str = "https://www.news.example/2024/05/a-fine-long-story";

    #[test]
    fn a_sound_canonical_wins() {
        let tracked = format!("{STORY}?utm_source=rss&edition=uk");
        for page in [
            Page { requested: &tracked, canonical: STORY, ..Page::default() },
            Page { requested: &tracked, canonical: STORY, og: &tracked, ..Page::default() },
            Page { requested: &tracked, og: STORY, json_ld: STORY, ..Page::default() },
            Page { requested: STORY, canonical: "https://www.news.example/", og: STORY, ..Page::default() },
            Page {
                requested: STORY,
                canonical: "http://www.news.example/2024/05/a-fine-long-story",
                ..Page::default()
            },
            Page {
                requested: STORY,
                canonical: "https://other.example/2024/05/a-fine-long-story",
                ..Page::default()
            },
            Page { requested: STORY, final_url: "https://www.news.example/", ..Page::default() },
            Page { requested: STORY, final_url: "https://consent.news.example/?next=1", ..Page::default() },
        ] {
            let identity = of(page);
            assert_eq!(identity.canonical.as_str(), STORY, "{:?}", identity.steps);
            assert_eq!(identity.key, "news.example/2024/05/a-fine-long-story");
        }
    }

    #[test]
    fn an_amp_page_is_kept_beside_its_canonical() {
        let amp = "https://www.news.example/amp/2024/05/a-fine-long-story";
        let cached = "https://www-news-example.cdn.ampproject.org/c/s/www.news.example/amp/2024/05/a-fine-long-story?usqp=mq";
        let expected =
            "https://www-news-example.cdn.ampproject.org/c/s/www.news.example/amp/2024/05/a-fine-long-story";
        for page in [
            Page { requested: amp, canonical: STORY, ..Page::default() },
            Page { requested: cached, canonical: STORY, ..Page::default() },
            Page { requested: STORY, amp, ..Page::default() },
            Page { requested: STORY, amp: cached, canonical: STORY, ..Page::default() },
        ] {
            let identity = of(page);
            assert_eq!(identity.canonical.as_str(), STORY);
            assert_eq!(identity.amp.as_ref().map(Url::as_str), Some(amp));
            assert_eq!(identity.cdn_amp.as_ref().map(Url::as_str), Some(expected));
        }
        assert_eq!(
            of(Page { requested: amp, ..Page::default() }).canonical.as_str(),
            amp,
            "no claim, no guess"
        );
    }

    #[test]
    fn the_steps_are_listed() {
        let identity = of(Page {
            requested: "https://www.google.com/url?url=https%3A%2F%2Fnews.example%2F2024%2F05%2Fa-fine-long-story%3Futm_source%3Dx",
            final_url: "https://www.news.example/2024/05/a-fine-long-story?utm_source=x&fbclid=1",
            canonical: "https://www.news.example/",
            ..Page::default()
        });
        insta::assert_snapshot!(identity.steps.join("\n"), @r"
        unwrapped www.google.com
        removed utm_source
        removed utm_source, fbclid
        redirected to https://www.news.example/2024/05/a-fine-long-story
        rel=canonical https://www.news.example/ refused: the home page
        ");
        assert_eq!(identity.removed, ["utm_source", "fbclid"]);
        assert!(identity.unwrapped);
    }

    proptest! {
        #[test]
        fn identifying_the_canonical_changes_nothing(
            path in "[a-z0-9/-]{0,20}(amp/)?", query in "(page=2|utm_x=1|id=[0-9]{1,6}|amp=1|&){0,4}",
            canonical in "[a-z0-9/-]{0,20}", host in "(www\\.|amp\\.|m\\.)?news\\.example",
        ) {
            let requested = format!("https://{host}/{path}?{query}");
            let canonical = format!("http://news.example/{canonical}");
            let first = of(Page { requested: &requested, canonical: &canonical, ..Page::default() });
            let again = of(Page { requested: first.canonical.as_str(), canonical: first.canonical.as_str(), ..Page::default() });
            prop_assert_eq!(again.canonical, first.canonical);
            prop_assert_eq!(again.id, first.id);
        }
    }
}
