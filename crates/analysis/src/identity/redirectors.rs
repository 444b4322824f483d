//! Redirectors that carry their target in the URL, known without any rule file.
//!
//! According to the public behaviour of each service. Redirectors whose target only the service
//! knows (`t.co`, `bit.ly`) are not included, because following them takes a request.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    amp,
    query::value_of,
    target::{decode_base64, read_base64_target, read_target},
};

/// Where the target of a redirector is.
#[derive(Clone, Copy)]
enum Carrier {
    /// In the first of these parameters that contains a URL.
    Param(&'static [&'static str]),
    /// The whole query.
    Query,
    /// The part of the path after the redirector's own, percent-encoded.
    Part,
    /// The whole path after the redirector's own.
    Path,
    /// The last part of the path, in Base64.
    LastPartBase64,
    /// A Base64 JSON object in the path (or the payload of a signed token), with the target in this
    /// field.
    JsonField(&'static str),
}

/// A redirector: host (a leading dot includes all subdomains), beginning of the path, where the
/// target is.
struct Redirector(&'static str, &'static str, Carrier);

use Carrier::{JsonField, LastPartBase64, Param, Part, Path, Query};

#[rustfmt::skip]
const REDIRECTORS: &[Redirector] = &[
    // Social networks.
    Redirector(".facebook.com", "/l.php", Param(&["u"])),
    Redirector(".facebook.com", "/flx/warn/", Param(&["u"])),
    Redirector("l.instagram.com", "/", Param(&["u"])),
    Redirector("l.messenger.com", "/l.php", Param(&["u"])),
    Redirector("l.threads.net", "/", Param(&["u"])),
    Redirector("l.threads.com", "/", Param(&["u"])),
    Redirector("l.wl.co", "/l", Param(&["u"])),
    Redirector("out.reddit.com", "/", Param(&["url"])),
    Redirector("click.redditmail.com", "/CL0/", Part),
    Redirector("vk.com", "/away.php", Param(&["to"])),
    Redirector("t.umblr.com", "/redirect", Param(&["z"])),
    Redirector(".linkedin.com", "/redir/", Param(&["url"])),
    Redirector(".linkedin.com", "/safety/go", Param(&["url"])),
    Redirector(".youtube.com", "/redirect", Param(&["q"])),
    Redirector("twitter.com", "/i/redirect", Param(&["url"])),
    Redirector("x.com", "/i/redirect", Param(&["url"])),
    Redirector("steamcommunity.com", "/linkfilter/", Param(&["url", "u"])),
    Redirector("slack-redir.net", "/link", Param(&["url"])),
    Redirector("exit.sc", "/", Param(&["url"])),
    Redirector("gate.sc", "/", Param(&["url"])),
    // Search engines and readers.
    Redirector("duckduckgo.com", "/l/", Param(&["uddg"])),
    Redirector(".bing.com", "/news/apiclick.aspx", Param(&["url"])),
    Redirector("getpocket.com", "/redirect", Param(&["url"])),
    Redirector("flipboard.com", "/redirect", Param(&["url"])),
    Redirector("feeds.feedburner.com", "/~/t/", Path),
    Redirector("feedproxy.google.com", "/~/t/", Path),
    Redirector("feeds.feedblitz.com", "/~/t/", Path),
    Redirector("search.app", "/", Param(&["link"])),
    Redirector(".page.link", "/", Param(&["link", "ofl"])),
    Redirector("href.li", "/", Query),
    Redirector("anonym.to", "/", Query),
    Redirector("disq.us", "/", Param(&["url"])),
    Redirector("outgoing.prod.mozaws.net", "/v1/", LastPartBase64),
    // Mail protection.
    Redirector(".safelinks.protection.outlook.com", "/", Param(&["url"])),
    Redirector("urldefense.com", "/v3/__", Path),
    Redirector("urldefense.proofpoint.com", "/v1/url", Param(&["u"])),
    Redirector("linkprotect.cudasvc.com", "/url", Param(&["a"])),
    // Newsletters' click trackers.
    Redirector(".awstrack.me", "/L0/", Part),
    Redirector("tracking.tldrnewsletter.com", "/CL0/", Part),
    Redirector(".convertkit-mail.com", "/", LastPartBase64),
    Redirector(".convertkit-mail2.com", "/", LastPartBase64),
    Redirector(".convertkit-mail4.com", "/", LastPartBase64),
    Redirector("substack.com", "/redirect/2/", JsonField("e")),
    Redirector("e.customeriomail.com", "/e/c/", JsonField("href")),
    Redirector("lnks.gd", "/l/", JsonField("url")),
    Redirector("links-1.govdelivery.com", "/CL0/", Part),
    Redirector("links-2.govdelivery.com", "/CL0/", Part),
    Redirector("streaklinks.com", "/", Path),
    Redirector("app.hive.co", "/email/elt/", Param(&["next"])),
    // Affiliate networks.
    Redirector("go.skimresources.com", "/", Param(&["url"])),
    Redirector("go.redirectingat.com", "/", Param(&["url"])),
    Redirector("redirect.viglink.com", "/", Param(&["u", "out"])),
    Redirector(".awin1.com", "/", Param(&["ued", "p"])),
    Redirector("click.linksynergy.com", "/", Param(&["murl", "RD_PARM1"])),
    Redirector(".anrdoezrs.net", "/", Param(&["url"])),
    Redirector(".dpbolvw.net", "/", Param(&["url"])),
    Redirector(".jdoqocy.com", "/", Param(&["url"])),
    Redirector(".tkqlhce.com", "/", Param(&["url"])),
    Redirector("shareasale.com", "/r.cfm", Param(&["urllink"])),
];

