//! What the page is: an article, a video or podcast page, a gallery; or no article at all.

mod titles;

use courant_model::{ArticleKind, Rejection};
use url::Url;

use crate::extract::{
    body::sanitise::player,
    page::{facts::Facts, json_ld::LinkedData},
};

/// What the refusal of a page is judged by.
pub(in crate::extract) struct Seen<'a> {
    pub(in crate::extract) facts: &'a Facts,
    pub(in crate::extract) linked: &'a LinkedData,
    pub(in crate::extract) url: &'a Url,
    pub(in crate::extract) title: &'a str,
    pub(in crate::extract) text: &'a str,
    /// It bears an article's date, not only the day on which a program wrote the page.
    pub(in crate::extract) dated: bool,
    pub(in crate::extract) signed: bool,
}

impl Seen<'_> {
    fn has_type(&self, kinds: &[&str]) -> bool {
        self.linked.types.iter().any(|kind| kinds.contains(&kind.as_str()))
    }

    fn og_type(&self) -> String {
        self.facts.meta(&["og:type"]).unwrap_or_default().to_ascii_lowercase()
    }
}

impl Seen<'_> {
    fn sells(&self) -> bool {
        self.has_type(&["Product", "ProductGroup", "IndividualProduct"]) || self.og_type().contains("product")
    }
}

/// The kind of the article, and the embed of its video or podcast.
pub(in crate::extract) fn kind(seen: &Seen<'_>, base: &Url) -> (ArticleKind, Option<String>) {
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
    if gallery && letters < 4000 || is_live_blog(seen, &path) {
        return (ArticleKind::Collection, None);
    }
    (ArticleKind::Article, None)
}

/// Whether the page is a live blog: many short reports on one address, written as things happen
/// (schema.org `LiveBlogPosting`), or one that its address calls so.
fn is_live_blog(seen: &Seen<'_>, path: &str) -> bool {
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
    seen.has_type(&["LiveBlogPosting"]) || WORDS.iter().any(|word| path.contains(word))
}

/// Why the page is no article; `None` where it is one.
pub(in crate::extract) fn rejection(seen: &Seen<'_>, kind: ArticleKind) -> Option<Rejection> {
    let refuse = |reason: &str, because: String| Some(Rejection { reason: reason.to_owned(), because });
    let letters = seen.text.chars().filter(|c| !c.is_whitespace()).count();
    let is_article =
        seen.linked.article_type.as_deref().is_some_and(|kind| kind != "Review" && kind != "Recipe")
            || seen.facts.meta(&["article:published_time"]).is_some() && !seen.sells()
            || seen.og_type() == "article" && seen.dated && seen.signed;
    if seen.title.is_empty() && letters < 200 {
        return refuse("no_text", format!("the page has no title and {letters} letters of text"));
    }
    if letters < 80 && kind == ArticleKind::Article {
        return refuse("no_text", format!("{letters} letters of running text were found"));
    }
    by_own_words(seen, is_article)
        .or_else(|| if is_article { None } else { by_address(seen) })
        .or_else(|| if is_article { None } else { by_offer(seen).or_else(|| by_shape(seen, letters)) })
        .map(|(reason, because)| Rejection { reason: reason.to_owned(), because })
}

