//! The response bodies that scenarios refer to by name: `feed:2`, `feed:ttl=180`, `zeros:1GiB`, …

use std::{fmt::Write as _, io::Write as _};

use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, ZstdEncoder};
use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use tokio::io::AsyncReadExt;

use crate::scenarios::server::Body;

/// The values that a body depends on besides its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyContext<'a> {
    /// The host of the feed (`site.example`).
    pub(crate) host: &'a str,
    /// The hub that feeds name, if any.
    pub(crate) hub: Option<&'a str>,
    /// The start time of the scenario.
    pub(crate) began: Timestamp,
    pub(crate) now: Timestamp,
    /// Number of entries that the feed had before, for `+2new`.
    pub(crate) before: usize,
    pub(crate) port: u16,
}

/// The body with this name, and its number of entries.
pub(crate) async fn body(name: &str, coding: Option<&str>, context: BodyContext<'_>) -> (Body, usize) {
    if let Some(size) = name.strip_prefix("zeros:") {
        return (zeros(bytes_of(size), coding.unwrap_or_default()), 0);
    }
    if name.starts_with("stream:") {
        return (Body::Drip, 0);
    }
    if let Some(size) = name.strip_prefix("feed:").filter(|size| size.ends_with("iB")) {
        return (Body::Repeated { piece: vec![b' '; 1 << 16], times: bytes_of(size) >> 16 }, 0);
    }
    let (text, entries) = text(name, context);
    (Body::Whole(encoded(text.into_bytes(), coding.unwrap_or_default()).await), entries)
}

fn text(name: &str, context: BodyContext<'_>) -> (String, usize) {
    match name {
        "" => (String::new(), 0),
        "html" => ("<!doctype html><title>Hello</title><p>A page, not a feed.".to_owned(), 0),
        "html-challenge" => {
            ("<!doctype html><title>Just a moment…</title><p>Are you a person?".to_owned(), 0)
        }
        _ => feed(name.strip_prefix("feed:").unwrap_or(name), context),
    }
}

fn bytes_of(size: &str) -> usize {
    let (number, shift) = match size {
        _ if size.ends_with("GiB") => (size.trim_end_matches("GiB"), 30),
        _ => (size.trim_end_matches("MiB"), 20),
    };
    number.parse::<usize>().unwrap() << shift
}

