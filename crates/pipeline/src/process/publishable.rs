//! Removes what must not be published: URLs that must not be requested, frames other than plain
//! embeds, and the end of too long titles.
//!
//! Everything is cleaned twice: when it is processed, with a remark on the article for each
//! removal, and when a snapshot is made, for what was stored before or written by hand.

use courant_analysis::{extract, identity};
use courant_model::{
    Article, Image, KnownProvider, Map, Provider, PublicUrls, Reason, Record, Rejection, RejectionKind,
    UrlProblem, Value,
};
use courant_sanitize::{is_embed, without_forbidden_urls};
use url::Url;

/// The name of remarks on removed URLs.
pub(crate) const ADDRESS: &str = "address";
/// The name of the remark on a title that was cut.
pub(crate) const TITLE: &str = "title";

/// Schemes by which a text in an unknown field is recognised as a URL.
const SCHEMES: [&str; 12] = [
    "http:",
    "https:",
    "ftp:",
    "ftps:",
    "file:",
    "data:",
    "blob:",
    "javascript:",
    "vbscript:",
    "gopher:",
    "ws:",
    "wss:",
];

/// Removes from an article what must not be published, with a remark for each kind of removal.
///
/// Errors: the article's own URL must not be published.
pub(crate) fn clean(article: &mut Article, rule: &PublicUrls) -> Result<(), Rejection> {
    rule.check(&article.web_url).map_err(|problem| refused(&problem))?;
    let mut remarks = Vec::new();
    if let Err(problem) = rule.check(&article.original_url) {
        article.original_url = article.web_url.clone();
        remarks.push(format!("original URL not kept: {problem}"));
    }
    for (name, url) in
        [("AMP URL", &mut article.amp_web_url), ("AMP cache URL", &mut article.cdn_amp_web_url)]
    {
        if let Some(problem) = url.as_ref().and_then(|url| rule.check(url).err()) {
            *url = None;
            remarks.push(format!("{name} removed: {problem}"));
        }
    }
    remarks.extend(clean_images("image", &mut article.images, rule));
    remarks.extend(clean_provider(&mut article.provider, &article.web_url, rule));
    let (html, removed) = without_forbidden_urls(&article.html, rule);
    if removed > 0 {
        article.html = html.into_owned();
        remarks.push(format!(
            "links or images removed from the text because their URLs are not public: {removed}"
        ));
    }
    if article.featured_content.as_ref().is_some_and(|html| !is_embed(html, rule)) {
        article.featured_content = None;
        remarks.push("embed removed: expected one frame with an https URL".to_owned());
    }
    article.remarks.extend(remarks.into_iter().map(|detail| Reason::new(ADDRESS, detail)));
    if let Some(short) = extract::shortened_title(&article.title) {
        let detail = format!("cut at 500 characters; it had {}", article.title.chars().count());
        article.title = short;
        article.remarks.push(Reason::new(TITLE, detail));
    }
    Ok(())
}

/// The rejection of an article because of its URL.
pub(crate) fn refused(problem: &UrlProblem) -> Rejection {
    Rejection::new(RejectionKind::Address, problem.to_string())
}

/// Removes the images whose URL must not be published; a remark for each.
fn clean_images(what: &str, images: &mut Vec<Image>, rule: &PublicUrls) -> Vec<String> {
    let mut removed = Vec::new();
    images.retain(|image| {
        let problem = rule.check_text_or_path(&image.url).err();
        removed.extend(problem.as_ref().map(|problem| format!("{what} removed: {problem}")));
        problem.is_none()
    });
    removed
}

/// Removes logos that must not be shown, and replaces an invalid domain by that of the article's
/// URL. Returns a remark for each.
fn clean_provider(provider: &mut Provider, web_url: &Url, rule: &PublicUrls) -> Vec<String> {
    let mut removed = clean_images("logo", &mut provider.images, rule);
    if !provider.domain.is_empty()
        && let Err(problem) = rule.check_text(&format!("https://{}/", in_brackets(&provider.domain)))
    {
        provider.domain = identity::provider_domain(web_url);
        removed.push(format!("domain of the provider replaced: {problem}"));
    }
    removed
}

/// The domain as it is written in a URL: an IPv6 address in brackets.
fn in_brackets(domain: &str) -> String {
    if domain.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{domain}]") } else { domain.to_owned() }
}

/// Removes from a record what must not be published, and returns a text for each removal. `machine`
/// is the URL that Courant found; it replaces a `webUrl` by an editor that must not be published.
pub(crate) fn clean_record(record: &mut Record, machine: &Url, rule: &PublicUrls) -> Vec<String> {
    let mut removed = Vec::new();
    let mut clean = |name: &str, url: &mut Option<String>| {
        if let Some(problem) = url.as_ref().and_then(|url| rule.check_text_or_path(url).err()) {
            *url = None;
            removed.push(format!("{name} removed: {problem}"));
        }
    };
    clean("originalUrl", &mut record.original_url);
    clean("ampWebUrl", &mut record.amp_web_url);
    clean("cdnAmpWebUrl", &mut record.cdn_amp_web_url);
    let had_url = record.web_url.is_some();
    clean("webUrl", &mut record.web_url);
    if had_url && record.web_url.is_none() && rule.check(machine).is_ok() {
        record.web_url = Some(machine.to_string());
    }
    removed.extend(clean_images("image", &mut record.images, rule));
    if let Some(provider) = &mut record.provider {
        removed.extend(clean_provider(provider, machine, rule));
    }
    if record.featured_content.as_ref().is_some_and(|html| !html.is_empty() && !is_embed(html, rule)) {
        record.featured_content = None;
        removed.push("featuredContent removed: expected one frame with an https URL".to_owned());
    }
    removed.extend(clean_extra(&mut record.extra, rule));
    if let Some(short) = extract::shortened_title(&record.title) {
        record.title = short;
        removed.push("title cut at 500 characters".to_owned());
    }
    removed
}