/// What the page says of itself.
fn by_own_words(seen: &Seen<'_>, is_article: bool) -> Option<(&'static str, String)> {
    let generator = seen.facts.meta(&["generator"]).unwrap_or_default().to_ascii_lowercase();
    let built_by = |names: &[&str]| names.iter().any(|name| generator.starts_with(name));
    if seen.has_type(&["DiscussionForumPosting", "QAPage"]) {
        return Some((
            "forum",
            "the page describes itself as a discussion or as questions and answers".to_owned(),
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
        return Some(("forum", format!("the page was made by a forum's program ({generator})")));
    }
    if is_article {
        return None;
    }
    if seen.has_type(&[
        "Product",
        "ProductGroup",
        "IndividualProduct",
        "SoftwareApplication",
        "VideoGame",
        "MobileApplication",
    ]) || seen.og_type().contains("product")
    {
        return Some(("product", "the page describes itself as a product".to_owned()));
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
    if seen.facts.buttons.iter().any(|button| buys.iter().any(|words| button.contains(words))) && !seen.dated
    {
        return Some(("product", "the page has a button to buy".to_owned()));
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
        return Some((
            "documentation",
            format!("the page was made by a documentation program ({generator})"),
        ));
    }
    if seen.has_type(&["CollectionPage", "SearchResultsPage", "OfferCatalog"]) && !seen.dated {
        return Some(("listing", "the page describes itself as a collection of pages".to_owned()));
    }
    if seen.facts.counts.password_fields > 0 && seen.text.chars().count() < 1500 && !seen.dated {
        return Some(("login", "the page asks for a password".to_owned()));
    }
    titles::by_title(seen)
}

/// What the address says, where nothing says that the page is an article.
fn by_address(seen: &Seen<'_>) -> Option<(&'static str, String)> {
    let host = seen.url.host_str().unwrap_or_default();
    let path = format!("{}/", seen.url.path().to_ascii_lowercase().trim_end_matches('/'));
    let says = |words: &[&'static str]| words.iter().copied().find(|word| path.contains(word));
    let asks = |names: &[&str]| seen.url.query_pairs().any(|(name, _)| names.contains(&&*name));
    if path == "/" && asks(&["s", "search"]) || path.ends_with("/search/") && asks(&["q", "query", "keyword"])
    {
        return Some(("search", "the address is that of a search".to_owned()));
    }
    if path == "/" && seen.url.query().is_none() {
        return Some(("listing", "the address is the site's front page".to_owned()));
    }
    let begins = |starts: &[&str]| starts.iter().any(|start| host.starts_with(start));
    let named = |word: &str| format!("the address says so ({word})");
    if begins(&["forum.", "forums.", "foren.", "community.", "discuss.", "discussion.", "answers."]) {
        return Some(("forum", named(host)));
    }
    if let Some(word) = says(&[
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
        return Some(("forum", named(word)));
    }
    if begins(&["docs.", "doc.", "documentation.", "developer.", "developers.", "api."]) && !seen.signed {
        return Some(("documentation", named(host)));
    }
    if let Some(word) =
        says(&["/docs/", "/documentation/", "/reference/", "/manual/", "/api/", "/quickstart/", "/man/"])
    {
        return Some(("documentation", named(word)));
    }
    if let Some(word) = says(&["/category/", "/tag/", "/tags/", "/topic/", "/list/"]) {
        return Some(("listing", named(word)));
    }
    if seen.dated && seen.signed {
        return None;
    }
    if let Some(word) = says(&["/product/", "/products/", "/p/", "/dp/", "/item/", "/app/"])
        .filter(|word| *word != "/p/" || seen.facts.counts.prices > 0 && !seen.dated)
    {
        return Some(("product", named(word)));
    }
    if let Some(word) = says(&[
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
    .filter(|word| !seen.dated || matches!(*word, "/search/" | "/c/"))
    {
        let reason = if word == "/search/" { "search" } else { "listing" };
        return Some((reason, named(word)));
    }
    if let Some(word) =
        says(&["/login/", "/signin/", "/sign-in/", "/register/", "/account/"]).filter(|_| !seen.dated)
    {
        return Some(("login", named(word)));
    }
    says(&[
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
    .filter(|_| !seen.dated)
    .map(|word| ("service", named(word)))
}

/// The words of the address's last part.
fn last_words(url: &Url) -> impl Iterator<Item = &str> {
    let last = url.path_segments().into_iter().flatten().rfind(|part| !part.is_empty());
    last.unwrap_or_default().split(['-', '_', '+', '.'])
}

/// Whether the address speaks of news, or holds a number as articles' addresses do.
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

/// A short address that names what is offered, of a page that nobody signed.
fn by_offer(seen: &Seen<'_>) -> Option<(&'static str, String)> {
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
    let offered = last_words(seen.url).find(|word| OFFERS.contains(word))?;
    let short = last_words(seen.url).count() <= 4;
    (short && !seen.signed && !is_newsy(seen.url))
        .then(|| ("service", format!("the address names what is offered ({offered})")))
}

/// What the page looks like, where nothing says that it is an article.
fn by_shape(seen: &Seen<'_>, letters: usize) -> Option<(&'static str, String)> {
    let counts = seen.facts.counts;
    if seen.dated && (seen.signed || counts.prose_chars > 1000) {
        return None;
    }
    let enough = if seen.dated { 400 } else { 1500 };
    if letters * 4 < counts.text_chars
        && counts.link_chars * 2 > counts.text_chars
        && counts.prose_chars < 1000
        && letters < enough
    {
        return Some((
            "listing",
            format!("{} of {} letters stand in links", counts.link_chars, counts.text_chars),
        ));
    }
    if counts.prices >= 8 && !seen.dated {
        return Some(("listing", format!("{} prices stand on the page", counts.prices)));
    }
    // A page that names neither a day nor a person, with an address of few words, sells or presents something.
    // Programs call every page of a site an `article` to Open Graph; it counts for nothing here.
    let plain = !seen.dated && !seen.signed && !matches!(seen.og_type().as_str(), "news" | "blog");
    let words = last_words(seen.url).filter(|word| word.len() > 1).count();
    (plain && !is_newsy(seen.url) && words <= 3 && seen.url.query().is_none()).then(|| {
        ("service", "the page names neither a day nor an author, and its address has no headline".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn judged(
        html: &str,
        url: &str,
        text: &str,
        dated: bool,
        signed: bool,
    ) -> (ArticleKind, Option<String>, Option<String>) {
        let facts = Facts::read(&Document::from(html));
        let linked = crate::extract::page::json_ld::read(&facts.json_ld, |_| true);
        let url = Url::parse(url).unwrap();
        let seen = Seen {
            facts: &facts,
            linked: &linked,
            url: &url,
            title: "A title of some words",
            text,
            dated,
            signed,
        };
        let (kind, embed) = kind(&seen, &url);
        let rejection = rejection(&seen, kind);
        (kind, embed, rejection.map(|rejection| rejection.reason))
    }

    fn refused(html: &str, url: &str, dated: bool) -> String {
        let text = "A sentence of the page, and another one. ".repeat(20);
        judged(html, url, &text, dated, dated).2.unwrap_or_default()
    }

    #[test]
    fn pages_that_are_no_article_are_refused_with_a_reason() {
        let ld = |kind: &str| format!("<script type='application/ld+json'>{{\"@type\":\"{kind}\"}}</script>");
        for (html, url, reason) in [
            (ld("Product"), "https://a.example/old-mill-flour-bread", "product"),
            (ld("DiscussionForumPosting"), "https://a.example/x", "forum"),
            ("<meta name=generator content='phpBB 3'>".to_owned(), "https://a.example/x", "forum"),
            (ld("CollectionPage"), "https://a.example/news-from-the-old-mill", "listing"),
            (String::new(), "https://a.example/", "listing"),
            (String::new(), "https://docs.a.example/guide/how-to-begin-with-the-mill", "documentation"),
            (String::new(), "https://a.example/forum/thread-about-the-old-mill", "forum"),
            (String::new(), "https://a.example/tag/mill", "listing"),
            (String::new(), "https://a.example/services/milling", "service"),
            (
                "<button>Add to cart</button>".to_owned(),
                "https://a.example/fine-flour-from-the-mill",
                "product",
            ),
            ("<input type=password>".to_owned(), "https://a.example/members-of-the-mill-club", "login"),
            (String::new(), "https://consent.a.example/m?continue=the-old-mill-is-kept", "consent"),
            (String::new(), "https://a.example/?s=old+mill", "search"),
            (String::new(), "https://a.example/search?q=old+mill", "search"),
        ] {
            assert_eq!(refused(&html, url, false), reason, "{url} {html}");
        }
    }

    #[test]
    fn articles_pass() {
        let news = "<script type='application/ld+json'>{\"@type\":\"NewsArticle\"}</script>";
        assert_eq!(refused(news, "https://a.example/services/x", true), "");
        assert_eq!(refused("", "https://a.example/2026/03/04/the-mill-is-kept", true), "");
        assert_eq!(refused("", "https://a.example/the-old-mill-is-kept-for-the-town", false), "");
    }

    #[test]
    fn pages_of_guards_and_errors_are_known_by_their_titles() {
        let reason = |title: &str, letters: usize| {
            let facts = Facts::read(&Document::from(""));
            let linked = crate::extract::page::json_ld::read(&facts.json_ld, |_| true);
            let url = Url::parse("https://a.example/2026/03/04/the-old-mill-is-kept-for-the-town").unwrap();
            let text = "word ".repeat(letters / 4);
            let seen = Seen {
                facts: &facts,
                linked: &linked,
                url: &url,
                title,
                text: &text,
                dated: true,
                signed: false,
            };
            rejection(&seen, ArticleKind::Article).map(|rejection| rejection.reason).unwrap_or_default()
        };
        assert_eq!(reason("Seite nicht gefunden – Mühlenblatt", 400), "error_page");
        assert_eq!(reason("Just a moment...", 400), "guarded");
        assert_eq!(reason("Before you continue to the Mill Post", 400), "consent");
        assert_eq!(reason("Page not found: how sites tell their readers", 4000), "");
        assert_eq!(reason("The old mill is kept", 400), "");
    }

    #[test]
    fn live_blogs_are_collections() {
        let live = "<script type='application/ld+json'>{\"@type\":\"LiveBlogPosting\"}</script>";
        let text = "A sentence of the page, and another one. ".repeat(200);
        let kind = |html: &str, url: &str| judged(html, url, &text, true, true).0;
        assert_eq!(kind(live, "https://a.example/x"), ArticleKind::Collection);
        assert_eq!(kind("", "https://a.example/election-night-live-updates"), ArticleKind::Collection);
        assert_eq!(kind("", "https://a.example/the-mill-is-alive"), ArticleKind::Article);
    }

    #[test]
    fn a_page_without_text_is_refused() {
        assert_eq!(
            judged("", "https://a.example/the-old-mill-is-kept", "", true, true).2.as_deref(),
            Some("no_text")
        );
    }

    #[test]
    fn a_video_page_has_its_player() {
        let (kind, embed, rejection) = judged(
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
