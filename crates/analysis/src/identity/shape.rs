//! What the form of a URL tells: the home page, an AMP page, a page of a longer article.

use url::Url;

/// Whether a URL is a site's home page: no path, only a language, or an index file, and nothing in
/// the query that could identify an article.
pub(super) fn is_home(url: &Url) -> bool {
    let mut parts = path_parts(url).filter(|part| !is_index(part));
    let first_is_place = parts.next().is_none_or(is_language);
    let names_article = url.query().is_some_and(|query| {
        query
            .split('&')
            .any(|pair| pair.split_once('=').is_some_and(|(_, value)| value.len() > 1 || is_number(value)))
    });
    first_is_place && parts.next().is_none() && !names_article
}

/// Whether a URL has one of the usual forms of a publisher's AMP page.
pub(super) fn is_amp(url: &Url) -> bool {
    let amp_host = url.host_str().is_some_and(|host| host.starts_with("amp."));
    let amp_part =
        path_parts(url).any(|part| part == "amp" || part.split('.').skip(1).any(|ending| ending == "amp"));
    let amp_query = url.query().is_some_and(|query| {
        query.split('&').any(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name.to_ascii_lowercase().as_str() {
                "amp" | "_amp" => !matches!(value, "0" | "false"),
                "outputtype" | "output" | "view" | "variant" | "format" => value.eq_ignore_ascii_case("amp"),
                _ => false,
            }
        })
    });
    amp_host || amp_part || amp_query
}

/// The number of a later page of a list or of an article in several pages: `?page=2`, `/page/2/`,
/// `/slug/2/`.
pub(super) fn page_number(url: &Url) -> Option<u32> {
    let by_query = url.query().and_then(|query| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| matches!(name.to_ascii_lowercase().as_str(), "page" | "paged" | "pg" | "seite"))
            .and_then(|(_, value)| value.parse().ok())
    });
    by_query
        .or_else(|| {
            let parts: Vec<&str> = path_parts(url).collect();
            let [.., before, last] = parts.as_slice() else { return None };
            let number: u32 = last.parse().ok().filter(|_| last.len() <= 2)?;
            (matches!(*before, "page" | "seite" | "p") || words(before).len() > 2).then_some(number)
        })
        .filter(|number| *number > 1)
}

/// The words of the last part of the path with several words: those of the headline.
pub(super) fn slug_words(url: &Url) -> Vec<String> {
    let parts: Vec<&str> = path_parts(url).collect();
    parts.iter().rev().take(3).map(|part| words(part)).find(|words| words.len() > 2).unwrap_or_default()
}

/// Everything in path and query that looks like an article's number: five or more digits, or a long
/// hexadecimal name. Dates of eight digits don't count.
pub(super) fn ids(url: &Url) -> Vec<String> {
    let query = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(_, value)| value);
    path_parts(url)
        .flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()))
        .chain(query)
        .filter_map(id_of)
        .collect()
}

fn id_of(token: &str) -> Option<String> {
    let digits = token.trim_start_matches(|c: char| c.is_ascii_alphabetic() && token.len() < 20);
    let is_date = digits.len() == 8 && (digits.starts_with("19") || digits.starts_with("20"));
    let numeric = digits.len() >= 5 && is_number(digits) && !is_date;
    let hex = token.len() >= 8
        && token.bytes().all(|byte| byte.is_ascii_hexdigit())
        && token.bytes().any(|byte| byte.is_ascii_digit())
        && !is_date;
    if numeric {
        return Some(digits.to_owned());
    }
    hex.then(|| token.to_ascii_lowercase())
}

/// Whether a URL is below another: `/news/a-story` is below `/news/`.
pub(super) fn is_below(url: &Url, section: &Url) -> bool {
    let (mut below, mut above) = (path_parts(url), path_parts(section));
    loop {
        match (above.next(), below.next()) {
            (None, Some(_)) => return true,
            (Some(upper), Some(lower)) if upper == lower => {}
            _ => return false,
        }
    }
}

/// The non-empty parts of a path.
pub(super) fn path_parts(url: &Url) -> impl Iterator<Item = &str> {
    url.path().split('/').filter(|part| !part.is_empty())
}

fn words(part: &str) -> Vec<String> {
    let stem =
        part.rsplit_once('.').map_or(part, |(stem, ending)| if ending.len() <= 5 { stem } else { part });
    stem.split(['-', '_', '+', ' '])
        .filter(|word| !word.is_empty() && word.bytes().any(|byte| !byte.is_ascii_digit()))
        .map(str::to_lowercase)
        .collect()
}

fn is_index(part: &str) -> bool {
    part.split('.').next().is_some_and(|stem| matches!(stem, "index" | "default" | "home"))
}

fn is_language(part: &str) -> bool {
    let mut pieces = part.split(['-', '_']);
    let two = |piece: Option<&str>| {
        piece.is_none_or(|piece| piece.len() == 2 && piece.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    two(pieces.next()) && two(pieces.next()) && pieces.next().is_none()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn home_pages() {
        for home in [
            "https://a.example",
            "https://a.example/en-us/",
            "https://a.example/index.html",
            "https://a.example/?x",
        ] {
            assert!(is_home(&url(home)), "{home}");
        }
        for other in ["https://a.example/news", "https://a.example/?p=7", "https://a.example/en/x"] {
            assert!(!is_home(&url(other)), "{other}");
        }
    }

    #[test]
    fn amp_pages() {
        for amp in [
            "https://amp.a.example/x",
            "https://a.example/amp/x",
            "https://a.example/x/amp/",
            "https://a.example/x?amp=1",
            "https://a.example/x?amp",
            "https://a.example/x?outputType=amp",
            "https://a.example/x.amp.html",
        ] {
            assert!(is_amp(&url(amp)), "{amp}");
        }
        for other in
            ["https://a.example/amplifier", "https://a.example/x?amp=0", "https://a.example/guitar-amp"]
        {
            assert!(!is_amp(&url(other)), "{other}");
        }
    }

    #[test]
    fn later_pages() {
        for (address, page) in [
            ("https://a.example/x?page=2", Some(2)),
            ("https://a.example/x?page=1", None),
            ("https://a.example/news/page/3/", Some(3)),
            ("https://a.example/a-long-headline/2/", Some(2)),
            ("https://a.example/2024/11", None),
        ] {
            assert_eq!(page_number(&url(address)), page, "{address}");
        }
    }

    #[test]
    fn article_numbers() {
        assert_eq!(
            ids(&url("https://a.example/2024/05/some-story-383024/?id=77123&x=1")),
            ["383024", "77123"]
        );
        assert_eq!(ids(&url("https://a.example/20240501/idUSKBN2AB0XY/0a1b2c3d4e")), ["0a1b2c3d4e"]);
    }
}
