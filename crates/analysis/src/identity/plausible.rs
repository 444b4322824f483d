//! Whether a URL that a page claims as its own can be true.

use url::Url;

use super::{provider::provider_domain, shape};

/// Why a claim is rejected, in words for an editor; `None` if it is plausible.
///
/// `base` is the cleaned URL at which the page was found; `agreed` tells that another claim of the
/// page gives the same URL, which outweighs a different headline in the path.
pub(super) fn objection(claim: &Url, base: &Url, agreed: bool) -> Option<&'static str> {
    if !matches!(claim.scheme(), "http" | "https") || claim.host_str().is_none_or(|host| !host.contains('.'))
    {
        return Some("not a web URL");
    }
    if !same_site(claim, base) {
        return Some("another site");
    }
    if shape::is_home(claim) && !shape::is_home(base) {
        return Some("the home page");
    }
    if shape::is_amp(claim) && !shape::is_amp(base) {
        return Some("an AMP page");
    }
    if shape::page_number(claim).is_some() && shape::page_number(base).is_none() {
        return Some("a later page");
    }
    if is_section_of(claim, base) {
        return Some("a section");
    }
    (!agreed && is_other_article(claim, base)).then_some("another article")
}

/// The same provider, or one name under two suffixes (`news.co.uk`, `news.com`).
fn same_site(claim: &Url, base: &Url) -> bool {
    let (one, other) = (provider_domain(claim), provider_domain(base));
    if one == other {
        return true;
    }
    let label = |domain: &str| domain.split('.').next().map(str::to_owned).filter(|label| label.len() > 2);
    let is_registrable = |domain: &str| psl::domain_str(domain) == Some(domain);
    let same_path = claim.path().trim_end_matches('/') == base.path().trim_end_matches('/');
    same_path
        && is_registrable(&one)
        && is_registrable(&other)
        && label(&one).is_some()
        && label(&one) == label(&other)
}

/// Whether the claim is a folder above the page, and the page adds more than a page number, `amp`
/// or the like.
fn is_section_of(claim: &Url, base: &Url) -> bool {
    if !shape::is_below(base, claim) {
        return false;
    }
    let depth = shape::path_parts(claim).count();
    let adds_article = shape::path_parts(base).skip(depth).any(|part| {
        !matches!(
            part,
            "amp"
                | "print"
                | "page"
                | "seite"
                | "single"
                | "all"
                | "full"
                | "index.html"
                | "comments"
                | "feed"
        ) && part.parse::<u8>().is_err()
    });
    let (claimed, found) = (shape::ids(claim), shape::ids(base));
    let shares_id = found.iter().any(|id| claimed.contains(id));
    let same_headline = !shape::slug_words(claim).is_empty();
    adds_article && !shares_id && !same_headline
}

/// Whether two URLs are different articles: different numbers if both have some; without a common
/// number, headlines in the path that share less than a third of their words.
fn is_other_article(claim: &Url, base: &Url) -> bool {
    if is_same_article(claim, base) {
        return false;
    }
    let both_numbered = !shape::ids(claim).is_empty() && !shape::ids(base).is_empty();
    let both_speak = !shape::slug_words(claim).is_empty() && !shape::slug_words(base).is_empty();
    both_numbered || both_speak
}

/// Whether two paths share a number or a third of the words of their headlines.
pub(super) fn is_same_article(one: &Url, other: &Url) -> bool {
    let (here, there) = (shape::ids(one), shape::ids(other));
    if here.iter().any(|id| there.contains(id)) {
        return true;
    }
    let (here, there) = (shape::slug_words(one), shape::slug_words(other));
    let common = here.iter().filter(|word| there.contains(word)).count();
    common > 0 && common * 3 >= here.len().min(there.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_weighed() {
        for (claim, base, expected) in [
            (
                "https://a.example/2024/a-fine-long-story",
                "https://a.example/2024/a-fine-long-story?x=1",
                None,
            ),
            ("https://a.example/2024/a-fine-long-story", "https://m.a.example/?p=123456", None),
            ("https://a.example/2024/a-finer-long-story", "https://a.example/2024/a-fine-long-story", None),
            ("https://a.example/story-about-new-things-12345", "https://a.example/12345", None),
            ("https://a.example/", "https://a.example/2024/a-fine-long-story", Some("the home page")),
            (
                "https://b.example/2024/a-fine-long-story",
                "https://a.example/2024/a-fine-long-story",
                Some("another site"),
            ),
            ("https://news.com/x/a-fine-long-story", "https://www.news.co.uk/x/a-fine-long-story", None),
            ("https://a.example/news/", "https://a.example/news/a-fine-long-story", Some("a section")),
            (
                "https://a.example/news/a-fine-long-story",
                "https://a.example/news/a-fine-long-story/amp/",
                None,
            ),
            ("https://a.example/news/a-fine-long-story", "https://a.example/news/a-fine-long-story/2/", None),
            (
                "https://a.example/x-and-y-story?page=2",
                "https://a.example/x-and-y-story",
                Some("a later page"),
            ),
            (
                "https://a.example/other-tale-of-woe",
                "https://a.example/news/a-fine-long-story",
                Some("another article"),
            ),
            ("https://a.example/story/99999", "https://a.example/story/12345", Some("another article")),
            (
                "https://a.example/amp/story-of-one-day",
                "https://a.example/story-of-one-day",
                Some("an AMP page"),
            ),
            ("https://two.substack.com/p/x", "https://one.substack.com/p/x", Some("another site")),
        ] {
            let [claimed, found] = [claim, base].map(|text| Url::parse(text).unwrap());
            assert_eq!(objection(&claimed, &found, false), expected, "{claim} at {base}");
        }
    }
}