/// The target of a known redirector and the redirector's name, or `None` if the URL is not a
/// redirector.
pub(super) fn unwrap(url: &Url) -> Option<(Url, String)> {
    let host = url.host_str()?;
    let target = google(url, host).or_else(|| {
        amp::cached_source(url)
            .or_else(|| yandex_turbo(url, host))
            .or_else(|| bing_viewer(url, host))
            .or_else(|| bing_click(url, host))
            .or_else(|| yahoo_click(url, host))
            .or_else(|| proofpoint_v2(url, host))
            .or_else(|| listed(url, host))
    })?;
    Some((target, host.to_owned()))
}

fn listed(url: &Url, host: &str) -> Option<Url> {
    let bare = host.strip_prefix("www.").unwrap_or(host);
    REDIRECTORS
        .iter()
        .filter(|Redirector(at, path, _)| is_host(bare, at) && url.path().starts_with(path))
        .find_map(|Redirector(_, path, carrier)| carried(url, &url.path()[path.len()..], *carrier))
}

fn is_host(host: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('.') {
        Some(site) => {
            host.strip_suffix(site).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        }
        None => host == pattern,
    }
}

fn carried(url: &Url, rest: &str, carrier: Carrier) -> Option<Url> {
    match carrier {
        Param(names) => names.iter().find_map(|name| read_target(&value_of(url, name)?, None)),
        Query => read_target(url.query()?, None),
        Part => read_target(rest.split('/').next()?, None),
        Path => read_target(&embedded_url(url, rest)?, None),
        LastPartBase64 => read_base64_target(rest.rsplit('/').find(|part| !part.is_empty())?),
        JsonField(field) => rest.split(['/', '.']).take(8).find_map(|part| json_target(part, field)),
    }
}

/// The URL inside a path (`…/~https://a.example/x`, `…/__https:/a.example/x__;…`) with the query
/// that belongs to it.
fn embedded_url(url: &Url, rest: &str) -> Option<String> {
    let decoded = percent_decode_str(rest).decode_utf8().ok()?;
    let start = decoded.find("https:/").or_else(|| decoded.find("http:/"))?;
    let (scheme, tail) = decoded[start..].split_once(':')?;
    let mut embedded = format!("{scheme}://{}", tail.trim_start_matches('/'));
    if let Some(query) = url.query() {
        embedded.push('?');
        embedded.push_str(query);
    }
    if let Some(end) = embedded.find("__;") {
        embedded.truncate(end);
    }
    Some(embedded)
}

fn json_target(part: &str, field: &str) -> Option<Url> {
    let value: serde_json::Value = serde_json::from_slice(&decode_base64(part)?).ok()?;
    read_target(value.get(field)?.as_str()?, None)
}

