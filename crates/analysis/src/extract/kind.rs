//! What the page is: an article, a video or podcast page, a gallery; or no article at all.

use courant_model::{ArticleKind, Rejection};
use url::Url;

use super::{facts::Facts, json_ld::LinkedData, sanitise::player};

/// What the refusal of a page is judged by.
pub(super) struct Seen<'a> {
    pub(super) facts: &'a Facts,
    pub(super) linked: &'a LinkedData,
    pub(super) url: &'a Url,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) dated: bool,
    pub(super) signed: bool,
}

impl Seen<'_> {
    fn has_type(&self, kinds: &[&str]) -> bool {
        self.linked.types.iter().any(|kind| kinds.contains(&kind.as_str()))
    }

    fn og_type(&self) -> String {
        self.facts.meta(&["og:type"]).unwrap_or_default().to_ascii_lowercase()
    }
}

/// The kind of the article, and the embed of its video or podcast.
pub(super) fn kind(seen: &Seen<'_>, base: &Url) -> (ArticleKind, Option<String>) {
    let letters = seen.text.chars().count();
    let og = seen.og_type();
    let embed = || {
        let declared = [
            seen.linked.embed.as_deref(),
            seen.facts.meta(&["og:video:secure_url", "og:video:url", "og:video", "twitter:player"]),
            seen.facts.item_prop("embedurl"),
        ];
        let own = (seen.url.host_str().is_some_and(|host| host.contains("youtu") || host.contains("vimeo")))
            .then_some(seen.url.as_str());
        own.into_iter()
            .chain(declared.into_iter().flatten())
            .chain(seen.facts.frames.iter().map(String::as_str))
            .find_map(|address| player(address, base))
    };
    let path = seen.url.path().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| path.contains(word));
    let video = og.starts_with("video")
        || (seen.linked.article_type.is_none() || letters < 600) && seen.has_type(&["VideoObject"])
        || says(&["/video/", "/videos/", "/watch"]) && letters < 1500;
    let podcast = seen.has_type(&["PodcastEpisode", "RadioEpisode", "AudioObject"])
        && seen.linked.article_type.is_none()
        || says(&["/podcast/", "/podcasts/", "/episode"]) && !seen.facts.frames.is_empty();
    if video {
        return (ArticleKind::Video, embed());
    }
    if podcast {
        return (ArticleKind::Podcast, embed());
    }
    let gallery = seen.has_type(&["ImageGallery", "MediaGallery"])
        || says(&[
            "/gallery/",
            "/galleries/",
            "/photos/",
            "/fotostrecke",
            "/bilder/",
            "/diaporama",
            "/slideshow/",
        ]);
    if gallery && letters < 4000 {
        return (ArticleKind::Collection, None);
    }
    (ArticleKind::Article, None)
}

/// Why the page is no article; `None` where it is one.
pub(super) fn rejection(seen: &Seen<'_>, kind: ArticleKind) -> Option<Rejection> {
    let refuse = |reason: &str, because: String| Some(Rejection { reason: reason.to_owned(), because });
    let letters = seen.text.chars().filter(|c| !c.is_whitespace()).count();
    let counts = seen.facts.counts;
    let is_article =
        seen.linked.article_type.as_deref().is_some_and(|kind| kind != "Review" && kind != "Recipe")
            || seen.og_type() == "article" && seen.dated;
    if seen.title.is_empty() && letters < 200 {
        return refuse("no_text", format!("the page has no title and {letters} letters of text"));
    }
    if letters < 80 && kind == ArticleKind::Article {
        return refuse("no_text", format!("{letters} letters of running text were found"));
    }
    if seen.has_type(&["DiscussionForumPosting", "QAPage"]) {
        return refuse(
            "forum",
            "the page describes itself as a discussion or as questions and answers".to_owned(),
        );
    }
    if !is_article
        && (seen.has_type(&["Product", "ProductGroup", "IndividualProduct"])
            || seen.og_type().contains("product"))
    {
        return refuse("product", "the page describes itself as a product".to_owned());
    }
    if seen.url.path() == "/" && !seen.linked.article_type.is_some() && seen.url.query().is_none() {
        return refuse("listing", "the address is the site's front page".to_owned());
    }
    if !is_article
        && letters * 4 < counts.text_chars
        && counts.link_chars * 2 > counts.text_chars
        && counts.prose_chars < 1000
    {
        return refuse(
            "listing",
            format!("{} of {} letters stand in links", counts.link_chars, counts.text_chars),
        );
    }
    None
}
