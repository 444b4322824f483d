//! Pages of the sample newswire: four designs with the boilerplate of real pages around an article.

use std::fmt::Write;

use super::newswire::{Article, Newswire, Provider};

/// Escapes text for HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The URL of an article.
pub(super) fn article_url(provider: &Provider, article: &Article) -> String {
    format!("https://{}{}", provider.domain, article.path)
}

/// The URL of an article's image, if it has one. Scene and title choose it.
pub(super) fn image_url(provider: &Provider, article: &Article) -> Option<String> {
    let scene = article.scene.as_deref()?;
    let seed =
        article.title.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)))
            % 100_000;
    Some(format!("https://{}/pictures/{scene}-{seed}.png", provider.domain))
}

/// A page with an article in its provider's design.
pub(super) fn article(wire: &Newswire, provider: &Provider, article: &Article) -> String {
    let mut page = head(provider, article);
    page.push_str(&match provider.design {
        0 => broadsheet(wire, provider, article),
        1 => portal(wire, provider, article),
        2 => journal(provider, article),
        _ => plain(provider, article),
    });
    page
}

/// The AMP page of an article.
pub(super) fn amp(provider: &Provider, article: &Article) -> String {
    format!(
        "<!doctype html><html amp lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <link rel=\"canonical\" href=\"{}\"></head><body><article><h1>{}</h1>{}</article></body></html>",
        provider.language,
        escape(&article.title),
        article_url(provider, article),
        escape(&article.title),
        paragraphs(article)
    )
}

/// The home page of a provider: a list of links, and the link to its feed.
pub(super) fn home(wire: &Newswire, index: usize) -> String {
    let provider = &wire.providers[index];
    let mut page = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <link rel=\"alternate\" type=\"application/rss+xml\" href=\"/feed\"></head><body><h1>{}</h1><ul>",
        provider.language,
        escape(&provider.name),
        escape(&provider.name)
    );
    for article in wire.articles_of(index) {
        let _ = write!(page, "<li><a href=\"{}\">{}</a></li>", article.path, escape(&article.title));
    }
    page + "</ul></body></html>"
}

fn head(provider: &Provider, article: &Article) -> String {
    let title = escape(&article.title);
    let url = article_url(provider, article);
    let mut head = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} | {}</title>\n\
         <link rel=\"canonical\" href=\"{url}\">\n<meta property=\"og:title\" content=\"{title}\">\n\
         <meta property=\"og:site_name\" content=\"{}\">\n<meta property=\"og:url\" content=\"{url}\">\n\
         <meta property=\"og:type\" content=\"{}\">\n<meta name=\"description\" content=\"{}\">\n\
         <meta property=\"article:published_time\" content=\"{}\">\n",
        provider.language,
        escape(&provider.name),
        escape(&provider.name),
        if article.video { "video.other" } else { "article" },
        escape(&summary(article)),
        article.published,
    );
    if let Some(image) = image_url(provider, article) {
        let _ = write!(
            head,
            "<meta property=\"og:image\" content=\"{image}\">\n<meta property=\"og:image:width\" content=\"1200\">\n\
             <meta property=\"og:image:height\" content=\"675\">\n"
        );
    }
    if provider.amp {
        let _ =
            writeln!(head, "<link rel=\"amphtml\" href=\"https://{}/amp{}\">", provider.domain, article.path);
    }
    if article.video {
        let _ = writeln!(
            head,
            "<meta property=\"og:video\" content=\"https://www.youtube.com/embed/{}\">",
            video_id(article)
        );
    }
    if provider.design.is_multiple_of(2) {
        let _ =
            writeln!(head, "<script type=\"application/ld+json\">{}</script>", json_ld(provider, article));
    }
    head + "</head>\n"
}

fn json_ld(provider: &Provider, article: &Article) -> String {
    let mut data = serde_json::json!({
        "@context": "https://schema.org",
        "@type": if article.video { "VideoObject" } else { "NewsArticle" },
        "headline": article.title,
        "name": article.title,
        "datePublished": article.published.to_string(),
        "mainEntityOfPage": article_url(provider, article),
        "publisher": { "@type": "NewsMediaOrganization", "name": provider.name },
        "keywords": article.tags,
    });
    if let Some(author) = &article.author {
        data["author"] = serde_json::json!([{ "@type": "Person", "name": author }]);
    }
    // A script element ends at the first "</" in any context.
    data.to_string().replace("</", "<\\/")
}

/// The first sentences of an article, as its provider would summarise it.
pub(super) fn summary(article: &Article) -> String {
    let first = article.paragraphs.first().map(String::as_str).unwrap_or_default();
    let end = first.char_indices().nth(240).map_or(first.len(), |(at, _)| at);
    match first[..end].rfind(". ") {
        Some(at) => first[..=at].to_owned(),
        None => first[..end].to_owned(),
    }
}

fn byline(article: &Article) -> String {
    match (&article.author, &article.credit) {
        (_, Some(agency)) => format!("<p class=\"byline\">{agency}</p>"),
        (Some(author), None) => {
            format!("<p class=\"byline\">By <a rel=\"author\" href=\"/people\">{}</a></p>", escape(author))
        }
        (None, None) => String::new(),
    }
}