/// `size` compressed zero bytes. A gzip file may have several members, so one compressed member is
/// sent repeatedly.
///
/// The member is compressed in small pieces, because scenarios measure the memory of this process.
fn zeros(size: usize, coding: &str) -> Body {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..1 << 12 {
        packed.write_all(&[0; 1 << 12]).unwrap();
    }
    let piece = packed.finish().unwrap();
    let times = size >> 24;
    if coding == "gzip" {
        return Body::Repeated { piece, times };
    }
    assert_eq!(coding, "gzip,gzip");
    Body::Repeated { piece: gzip(&piece), times }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

async fn encoded(bytes: Vec<u8>, coding: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    match coding {
        "gzip" => return gzip(&bytes),
        "br" => BrotliEncoder::new(&bytes[..]).read_to_end(&mut packed).await.unwrap(),
        "zstd" => ZstdEncoder::new(&bytes[..]).read_to_end(&mut packed).await.unwrap(),
        "deflate" => DeflateEncoder::new(&bytes[..]).read_to_end(&mut packed).await.unwrap(),
        _ => return bytes,
    };
    packed
}

/// An item of a feed.
struct Item {
    guid: Option<String>,
    link: String,
    title: String,
    date: Option<String>,
}

fn item(number: usize, context: BodyContext<'_>) -> Item {
    let age = SignedDuration::from_mins(number as i64 * 7);
    Item {
        guid: Some(format!("item-{number}")),
        link: format!("http://{}/item{number}", context.host),
        title: title(number),
        date: Some(date(context.began - age)),
    }
}

fn title(number: usize) -> String {
    const PLACES: [&str; 7] = ["harbour", "quay", "estuary", "lagoon", "reservoir", "canal", "delta"];
    format!("Report {number} from the {} about gauge {}", PLACES[number % 7], number * 31)
}

fn date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn feed(name: &str, context: BodyContext<'_>) -> (String, usize) {
    let mut head = String::new();
    if let Some(hub) = context.hub {
        link(&mut head, "hub", hub);
    }
    let items = match name.split_once('=') {
        None if name == "hub" => {
            let host = context.host.replacen("site.", "hub.", 1);
            link(&mut head, "hub", &format!("http://{host}/"));
            link(&mut head, "self", &format!("http://{}/feed.xml", context.host));
            numbered(2, context)
        }
        None => plain(name, context),
        Some(("hub", rest)) => hub_and_image(&mut head, rest, context),
        Some(("ttl", minutes)) => {
            let _ = write!(head, "<ttl>{minutes}</ttl>");
            numbered(2, context)
        }
        Some(("sy", period)) => {
            let (period, frequency) = period.split_once('/').unwrap_or((period, "1"));
            let _ = write!(
                head,
                "<sy:updatePeriod>{period}</sy:updatePeriod><sy:updateFrequency>{frequency}</sy:updateFrequency>"
            );
            numbered(2, context)
        }
        Some(("skipHours", rule)) => {
            let kept = rule.trim_start_matches("all-but-");
            let hours = (0..24).map(|hour: u8| hour.to_string()).filter(|hour| hour != kept);
            let hours: String = hours.map(|hour| format!("<hour>{hour}</hour>")).collect();
            let _ = write!(head, "<skipHours>{hours}</skipHours>");
            numbered(2, context)
        }
        Some(("skipDays", days)) => {
            let days: String = days.split(',').map(|day| format!("<day>{day}</day>")).collect();
            let _ = write!(head, "<skipDays>{days}</skipDays>");
            numbered(2, context)
        }
        Some(("last-entry", age)) => {
            let mut items = numbered(2, context);
            for item in &mut items {
                item.date = Some(date(context.now + days(age)));
            }
            items
        }
        Some(("date", stated)) => {
            let mut only = item(1, context);
            only.date = Some(match stated.strip_suffix('d') {
                Some(number) if number.starts_with(['+', '-']) => date(context.now + days(stated)),
                _ => stated.to_owned(),
            });
            vec![only]
        }
        Some(_) => vec![described(name, context)],
    };
    let count = items.len();
    (rss(&head, &items), count)
}

/// Parses a number of days: `-400d`.
fn days(text: &str) -> SignedDuration {
    SignedDuration::from_hours(24 * text.trim_end_matches('d').parse::<i64>().unwrap())
}

fn numbered(count: usize, context: BodyContext<'_>) -> Vec<Item> {
    (1..=count).map(|number| item(number, context)).collect()
}

fn plain(name: &str, context: BodyContext<'_>) -> Vec<Item> {
    if let Some(more) = name.strip_prefix('+') {
        let more: usize = more.trim_end_matches("new").parse().unwrap();
        let mut items = numbered(context.before + more, context);
        for new in &mut items[context.before..] {
            new.date = Some(date(context.now));
        }
        return items;
    }
    match name {
        "relative-links" => {
            let mut items = numbered(2, context);
            for (number, item) in items.iter_mut().enumerate() {
                item.link = format!("item{}", number + 1);
            }
            items
        }
        "nodate" => vec![Item { date: None, ..item(1, context) }],
        "10-items-same-guid" => {
            let mut items = numbered(10, context);
            for item in &mut items {
                item.guid = Some("same".to_owned());
            }
            items
        }
        _ => {
            numbered(name.trim_end_matches("-cut").parse().unwrap_or_else(|_| panic!("feed:{name}")), context)
        }
    }
}

/// `guid=a,link=L`, `title=A`: one item with these parts.
fn described(name: &str, context: BodyContext<'_>) -> Item {
    let mut only = item(1, context);
    for (part, value) in name.split(',').filter_map(|part| part.split_once('=')) {
        match part {
            "guid" => only.guid = (value != "none").then(|| value.to_owned()),
            "title" => value.clone_into(&mut only.title),
            "link" => only.link = format!("http://{}/{value}", context.host),
            _ => panic!("feed:{name}"),
        }
    }
    only
}

fn hub_and_image(head: &mut String, rest: &str, context: BodyContext<'_>) -> Vec<Item> {
    let local = format!("127.0.0.1:{}", context.port);
    let (hub, image) = rest.split_once(",image=").unwrap_or((rest, ""));
    link(head, "hub", &hub.replace("127.0.0.1", &local));
    let image = image.replace("127.0.0.1", &local);
    let _ = write!(head, "<image><url>{image}</url></image>");
    let mut items = numbered(1, context);
    items[0].title = format!("{}</title><enclosure url='{image}' type='image/png'/><title>", items[0].title);
    items
}

fn link(head: &mut String, rel: &str, href: &str) {
    let _ = write!(head, "<atom:link rel='{rel}' href='{href}'/>");
}

fn rss(head: &str, items: &[Item]) -> String {
    let mut out = format!(
        "<?xml version='1.0'?><rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom' \
         xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>Gauges</title>{head}"
    );
    for Item { guid, link, title, date } in items {
        let _ = write!(out, "<item><title>{title}</title><link>{link}</link>");
        if let Some(guid) = guid {
            let _ = write!(out, "<guid isPermaLink='false'>{guid}</guid>");
        }
        if let Some(date) = date {
            let _ = write!(out, "<pubDate>{date}</pubDate>");
        }
        out.push_str(
            "<description>The keeper read the gauge at dawn and again at dusk.</description></item>",
        );
    }
    out.push_str("</channel></rss>");
    out
}