/// The providers of the site without logos that must not be shown.
pub(crate) fn clean_providers(known: &[KnownProvider], rule: &PublicUrls) -> Vec<KnownProvider> {
    let mut known = known.to_vec();
    for known in &mut known {
        for removed in clean_images("logo", &mut known.provider.images, rule) {
            tracing::warn!(provider = %known.provider.domain, removed, "a logo must not be published");
        }
    }
    known
}

/// Removes from unknown fields all values that are URLs which must not be published. Returns a text
/// with their number if there were any.
pub(crate) fn clean_extra(fields: &mut Map, rule: &PublicUrls) -> Option<String> {
    let mut removed = 0;
    clean_map(fields, rule, &mut removed);
    (removed > 0)
        .then(|| format!("values of other fields removed because their URLs are not public: {removed}"))
}

fn clean_map(fields: &mut Map, rule: &PublicUrls, removed: &mut usize) {
    fields.retain_mut(|(_, value)| keeps(value, rule, removed));
}

/// Whether a value stays; values inside it are removed.
fn keeps(value: &mut Value, rule: &PublicUrls, removed: &mut usize) -> bool {
    match value {
        Value::Text(text) if is_bad_url(text, rule) => {
            *removed += 1;
            return false;
        }
        Value::List(items) => items.retain_mut(|item| keeps(item, rule, removed)),
        Value::Map(fields) => clean_map(fields, rule, removed),
        _ => {}
    }
    true
}

/// Whether the whole text is a URL, and one that must not be published. As in browsers, control
/// characters and spaces before the scheme, and tabs and line breaks within it, are skipped.
pub(crate) fn is_bad_url(text: &str, rule: &PublicUrls) -> bool {
    let start: String = text
        .trim_start_matches(|c| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .take(12)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let is_url = start.starts_with("//")
        || SCHEMES.iter().any(|scheme| {
            start
                .strip_prefix(scheme)
                .is_some_and(|rest| !rest.starts_with(' ') || scheme.ends_with("script:"))
        });
    // Prose that begins with a URL has spaces.
    let is_prose = text.trim().contains(' ') && !start.contains("script:");
    is_url && !is_prose && rule.check_text_or_path(text.trim()).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_no_url_in_a_private_network() {
        let rule = PublicUrls::default();
        let machine = Url::parse("https://lake.example/a").unwrap();
        let text = |text: &str| Value::Text(text.to_owned());
        let mut record = Record {
            title: "word ".repeat(200),
            original_url: Some("http://localhost/a".to_owned()),
            web_url: Some("http://ann:x@lake.example/a".to_owned()),
            amp_web_url: Some("javascript:alert(1)".to_owned()),
            cdn_amp_web_url: Some("https://lake.example/amp".to_owned()),
            images: vec![
                Image::at("http://10.0.0.1/p.png"),
                Image::at("/p.png"),
                Image::at("//10.0.0.1/p.png"),
            ],
            provider: Some(Provider {
                name: "Lake".to_owned(),
                domain: "127.0.0.1".to_owned(),
                images: vec![Image::at("file:///etc/passwd")],
            }),
            featured_content: Some("<iframe src=\"http://10.0.0.1/\"></iframe>".to_owned()),
            extra: vec![
                ("a".to_owned(), text("http://169.254.169.254/")),
                ("b".to_owned(), Value::List(vec![text("data:text/html,x"), text("https://lake.example/")])),
                ("c".to_owned(), Value::Map(vec![("d".to_owned(), text("java\tscript:alert(1)"))])),
                ("e".to_owned(), text("data: they are the new oil")),
            ],
            ..Record::default()
        };
        let removed = clean_record(&mut record, &machine, &rule);
        assert_eq!(removed.len(), 10, "{removed:?}");
        // Values inside lists and maps are removed as well.
        assert!(
            removed.iter().any(|text| text.starts_with("values of other fields") && text.ends_with(": 3")),
            "{removed:?}"
        );
        assert_eq!(record.web_url.as_deref(), Some("https://lake.example/a"));
        assert!(
            record.original_url.is_none()
                && record.amp_web_url.is_none()
                && record.featured_content.is_none()
        );
        assert_eq!(record.images, [Image::at("/p.png")]);
        let provider = record.provider.as_ref().unwrap();
        assert_eq!((provider.domain.as_str(), provider.images.len()), ("lake.example", 0));
        let json = serde_json::to_string(&record.extra).unwrap();
        assert!(!json.contains("169") && !json.contains("script") && json.contains("lake.example"), "{json}");
        assert!(json.contains("the new oil") && record.title.chars().count() <= 500);
        assert!(clean_record(&mut record, &machine, &rule).is_empty(), "nothing is left to remove");
    }
}
