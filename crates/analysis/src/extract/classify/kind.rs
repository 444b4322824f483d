//! Whether the page is an article, a video or podcast page, a gallery; or not an article at all.

mod titles;

use courant_model::{ArticleKind, Rejection, RejectionKind};
use url::Url;

use crate::extract::{
    body::sanitize::player,
    page::{facts::Facts, json_ld::LinkedData},
};

/// The evidence by which a page is classified.
pub(in crate::extract) struct PageEvidence<'a> {
    pub(in crate::extract) facts: &'a Facts,
    pub(in crate::extract) linked: &'a LinkedData,
    pub(in crate::extract) url: &'a Url,
    pub(in crate::extract) title: &'a str,
    pub(in crate::extract) text: &'a str,
    /// Whether it has an article's date, not only the day on which a program generated the page.
    pub(in crate::extract) dated: bool,
    pub(in crate::extract) signed: bool,
}

impl PageEvidence<'_> {
    fn has_type(&self, kinds: &[&str]) -> bool {
        self.linked.types.iter().any(|kind| kinds.contains(&kind.as_str()))
    }

    fn og_type(&self) -> String {
        self.facts.meta(&["og:type"]).unwrap_or_default().to_ascii_lowercase()
    }
}

impl PageEvidence<'_> {
    fn sells(&self) -> bool {
        self.has_type(&["Product", "ProductGroup", "IndividualProduct"]) || self.og_type().contains("product")
    }
}

/// The kind of the article, and the embed of its video or podcast.
pub(in crate::extract) fn kind(evidence: &PageEvidence<'_>, base: &Url) -> (ArticleKind, Option<String>) {
    let chars = evidence.text.chars().count();
    let og = evidence.og_type();
    let embed = || {
        let declared = [
            evidence.linked.embed.as_deref(),
            evidence.facts.meta(&["og:video:secure_url", "og:video:url", "og:video", "twitter:player"]),
            evidence.facts.item_prop("embedurl"),
        ];
        let own =
            (evidence.url.host_str().is_some_and(|host| host.contains("youtu") || host.contains("vimeo")))
                .then_some(evidence.url.as_str());
        own.into_iter()
            .chain(declared.into_iter().flatten())
            .chain(evidence.facts.frames.iter().map(String::as_str))
            .find_map(|url| player(url, base))
    };
    let path = evidence.url.path().to_ascii_lowercase();
    let contains = |words: &[&str]| words.iter().any(|word| path.contains(word));
    let video = og.starts_with("video")
        || (evidence.linked.article_type.is_none() || chars < 600) && evidence.has_type(&["VideoObject"])
        || contains(&["/video/", "/videos/", "/watch"]) && chars < 1500;
    let podcast = evidence.has_type(&["PodcastEpisode", "RadioEpisode", "AudioObject"])
        && evidence.linked.article_type.is_none()
        || contains(&["/podcast/", "/podcasts/", "/episode"]) && !evidence.facts.frames.is_empty();
    if video {
        return (ArticleKind::Video, embed());
    }
    if podcast {
        return (ArticleKind::Podcast, embed());
    }
    let gallery = evidence.has_type(&["ImageGallery", "MediaGallery"])
        || contains(&[
            "/gallery/",
            "/galleries/",
            "/photos/",
            "/fotostrecke",
            "/bilder/",
            "/diaporama",
            "/slideshow/",
        ]);
    if gallery && chars < 4000 || is_live_blog(evidence, &path) {
        return (ArticleKind::Collection, None);
    }
    (ArticleKind::Article, None)
}

/// Whether the page is a live blog: many short reports at one URL, written as things happen
/// (schema.org `LiveBlogPosting`), or one whose URL says so.
fn is_live_blog(evidence: &PageEvidence<'_>, path: &str) -> bool {
    const WORDS: [&str; 9] = [
        "liveblog",
        "live-blog",
        "live-updates",
        "live-ticker",
        "liveticker",
        "newsticker",
        "en-direct",
        "en-vivo",
        "/live/",
    ];
    evidence.has_type(&["LiveBlogPosting"]) || WORDS.iter().any(|word| path.contains(word))
}