fn paragraphs(article: &Article) -> String {
    article.paragraphs.iter().fold(String::new(), |mut out, text| {
        let _ = writeln!(out, "<p>{}</p>", escape(text));
        out
    })
}

fn figure(provider: &Provider, article: &Article) -> String {
    if article.video {
        return format!(
            "<iframe width=\"800\" height=\"500\" src=\"https://www.youtube.com/embed/{}\" allowfullscreen></iframe>\n",
            video_id(article)
        );
    }
    image_url(provider, article).map_or_else(String::new, |image| {
        format!("<figure><img src=\"{image}\" width=\"1200\" height=\"675\" alt=\"\"><figcaption>Drawing: {}</figcaption></figure>\n", escape(&provider.name))
    })
}

/// An id of eleven characters, as video platforms use.
fn video_id(article: &Article) -> String {
    let digest =
        article.title.bytes().fold(11_u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte)));
    format!("{digest:016x}").chars().take(11).collect()
}

fn others(wire: &Newswire, provider: &Provider, article: &Article) -> String {
    let index = wire.providers.iter().position(|known| known.domain == provider.domain).unwrap_or(0);
    wire.articles_of(index).filter(|other| other.path != article.path).take(4).fold(
        String::new(),
        |mut out, other| {
            let _ = write!(out, "<li><a href=\"{}\">{}</a></li>", other.path, escape(&other.title));
            out
        },
    )
}

const COOKIES: &str = "<div class=\"cookie-consent\" role=\"dialog\"><p>We and our partners store cookies on your device. \
     By clicking accept you agree to this.</p><button>Accept all</button> <button>Manage</button></div>\n";
const SHARE: &str = "<ul class=\"share-bar\"><li><a href=\"#\">Share</a></li><li><a href=\"#\">Mail</a></li><li><a href=\"#\">Print</a></li></ul>\n";
const NEWSLETTER: &str = "<div class=\"newsletter-signup\"><h3>Get our morning briefing</h3><p>Sign up and never miss a story.</p>\
     <form><input type=\"email\" aria-label=\"Mail\"><button>Sign up</button></form></div>\n";

fn broadsheet(wire: &Newswire, provider: &Provider, article: &Article) -> String {
    format!(
        "<body>{COOKIES}<header><a href=\"/\">{name}</a><nav><a href=\"/\">Home</a> <a href=\"/opinion\">Opinion</a> <a href=\"/sport\">Sport</a></nav></header>\n\
         <main><article itemscope itemtype=\"https://schema.org/NewsArticle\"><h1 itemprop=\"headline\">{title}</h1>{byline}\
         <time datetime=\"{time}\">{time}</time>{SHARE}{figure}<div itemprop=\"articleBody\">{text}</div></article>\n\
         <aside class=\"related\"><h2>More from {name}</h2><ul>{others}</ul></aside>{NEWSLETTER}</main>\
         <footer>Copyright {name}. All rights reserved.</footer></body></html>",
        name = escape(&provider.name),
        title = escape(&article.title),
        byline = byline(article),
        time = article.published,
        figure = figure(provider, article),
        text = paragraphs(article),
        others = others(wire, provider, article),
    )
}

fn portal(wire: &Newswire, provider: &Provider, article: &Article) -> String {
    format!(
        "<body><div id=\"top\"><div class=\"logo\">{name}</div><div class=\"menu\"><a href=\"/\">News</a> | <a href=\"/markets\">Markets</a> | <a href=\"/weather\">Weather</a></div></div>\n\
         <div id=\"wrap\"><div class=\"left-rail\"><h4>Most read</h4><ol>{others}</ol></div><div class=\"story-body\"><h1>{title}</h1>{byline}\
         <div class=\"meta\">Published {day}</div>{figure}{text}{SHARE}</div></div>\
         <div class=\"footer\">Terms · Privacy · {name}</div></body></html>",
        name = escape(&provider.name),
        title = escape(&article.title),
        byline = byline(article),
        day = article.published.strftime("%-d %B %Y, %H:%M UTC"),
        figure = figure(provider, article),
        text = paragraphs(article),
        others = others(wire, provider, article),
    )
}

fn journal(provider: &Provider, article: &Article) -> String {
    format!(
        "<body><nav><a href=\"/\">{name}</a></nav><article class=\"post h-entry\"><header><h1 class=\"p-name\">{title}</h1>{byline}</header>\
         <div class=\"e-content\">{figure}{text}</div><footer class=\"post-footer\">{SHARE}</footer></article>{NEWSLETTER}</body></html>",
        name = escape(&provider.name),
        title = escape(&article.title),
        byline = byline(article),
        figure = figure(provider, article),
        text = paragraphs(article),
    )
}

fn plain(provider: &Provider, article: &Article) -> String {
    format!(
        "<body><p><a href=\"/\">{name}</a></p><h1>{title}</h1>{byline}<p class=\"date\">{day}</p>{figure}{text}<hr><p>© {name}</p></body></html>",
        name = escape(&provider.name),
        title = escape(&article.title),
        byline = byline(article),
        day = article.published.strftime("%Y-%m-%d %H:%M"),
        figure = figure(provider, article),
        text = paragraphs(article),
    )
}
