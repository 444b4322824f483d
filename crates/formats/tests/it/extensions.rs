//! The fields of feed extensions are read.

use std::io::Write;

use courant_formats::feed::{Entry, Feed, FeedContext, FeedKind, parse};
use flate2::{Compression, write::GzEncoder};

fn read(text: &str) -> Feed {
    parse(text.as_bytes(), &FeedContext::default()).unwrap()
}

fn hrefs<'e>(entry: &'e Entry, rel: &str) -> Vec<&'e str> {
    let of_rel = entry.links.iter().filter(|link| link.rel.as_deref() == Some(rel));
    of_rel.map(|link| link.href.as_str()).collect()
}

#[test]
fn podcasts() {
    let feed = read(
        r#"<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"
            xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>P</title>
            <podcast:guid>9b02</podcast:guid><podcast:funding url="https://lake.example/give">Give</podcast:funding>
            <item><title>E</title><enclosure url="https://lake.example/e.mp3" type="audio/mpeg" length="9"/>
            <podcast:person role="host" href="https://lake.example/ada">Ada Byron</podcast:person>
            <podcast:transcript url="https://lake.example/e.vtt" type="text/vtt" language="en"/>
            <podcast:chapters url="https://lake.example/e.json" type="application/json+chapters"/>
            <podcast:alternateEnclosure type="audio/opus" length="5"><podcast:source uri="https://lake.example/e.opus"/>
            </podcast:alternateEnclosure><podcast:season>2</podcast:season><itunes:episode>7</itunes:episode>
            <itunes:duration>1:02:03</itunes:duration></item></channel></rss>"#,
    );
    assert_eq!(feed.id.as_deref(), Some("9b02"));
    assert!(feed.links.iter().any(|link| link.rel.as_deref() == Some("payment")));
    let entry = &feed.entries[0];
    assert_eq!((entry.season, entry.episode.as_deref()), (Some(2), Some("7")));
    assert_eq!(entry.duration.as_deref(), Some("1:02:03"));
    assert_eq!(hrefs(entry, "transcript"), ["https://lake.example/e.vtt"]);
    assert_eq!(hrefs(entry, "chapters"), ["https://lake.example/e.json"]);
    assert_eq!(entry.media[0].url, "https://lake.example/e.opus");
    assert_eq!(entry.contributors[0].name.as_deref(), Some("Ada Byron"));
}

#[test]
fn comments_threads_and_update_periods() {
    let feed = read(
        r#"<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
            xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
            xmlns:thr="http://purl.org/syndication/thread/1.0"><channel rdf:about="https://lake.example/">
            <title>R</title><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
            <item rdf:about="https://lake.example/1"><title>1</title><slash:comments>12</slash:comments>
            <thr:in-reply-to ref="https://lake.example/0"/></item></rdf:RDF>"#,
    );
    assert_eq!(feed.kind, FeedKind::Rdf);
    assert_eq!(feed.ttl, Some(360));
    assert_eq!(feed.entries[0].comment_count, Some(12));
    assert_eq!(hrefs(&feed.entries[0], "in-reply-to"), ["https://lake.example/0"]);
}

#[test]
fn places() {
    let place = |inner: &str| {
        let text = format!(
            r#"<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss"
                xmlns:gml="http://www.opengis.net/gml"><entry><title>q</title>{inner}</entry></feed>"#
        );
        read(&text).entries[0].position
    };
    let wanted = Some((45.25, -71.5));
    assert_eq!(place("<georss:point>45.25 -71.5</georss:point>"), wanted);
    assert_eq!(place("<georss:line>45.25 -71.5 46 -72</georss:line>"), wanted);
    assert_eq!(
        place("<georss:where><gml:Point><gml:pos>45.25 -71.5</gml:pos></gml:Point></georss:where>"),
        wanted
    );
    let corner = "<gml:Envelope><gml:lowerCorner>45.25 -71.5</gml:lowerCorner></gml:Envelope>";
    assert_eq!(place(&format!("<georss:where>{corner}</georss:where>")), wanted);
    assert_eq!(place("<georss:point>245 -71.5</georss:point>"), None);
}

#[test]
fn channels_of_cdf() {
    let feed = read(
        r#"<?XML VERSION="1.0"?><CHANNEL HREF="https://lake.example/"><TITLE>C</TITLE><ABSTRACT>About</ABSTRACT>
            <ITEM HREF="https://lake.example/1" LASTMOD="2003-11-05T12:00Z"><TITLE>One</TITLE></ITEM></CHANNEL>"#,
    );
    assert_eq!((feed.kind, feed.link.as_deref()), (FeedKind::Cdf, Some("https://lake.example/")));
    assert_eq!(feed.entries[0].link.as_deref(), Some("https://lake.example/1"));
    assert_eq!(feed.entries[0].updated.unwrap().to_string(), "2003-11-05T12:00:00Z");
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_sitemaps_and_their_indexes() {
    let index = packed(
        r#"<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>
            <loc>https://lake.example/news.xml.gz</loc><lastmod>2025-06-03</lastmod></sitemap></sitemapindex>"#,
    );
    let feed = parse(&index, &FeedContext::default()).unwrap();
    assert_eq!(feed.kind, FeedKind::SitemapIndex);
    assert_eq!(feed.entries[0].link.as_deref(), Some("https://lake.example/news.xml.gz"));
    let news = packed(
        r#"<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
            xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://lake.example/1</loc>
            <n:news><n:publication><n:name>Lake News</n:name><n:language>en</n:language></n:publication>
            <n:publication_date>2025-06-03T09:39:21Z</n:publication_date><n:title>One</n:title></n:news></url></urlset>"#,
    );
    let entry = parse(&news, &FeedContext::default()).unwrap().entries.remove(0);
    assert_eq!(entry.title.unwrap().value, "One");
    assert_eq!(entry.source.unwrap().title.unwrap().value, "Lake News");
    assert!(parse(&[0x1F, 0x8B, 8, 0, 0], &FeedContext::default()).is_err());
}