/// Why the page is not an article; `None` if it is one.
pub(in crate::extract) fn rejection(evidence: &PageEvidence<'_>, kind: ArticleKind) -> Option<Rejection> {
    let reject = |kind, because: String| Some(Rejection::new(kind, because));
    let chars = evidence.text.chars().filter(|c| !c.is_whitespace()).count();
    let is_article =
        evidence.linked.article_type.as_deref().is_some_and(|kind| kind != "Review" && kind != "Recipe")
            || evidence.facts.meta(&["article:published_time"]).is_some() && !evidence.sells()
            || evidence.og_type() == "article" && evidence.dated && evidence.signed;
    if evidence.title.is_empty() && chars < 200 {
        return reject(
            RejectionKind::NoText,
            format!("the page has no title and only {chars} characters of text"),
        );
    }
    if chars < 80 && kind == ArticleKind::Article {
        return reject(RejectionKind::NoText, format!("only {chars} characters of running text were found"));
    }
    by_declaration(evidence, is_article)
        .or_else(|| if is_article { None } else { by_url(evidence) })
        .or_else(|| if is_article { None } else { by_offer(evidence).or_else(|| by_shape(evidence, chars)) })
}

/// Rejections by what the page declares about itself.
fn by_declaration(evidence: &PageEvidence<'_>, is_article: bool) -> Option<Rejection> {
    let generator = evidence.facts.meta(&["generator"]).unwrap_or_default().to_ascii_lowercase();
    let built_by = |names: &[&str]| names.iter().any(|name| generator.starts_with(name));
    if evidence.has_type(&["DiscussionForumPosting", "QAPage"]) {
        return Some(Rejection::new(
            RejectionKind::Forum,
            "the page describes itself as a discussion or as questions and answers",
        ));
    }
    if built_by(&[
        "discourse",
        "phpbb",
        "vbulletin",
        "xenforo",
        "mybb",
        "simple machines",
        "invision",
        "nodebb",
        "flarum",
        "lemmy",
    ]) {
        return Some(Rejection::new(
            RejectionKind::Forum,
            format!("the page was generated by forum software ({generator})"),
        ));
    }
    if is_article {
        return None;
    }
    if evidence.has_type(&[
        "Product",
        "ProductGroup",
        "IndividualProduct",
        "SoftwareApplication",
        "VideoGame",
        "MobileApplication",
    ]) || evidence.og_type().contains("product")
    {
        return Some(Rejection::new(RejectionKind::Product, "the page describes itself as a product"));
    }
    let buys = [
        "add to cart",
        "add to bag",
        "add to basket",
        "buy now",
        "in den warenkorb",
        "ajouter au panier",
        "añadir al carrito",
    ];
    if evidence.facts.buttons.iter().any(|button| buys.iter().any(|words| button.contains(words)))
        && !evidence.dated
    {
        return Some(Rejection::new(RejectionKind::Product, "the page has a “buy” button"));
    }
    if built_by(&[
        "docusaurus",
        "sphinx",
        "mkdocs",
        "gitbook",
        "vuepress",
        "vitepress",
        "hugo-book",
        "mdbook",
        "antora",
        "readthedocs",
    ]) {
        return Some(Rejection::new(
            RejectionKind::Documentation,
            format!("the page was generated by documentation software ({generator})"),
        ));
    }
    if evidence.has_type(&["CollectionPage", "SearchResultsPage", "OfferCatalog"]) && !evidence.dated {
        return Some(Rejection::new(
            RejectionKind::Listing,
            "the page describes itself as a collection of pages",
        ));
    }
    if evidence.facts.counts.password_fields > 0 && evidence.text.chars().count() < 1500 && !evidence.dated {
        return Some(Rejection::new(RejectionKind::Login, "the page asks for a password"));
    }
    titles::by_title(evidence)
}