/// Google: search results and alerts (`/url`), the AMP viewer (`/amp/`), and Google News articles
/// whose identifier contains the URL.
fn google(url: &Url, host: &str) -> Option<Url> {
    if !is_google(host) {
        return None;
    }
    let path = url.path();
    if path == "/url" || path == "/imgres" {
        return ["url", "q", "imgrefurl"].iter().find_map(|name| read_target(&value_of(url, name)?, None));
    }
    if let Some(rest) = path.strip_prefix("/amp/") {
        return viewed(url, rest);
    }
    let id = ["/rss/articles/", "/articles/", "/read/", "/__i/rss/rd/articles/"]
        .iter()
        .find_map(|start| path.strip_prefix(start))?;
    google_news(id)
}

/// `google.TLD` with any subdomain, where TLD is a known public suffix.
fn is_google(host: &str) -> bool {
    let Some(rest) =
        host.strip_prefix("google.").or_else(|| host.split_once(".google.").map(|(_, rest)| rest))
    else {
        return false;
    };
    psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix == rest)
}

/// The page behind a viewer's `[s/]HOST/PATH`. Viewers put the publisher's query into the path,
/// encoded.
fn viewed(url: &Url, rest: &str) -> Option<Url> {
    let (scheme, rest) = rest.strip_prefix("s/").map_or(("http", rest), |rest| ("https", rest));
    let has_host = rest.split(['/', '%']).next().is_some_and(|host| host.contains('.'));
    if !has_host {
        return None;
    }
    let rest = rest.replacen("%3F", "?", 1);
    let rest = if rest.contains('?') { rest } else { rest.replacen("%3f", "?", 1) };
    let (path, inner) =
        rest.split_once('?').map_or((rest.as_str(), None), |(path, query)| (path, Some(query)));
    let mut target = read_target(&format!("{scheme}://{path}"), None)?;
    let inner = inner.map(|query| query.replace("%3D", "=").replace("%3d", "=").replace("%26", "&"));
    let query: Vec<&str> =
        inner.as_deref().into_iter().chain(url.query()).filter(|query| !query.is_empty()).collect();
    target.set_query(Some(query.join("&").as_str()).filter(|query| !query.is_empty()));
    Some(amp::strip_params(&target))
}

/// Identifiers of the first format are a protocol buffer with the URL as its field 4 (tag 0x22).
fn google_news(id: &str) -> Option<Url> {
    let bytes = decode_base64(id.split('/').next()?)?;
    let at = bytes.windows(2).position(|pair| pair == [0x08, 0x13])? + 2;
    let [0x22, rest @ ..] = bytes.get(at..)? else { return None };
    let (length, rest) = varint(rest)?;
    read_target(std::str::from_utf8(rest.get(..length)?).ok()?, None)
}

/// A length of at most two bytes in a protocol buffer, and what follows it.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [low, rest @ ..] if low & 0x80 == 0 => Some((usize::from(*low), rest)),
        [low, high, rest @ ..] if high & 0x80 == 0 => {
            Some((usize::from(low & 0x7f) | usize::from(*high) << 7, rest))
        }
        _ => None,
    }
}

/// Yandex Turbo: `yandex.ru/turbo[/s]/HOST/PATH`, `HOST.turbopages.org/HOST/s/PATH`.
fn yandex_turbo(url: &Url, host: &str) -> Option<Url> {
    if host == "turbopages.org" || host.ends_with(".turbopages.org") {
        let (site, path) = url.path().strip_prefix('/')?.split_once("/s/")?;
        return read_target(&format!("https://{site}/{path}"), None);
    }
    if !matches!(host.strip_prefix("www.").unwrap_or(host), "yandex.ru" | "yandex.com" | "ya.ru") {
        return None;
    }
    let rest = url.path().strip_prefix("/turbo/")?;
    if let Some((site, path)) = rest.split_once("/s/") {
        return read_target(&format!("https://{site}/{path}"), None);
    }
    viewed(url, rest)
}

/// Bing's AMP viewer: `/amp/[s/]HOST/PATH`.
fn bing_viewer(url: &Url, host: &str) -> Option<Url> {
    viewed(url, url.path().strip_prefix("/amp/").filter(|_| is_host(host, ".bing.com"))?)
}

/// Bing: `/ck/a?u=a1BASE64`.
fn bing_click(url: &Url, host: &str) -> Option<Url> {
    let is_click = is_host(host, ".bing.com") && url.path().starts_with("/ck/");
    read_base64_target(value_of(url, "u").filter(|_| is_click)?.strip_prefix("a1")?)
}

