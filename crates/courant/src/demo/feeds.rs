//! Feeds of the sample newswire, in the formats of real providers.

use std::fmt::Write;

use super::{
    newswire::{Article, FeedKind, Newswire, Provider},
    pages::{article_url, escape, image_url, summary},
};

/// The feed of a provider: its content type and its bytes.
pub(super) fn feed(wire: &Newswire, index: usize) -> (&'static str, Vec<u8>) {
    let provider = &wire.providers[index];
    let articles: Vec<&Article> = wire.articles_of(index).collect();
    match provider.feed {
        FeedKind::Rss => ("application/rss+xml; charset=utf-8", rss(provider, &articles).into_bytes()),
        FeedKind::Atom => ("application/atom+xml", atom(provider, &articles).into_bytes()),
        FeedKind::Json => ("application/feed+json", json(provider, &articles).into_bytes()),
        FeedKind::Sitemap => ("application/xml", sitemap(provider, &articles).into_bytes()),
        FeedKind::Broken => ("text/html; charset=us-ascii", broken(provider, &articles)),
        FeedKind::Dead => ("text/plain", Vec::new()),
    }
}

/// The link in the feed: with trackers, or through a redirect, if the provider has them.
fn link(provider: &Provider, article: &Article) -> String {
    if provider.redirects {
        return format!("https://{}/r{}", provider.domain, article.path);
    }
    let plain = article_url(provider, article);
    if provider.trackers { format!("{plain}?utm_source=rss&utm_medium=feed&utm_campaign=all") } else { plain }
}

fn rss(provider: &Provider, articles: &[&Article]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <channel><title>{}</title><link>https://{}/</link><description>{}</description><language>{}</language><ttl>30</ttl>\n",
        escape(&provider.name),
        provider.domain,
        escape(&provider.name),
        provider.language
    );
    for article in articles {
        let _ = write!(
            out,
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"true\">{}</guid><pubDate>{}</pubDate><description>{}</description>",
            escape(&article.title),
            escape(&link(provider, article)),
            escape(&article_url(provider, article)),
            article.published.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            escape(&format!("<p>{}</p>", escape(&summary(article)))),
        );
        if let Some(author) = &article.author {
            let _ = write!(out, "<dc:creator>{}</dc:creator>", escape(author));
        }
        if let Some(image) = image_url(provider, article) {
            let _ = write!(
                out,
                "<media:content url=\"{image}\" medium=\"image\" width=\"1200\" height=\"675\"/>"
            );
        }
        for tag in &article.tags {
            let _ = write!(out, "<category>{}</category>", escape(tag));
        }
        out.push_str("</item>\n");
    }
    out + "</channel></rss>\n"
}

fn atom(provider: &Provider, articles: &[&Article]) -> String {
    let newest = articles.first().map(|article| article.published.to_string()).unwrap_or_default();
    let mut out = format!(
        "<?xml version=\"1.0\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\"><title>{}</title><id>https://{}/</id>\
         <link href=\"https://{}/\"/><updated>{newest}</updated>\n",
        provider.language,
        escape(&provider.name),
        provider.domain,
        provider.domain
    );
    for article in articles {
        let _ = write!(
            out,
            "<entry><title>{}</title><id>{}</id><link rel=\"alternate\" href=\"{}\"/><published>{}</published><updated>{}</updated>\
             <summary>{}</summary>",
            escape(&article.title),
            escape(&article_url(provider, article)),
            escape(&link(provider, article)),
            article.published,
            article.published,
            escape(&summary(article)),
        );
        if let Some(author) = &article.author {
            let _ = write!(out, "<author><name>{}</name></author>", escape(author));
        }
        out.push_str("</entry>\n");
    }
    out + "</feed>\n"
}

fn json(provider: &Provider, articles: &[&Article]) -> String {
    let items: Vec<serde_json::Value> = articles
        .iter()
        .map(|article| {
            serde_json::json!({
                "id": article_url(provider, article),
                "url": link(provider, article),
                "title": article.title,
                "summary": summary(article),
                "content_text": article.paragraphs.join("\n\n"),
                "image": image_url(provider, article),
                "date_published": article.published.to_string(),
                "tags": article.tags,
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": provider.name,
        "home_page_url": format!("https://{}/", provider.domain),
        "language": provider.language,
        "items": items,
    })
    .to_string()
}

fn sitemap(provider: &Provider, articles: &[&Article]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n",
    );
    for article in articles {
        let _ = writeln!(
            out,
            "<url><loc>{}</loc><news:news><news:publication><news:name>{}</news:name><news:language>{}</news:language></news:publication>\
             <news:publication_date>{}</news:publication_date><news:title>{}</news:title></news:news></url>",
            escape(&link(provider, article)),
            escape(&provider.name),
            provider.language,
            article.published,
            escape(&article.title),
        );
    }
    out + "</urlset>\n"
}

/// A feed as many small sites serve it: junk before the declaration, a wrong encoding, bare
/// ampersands, HTML entities unknown in XML, unclosed elements.
fn broken(provider: &Provider, articles: &[&Article]) -> Vec<u8> {
    let mut out = format!(
        "\n\n<!-- cached copy -->\n<?xml version=\"1.0\" encoding=\"us-ascii\"?>\n<rss version=\"2.0\"><channel><title>{} & Friends</title>\
         <link>https://{}/</link><description>News &nbsp; views</description>\n",
        provider.name, provider.domain
    );
    for article in articles {
        let _ = writeln!(
            out,
            "<item><title>{}</title><link>{}</link><pubDate>{}</pubDate><description>{} <br> &raquo; more & more<media:thumbnail url=x></description>",
            article.title.replace('\'', "&rsquo;"),
            link(provider, article),
            article.published.strftime("%d %b %Y %H:%M:%S +0000"),
            summary(article),
        );
        // Every other item is not closed.
        if article.title.len() % 2 == 0 {
            out.push_str("</item>\n");
        }
    }
    out.into_bytes()
}