/// Rejections by the URL, if nothing declares that the page is an article.
fn by_url(evidence: &PageEvidence<'_>) -> Option<Rejection> {
    let host = evidence.url.host_str().unwrap_or_default();
    let path = format!("{}/", evidence.url.path().to_ascii_lowercase().trim_end_matches('/'));
    let find_part = |words: &[&'static str]| words.iter().copied().find(|word| path.contains(word));
    let has_param = |names: &[&str]| evidence.url.query_pairs().any(|(name, _)| names.contains(&&*name));
    if path == "/" && has_param(&["s", "search"])
        || path.ends_with("/search/") && has_param(&["q", "query", "keyword"])
    {
        return Some(Rejection::new(RejectionKind::Search, "the URL is a search"));
    }
    if path == "/" && evidence.url.query().is_none() {
        return Some(Rejection::new(RejectionKind::Listing, "the URL is the site's front page"));
    }
    let begins = |starts: &[&str]| starts.iter().any(|start| host.starts_with(start));
    let named = |word: &str| format!("the URL contains “{word}”");
    if begins(&["forum.", "forums.", "foren.", "community.", "discuss.", "discussion.", "answers."]) {
        return Some(Rejection::new(RejectionKind::Forum, named(host)));
    }
    if let Some(word) = find_part(&[
        "/forum/",
        "/forums/",
        "/thread/",
        "/threads/",
        "viewtopic",
        "showthread",
        "/questions/",
        "/topic/show",
        "/discussion/",
        "/discussions/",
    ]) {
        return Some(Rejection::new(RejectionKind::Forum, named(word)));
    }
    if begins(&["docs.", "doc.", "documentation.", "developer.", "developers.", "api."]) && !evidence.signed {
        return Some(Rejection::new(RejectionKind::Documentation, named(host)));
    }
    if let Some(word) =
        find_part(&["/docs/", "/documentation/", "/reference/", "/manual/", "/api/", "/quickstart/", "/man/"])
    {
        return Some(Rejection::new(RejectionKind::Documentation, named(word)));
    }
    if let Some(word) = find_part(&["/category/", "/tag/", "/tags/", "/topic/", "/list/"]) {
        return Some(Rejection::new(RejectionKind::Listing, named(word)));
    }
    if evidence.dated && evidence.signed {
        return None;
    }
    if let Some(word) = find_part(&["/product/", "/products/", "/p/", "/dp/", "/item/", "/app/"])
        .filter(|word| *word != "/p/" || evidence.facts.counts.prices > 0 && !evidence.dated)
    {
        return Some(Rejection::new(RejectionKind::Product, named(word)));
    }
    if let Some(word) = find_part(&[
        "/categories/",
        "/collections/",
        "/collection/",
        "/shop/",
        "/store/",
        "/search/",
        "/archive/",
        "/topics/",
        "/c/",
        "/l/",
    ])
    .filter(|word| !evidence.dated || matches!(*word, "/search/" | "/c/"))
    {
        let kind = if word == "/search/" { RejectionKind::Search } else { RejectionKind::Listing };
        return Some(Rejection::new(kind, named(word)));
    }
    if let Some(word) = find_part(&["/login/", "/signin/", "/sign-in/", "/register/", "/account/"])
        .filter(|_| !evidence.dated)
    {
        return Some(Rejection::new(RejectionKind::Login, named(word)));
    }
    find_part(&[
        "/service/",
        "/services/",
        "/solutions/",
        "/platform/",
        "/pricing/",
        "/about/",
        "/about-us/",
        "/contact/",
        "/coupons/",
        "/careers/",
        "/leistungen/",
        "/packages/",
        "/department/",
        "/departments/",
    ])
    .filter(|_| !evidence.dated)
    .map(|word| Rejection::new(RejectionKind::Service, named(word)))
}

/// The words of the last part of the URL's path.
fn last_words(url: &Url) -> impl Iterator<Item = &str> {
    let last = url.path_segments().into_iter().flatten().rfind(|part| !part.is_empty());
    last.unwrap_or_default().split(['-', '_', '+', '.'])
}

/// Whether the URL contains a word for news, or a number as URLs of articles do.
fn is_newsy(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    [
        "news", "blog", "artic", "artik", "magazin", "press", "aktuell", "meldung", "stories", "story",
        "post", "ratgeber",
    ]
    .iter()
    .any(|word| path.contains(word))
        || path.as_bytes().windows(4).any(|part| part.iter().all(u8::is_ascii_digit))
}

/// Rejections of unsigned pages with a short URL that names a service or product range.
fn by_offer(evidence: &PageEvidence<'_>) -> Option<Rejection> {
    const OFFERS: &[&str] = &[
        "services",
        "service",
        "packages",
        "pricing",
        "agency",
        "consulting",
        "solutions",
        "platform",
        "department",
        "leistungen",
        "preise",
        "angebote",
        "tarifs",
        "servicios",
    ];
    let offered = last_words(evidence.url).find(|word| OFFERS.contains(word))?;
    let short = last_words(evidence.url).count() <= 4;
    (short && !evidence.signed && !is_newsy(evidence.url)).then(|| {
        Rejection::new(
            RejectionKind::Service,
            format!("the URL names a service or product range (“{offered}”)"),
        )
    })
}

/// Rejections by the page's structure, if nothing declares that it is an article.
fn by_shape(evidence: &PageEvidence<'_>, chars: usize) -> Option<Rejection> {
    let counts = evidence.facts.counts;
    if evidence.dated && (evidence.signed || counts.prose_chars > 1000) {
        return None;
    }
    let enough = if evidence.dated { 400 } else { 1500 };
    if chars * 4 < counts.text_chars
        && counts.link_chars * 2 > counts.text_chars
        && counts.prose_chars < 1000
        && chars < enough
    {
        return Some(Rejection::new(
            RejectionKind::Listing,
            format!("{} of {} characters are inside links", counts.link_chars, counts.text_chars),
        ));
    }
    if counts.prices >= 8 && !evidence.dated {
        return Some(Rejection::new(
            RejectionKind::Listing,
            format!("the page shows {} prices", counts.prices),
        ));
    }
    // A page with neither a date nor an author and with a short URL sells or presents something.
    // Open Graph's `article` counts for nothing here, because programs set it on every page of a
    // site.
    let plain =
        !evidence.dated && !evidence.signed && !matches!(evidence.og_type().as_str(), "news" | "blog");
    let words = last_words(evidence.url).filter(|word| word.len() > 1).count();
    (plain && !is_newsy(evidence.url) && words <= 3 && evidence.url.query().is_none()).then(|| {
        Rejection::new(
            RejectionKind::Service,
            "the page shows neither a date nor an author, and its URL contains no headline",
        )
    })
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn classify_page(
        html: &str,
        url: &str,
        text: &str,
        dated: bool,
        signed: bool,
    ) -> (ArticleKind, Option<String>, Option<RejectionKind>) {
        let facts = Facts::read(&Document::from(html));
        let linked = crate::extract::page::json_ld::read(&facts.json_ld, |_| true);
        let url = Url::parse(url).unwrap();
        let evidence = PageEvidence {
            facts: &facts,
            linked: &linked,
            url: &url,
            title: "A title of some words",
            text,
            dated,
            signed,
        };
        let (kind, embed) = kind(&evidence, &url);
        let rejection = rejection(&evidence, kind);
        (kind, embed, rejection.map(|rejection| rejection.kind))
    }

    fn rejection_of(html: &str, url: &str, dated: bool) -> Option<RejectionKind> {
        let text = "A sentence of the page, and another one. ".repeat(20);
        classify_page(html, url, &text, dated, dated).2
    }

    #[test]
    fn pages_that_are_not_articles_are_rejected_with_a_reason() {
        let ld = |kind: &str| format!("<script type='application/ld+json'>{{\"@type\":\"{kind}\"}}</script>");
        for (html, url, reason) in [
            (ld("Product"), "https://a.example/old-mill-flour-bread", RejectionKind::Product),
            (ld("DiscussionForumPosting"), "https://a.example/x", RejectionKind::Forum),
            (
                "<meta name=generator content='phpBB 3'>".to_owned(),
                "https://a.example/x",
                RejectionKind::Forum,
            ),
            (ld("CollectionPage"), "https://a.example/news-from-the-old-mill", RejectionKind::Listing),
            (String::new(), "https://a.example/", RejectionKind::Listing),
            (
                String::new(),
                "https://docs.a.example/guide/how-to-begin-with-the-mill",
                RejectionKind::Documentation,
            ),
            (String::new(), "https://a.example/forum/thread-about-the-old-mill", RejectionKind::Forum),
            (String::new(), "https://a.example/tag/mill", RejectionKind::Listing),
            (String::new(), "https://a.example/services/milling", RejectionKind::Service),
            (
                "<button>Add to cart</button>".to_owned(),
                "https://a.example/fine-flour-from-the-mill",
                RejectionKind::Product,
            ),
            (
                "<input type=password>".to_owned(),
                "https://a.example/members-of-the-mill-club",
                RejectionKind::Login,
            ),
            (
                String::new(),
                "https://consent.a.example/m?continue=the-old-mill-is-kept",
                RejectionKind::Consent,
            ),
            (String::new(), "https://a.example/?s=old+mill", RejectionKind::Search),
            (String::new(), "https://a.example/search?q=old+mill", RejectionKind::Search),
        ] {
            assert_eq!(rejection_of(&html, url, false), Some(reason), "{url} {html}");
        }
    }

    #[test]
    fn articles_pass() {
        let news = "<script type='application/ld+json'>{\"@type\":\"NewsArticle\"}</script>";
        assert_eq!(rejection_of(news, "https://a.example/services/x", true), None);
        assert_eq!(rejection_of("", "https://a.example/2026/03/04/the-mill-is-kept", true), None);
        assert_eq!(rejection_of("", "https://a.example/the-old-mill-is-kept-for-the-town", false), None);
    }

    #[test]
    fn bot_checks_and_error_pages_are_recognised_by_title() {
        let reason = |title: &str, chars: usize| {
            let facts = Facts::read(&Document::from(""));
            let linked = crate::extract::page::json_ld::read(&facts.json_ld, |_| true);
            let url = Url::parse("https://a.example/2026/03/04/the-old-mill-is-kept-for-the-town").unwrap();
            let text = "word ".repeat(chars / 4);
            let evidence = PageEvidence {
                facts: &facts,
                linked: &linked,
                url: &url,
                title,
                text: &text,
                dated: true,
                signed: false,
            };
            rejection(&evidence, ArticleKind::Article).map(|rejection| rejection.kind)
        };
        assert_eq!(reason("Seite nicht gefunden – Mühlenblatt", 400), Some(RejectionKind::ErrorPage));
        assert_eq!(reason("Just a moment...", 400), Some(RejectionKind::Guarded));
        assert_eq!(reason("Before you continue to the Mill Post", 400), Some(RejectionKind::Consent));
        assert_eq!(reason("Page not found: how sites tell their readers", 4000), None);
        assert_eq!(reason("The old mill is kept", 400), None);
    }

    #[test]
    fn live_blogs_are_collections() {
        let live = "<script type='application/ld+json'>{\"@type\":\"LiveBlogPosting\"}</script>";
        let text = "A sentence of the page, and another one. ".repeat(200);
        let kind = |html: &str, url: &str| classify_page(html, url, &text, true, true).0;
        assert_eq!(kind(live, "https://a.example/x"), ArticleKind::Collection);
        assert_eq!(kind("", "https://a.example/election-night-live-updates"), ArticleKind::Collection);
        assert_eq!(kind("", "https://a.example/the-mill-is-alive"), ArticleKind::Article);
    }

    #[test]
    fn a_page_without_text_is_rejected() {
        assert_eq!(
            classify_page("", "https://a.example/the-old-mill-is-kept", "", true, true).2,
            Some(RejectionKind::NoText)
        );
    }

    #[test]
    fn a_video_page_has_its_player() {
        let (kind, embed, rejection) = classify_page(
            "<meta property=og:type content=video.other><iframe src='https://www.youtube.com/embed/abcdefghijk'></iframe>",
            "https://a.example/watch-the-mill-turn",
            "",
            true,
            false,
        );
        assert_eq!((kind, rejection), (ArticleKind::Video, None));
        assert!(embed.unwrap().contains("youtube-nocookie"));
    }
}