/// Yahoo: `r.search.yahoo.com/…/RU=TARGET/RK=…`.
fn yahoo_click(url: &Url, host: &str) -> Option<Url> {
    let is_click = host == "r.search.yahoo.com" || host.ends_with(".r.search.yahoo.com");
    read_target(url.path().split('/').filter(|_| is_click).find_map(|part| part.strip_prefix("RU="))?, None)
}

/// Proofpoint's second format writes `-` for `%` and `_` for `/`.
fn proofpoint_v2(url: &Url, host: &str) -> Option<Url> {
    let is_second = host == "urldefense.proofpoint.com" && url.path() == "/v2/url";
    read_target(&value_of(url, "u").filter(|_| is_second)?.replace('-', "%").replace('_', "/"), None)
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;

    use super::*;

    fn target(text: &str) -> Option<String> {
        unwrap(&Url::parse(text).unwrap()).map(|(url, _)| url.to_string())
    }

    #[test]
    fn known_redirectors_give_their_target() {
        let plain = "https://a.example/x?y=1";
        let json = BASE64URL_NOPAD
            .encode(format!(r#"{{"e":"{plain}","href":"{plain}","url":"{plain}"}}"#).as_bytes());
        let base64 = BASE64URL_NOPAD.encode(plain.as_bytes());
        let mut news = vec![0x08, 0x13, 0x22, plain.len() as u8];
        news.extend_from_slice(plain.as_bytes());
        news.extend_from_slice(&[0xd2, 0x01, 0x00]);
        let news = BASE64URL_NOPAD.encode(&news);
        let coded = "https%3A%2F%2Fa.example%2Fx%3Fy%3D1";
        for redirector in [
            format!("https://www.google.com/url?rct=j&sa=t&url={coded}&ct=ga"),
            format!("https://www.google.co.uk/url?q={coded}&sa=U"),
            format!("https://news.google.com/rss/articles/{news}?oc=5"),
            "https://www.google.de/amp/s/a.example/x%3fy=1".to_owned(),
            "https://www.google.com/amp/s/a.example/x%3Fy%3D1".to_owned(),
            "https://www.google.com/amp/s/a.example/x?y=1&usqp=mq331".to_owned(),
            "https://www.bing.com/amp/s/a.example/x?y=1".to_owned(),
            "https://a-example.cdn.ampproject.org/c/s/a.example/x?y=1&amp_js_v=0.1".to_owned(),
            format!("https://l.facebook.com/l.php?u={coded}&h=AT0"),
            format!("https://eur02.safelinks.protection.outlook.com/?url={coded}&data=05"),
            "https://urldefense.com/v3/__https://a.example/x?y=1__;!!abc".to_owned(),
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__a.example_x-3Fy-3D1&d=Dw".to_owned(),
            "https://feeds.feedburner.com/~/t/0/0/name/~https://a.example/x?y=1".to_owned(),
            format!("https://substack.com/redirect/2/{json}?r=1"),
            format!("https://e.customeriomail.com/e/c/{json}/abc"),
            format!("https://lnks.gd/l/head.{json}.sign"),
            format!("https://abc.convertkit-mail.com/c/123/456/{base64}"),
            format!("https://abc.r.us-east-1.awstrack.me/L0/{coded}/1/0100"),
            format!("https://www.bing.com/ck/a?!&p=1&u=a1{base64}&ntb=1"),
            format!("https://r.search.yahoo.com/_ylt=1/RE=2/RO=10/RU={coded}/RK=2/RS=3"),
            format!("https://href.li/?{plain}"),
            "https://yandex.ru/turbo/a.example/s/x?y=1".to_owned(),
        ] {
            let expected = if redirector.contains("turbo/") { "https://a.example/x" } else { plain };
            assert_eq!(target(&redirector).as_deref(), Some(expected), "{redirector}");
        }
    }

    #[test]
    fn other_urls_are_unchanged() {
        for embedded in [
            "https://google.example/url?q=https://a.example/",
            "https://www.google.com/url?q=notanaddress",
            "https://www.google.com/search?q=https://a.example/",
            "https://news.google.com/rss/articles/CBMiABC",
            "https://facebook.com/desk/posts/1?u=https://a.example/",
            "https://notfacebook.com/l.php?u=https://a.example/",
            "https://a.example/redirect?url=https://b.example/",
            "https://l.facebook.com/l.php?u=javascript%3Aalert(1)",
        ] {
            assert_eq!(target(embedded), None, "{embedded}");
        }
    }
}
