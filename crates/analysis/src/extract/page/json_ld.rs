//! Linked data of a page (JSON-LD with the schema.org vocabulary), read tolerantly and within
//! limits.
//!
//! About 98 % of the blocks on news pages are strict JSON; the others have raw line breaks inside
//! strings, superfluous commas, comment wrappers, or several values in one block. Nothing is
//! resolved over the network and no context is applied: property names are taken literally.

use regex::Regex;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::sync::LazyLock;

use crate::extract::text::plain_text;

/// Maximum number of values visited in all blocks together.
const MAX_VALUES: usize = 20_000;
/// Maximum number of objects of interest that are kept.
const MAX_OBJECTS: usize = 400;

/// One person or organisation, named as author or publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::extract) struct Party {
    pub(in crate::extract) name: String,
    pub(in crate::extract) organisation: bool,
}

/// What the linked data states about the page's article.
#[derive(Debug, Default)]
pub(in crate::extract) struct LinkedData {
    /// Every type at the top of a block, in a graph or as main entity, without prefix.
    pub(in crate::extract) types: Vec<String>,
    /// The type of the object that the fields below come from; `None` if no article is described.
    pub(in crate::extract) article_type: Option<String>,
    pub(in crate::extract) headline: Option<String>,
    pub(in crate::extract) description: Option<String>,
    pub(in crate::extract) body: Option<String>,
    pub(in crate::extract) authors: Vec<Party>,
    pub(in crate::extract) published: Option<String>,
    pub(in crate::extract) modified: Option<String>,
    /// Dates of the web page object, less reliable than the article's.
    pub(in crate::extract) page_published: Option<String>,
    pub(in crate::extract) page_modified: Option<String>,
    pub(in crate::extract) url: Option<String>,
    pub(in crate::extract) images: Vec<LinkedImage>,
    pub(in crate::extract) site_name: Option<String>,
    pub(in crate::extract) publisher: Option<String>,
    pub(in crate::extract) section: Option<String>,
    pub(in crate::extract) keywords: Vec<String>,
    pub(in crate::extract) language: Option<String>,
    pub(in crate::extract) free: Option<bool>,
    /// URL of the embed or player of the first video or audio object.
    pub(in crate::extract) embed: Option<String>,
}

/// An image of the linked data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::extract) struct LinkedImage {
    pub(in crate::extract) url: String,
    pub(in crate::extract) width: Option<u32>,
    pub(in crate::extract) height: Option<u32>,
    pub(in crate::extract) caption: Option<String>,
}

/// Reads all blocks of a page. `is_page_itself` tells whether a URL is the page's own: this selects
/// the article among several.
pub(in crate::extract) fn read(blocks: &[String], is_page_itself: impl Fn(&str) -> bool) -> LinkedData {
    let values: Vec<Value> = blocks.iter().flat_map(|block| parse(block)).collect();
    let graph = Graph::of(&values);
    let mut data = LinkedData::default();
    for object in &graph.top {
        data.types.extend(types(object).map(str::to_owned));
    }
    let articles = || graph.top.iter().copied().filter(|object| types(object).any(is_article));
    let chosen = articles()
        .find(|object| page_url(object, &graph).is_some_and(|url| is_page_itself(&url)))
        .or_else(|| articles().find(|object| object.contains_key("datePublished")))
        .or_else(|| articles().next());
    if let Some(article) = chosen {
        data.article_type = types(article).find(|kind| is_article(kind)).map(str::to_owned);
        data.take_article(article, &graph);
    }
    let videos = || graph.top.iter().copied().filter(|object| types(object).any(is_media));
    if let Some(video) = videos().next() {
        data.embed = string(video, "embedUrl").or_else(|| string(video, "contentUrl"));
        if chosen.is_none() {
            data.take_article(video, &graph);
            // A page may show a video that is much older than the text around it.
            data.page_published = string(video, "uploadDate");
            data.headline = data.headline.or_else(|| text(video, "name"));
        }
    }
    for page in graph.top.iter().copied().filter(|object| types(object).any(|kind| kind.ends_with("Page"))) {
        data.page_published = data.page_published.or_else(|| string(page, "datePublished"));
        data.page_modified = data.page_modified.or_else(|| string(page, "dateModified"));
        data.description = data.description.or_else(|| text(page, "description"));
        data.language = data.language.or_else(|| string(page, "inLanguage"));
        data.free = data.free.or_else(|| flag(page, "isAccessibleForFree"));
        if data.authors.is_empty() {
            data.authors = parties(page, "author", &graph);
        }
        if data.images.is_empty() {
            data.images = images(page, &graph);
        }
    }
    data.site_name = graph
        .top
        .iter()
        .copied()
        .find(|object| types(object).any(|kind| kind == "WebSite"))
        .and_then(|site| text(site, "name"));
    if values.is_empty() {
        data.salvage(blocks);
    }
    data
}

impl LinkedData {
    fn take_article(&mut self, article: &Map<String, Value>, graph: &Graph<'_>) {
        self.headline = text(article, "headline").or_else(|| text(article, "name"));
        self.description = text(article, "description");
        self.body = string(article, "articleBody");
        self.authors = parties(article, "author", graph);
        if self.authors.is_empty() {
            self.authors = parties(article, "creator", graph);
        }
        self.published = string(article, "datePublished").or_else(|| string(article, "dateCreated"));
        self.modified = string(article, "dateModified");
        self.url = page_url(article, graph);
        self.images = images(article, graph);
        self.publisher = parties(article, "publisher", graph).into_iter().next().map(|party| party.name);
        self.section = list(article, "articleSection").into_iter().next();
        self.keywords = list(article, "keywords");
        self.language = string(article, "inLanguage");
        self.free = flag(article, "isAccessibleForFree");
    }

    /// Reads the plain fields by name if no block can be parsed as JSON.
    fn salvage(&mut self, blocks: &[String]) {
        static FIELD: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(
                r#""(headline|datePublished|dateModified|description)"\s*:\s*"((?:[^"\\\n]|\\.){1,1000})""#,
            )
            .expect("the pattern is a constant")
        });
        for captures in blocks.iter().flat_map(|block| FIELD.captures_iter(block)).take(50) {
            let value = plain_text(&captures[2].replace("\\\"", "\"").replace("\\/", "/"));
            let slot = match &captures[1] {
                "headline" => &mut self.headline,
                "datePublished" => &mut self.published,
                "dateModified" => &mut self.modified,
                _ => &mut self.description,
            };
            slot.get_or_insert(value);
        }
    }
}

/// The values of one block. A block that can't be parsed is parsed again after the usual errors are
/// repaired.
fn parse(block: &str) -> Vec<Value> {
    let block = block.trim().trim_start_matches('\u{feff}');
    if let Ok(value) = serde_json::from_str(block) {
        return vec![value];
    }
    let repaired = repaired(block);
    serde_json::Deserializer::from_str(&repaired)
        .into_iter::<Value>()
        .map_while(Result::ok)
        .take(50)
        .collect()
}

/// The block without wrappers, with control characters in strings as spaces, without commas before
/// a closing bracket, and with unknown escapes unescaped.
fn repaired(block: &str) -> String {
    let start = block.find(['{', '[']).unwrap_or(block.len());
    let mut out = String::with_capacity(block.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in block[start..].chars() {
        if in_string {
            if escaped {
                escaped = false;
                if matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                    out.push('\\');
                }
                out.push(if c.is_control() { ' ' } else { c });
                continue;
            }
            match c {
                '\\' => escaped = true,
                '"' => {
                    in_string = false;
                    out.push(c);
                }
                c if c.is_control() => out.push(' '),
                c => out.push(c),
            }
            continue;
        }
        match c {
            '"' => in_string = true,
            '}' | ']' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
            }
            ';' => continue,
            _ => {}
        }
        out.push(c);
    }
    out
}

/// The objects of all blocks, and those that can be referred to by `@id`.
struct Graph<'a> {
    top: Vec<&'a Map<String, Value>>,
    by_id: FxHashMap<&'a str, &'a Map<String, Value>>,
}

impl<'a> Graph<'a> {
    fn of(values: &'a [Value]) -> Self {
        let mut graph = Self { top: Vec::new(), by_id: FxHashMap::default() };
        // Each value, and whether it is at a level where the page itself is described.
        let mut pending: Vec<(&Value, bool)> = values.iter().rev().map(|value| (value, true)).collect();
        let mut visited = 0;
        while let Some((value, top)) = pending.pop() {
            visited += 1;
            if visited > MAX_VALUES {
                break;
            }
            match value {
                Value::Array(items) => pending.extend(items.iter().rev().map(|item| (item, top))),
                Value::Object(object) => graph.take(object, top, &mut pending),
                _ => {}
            }
        }
        graph
    }

    fn take(&mut self, object: &'a Map<String, Value>, top: bool, pending: &mut Vec<(&'a Value, bool)>) {
        if let Some(id) = object.get("@id").and_then(Value::as_str)
            && object.len() > 1
        {
            self.by_id.entry(id).or_insert(object);
        }
        if top && self.top.len() < MAX_OBJECTS && types(object).next().is_some() {
            self.top.push(object);
        }
        for (key, value) in object.iter().rev() {
            let inner_top = top
                && matches!(key.as_str(), "@graph" | "mainEntity" | "mainEntityOfPage" | "video" | "audio");
            if value.is_object() || value.is_array() {
                pending.push((value, inner_top));
            }
        }
    }
}

fn types(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let kinds: Vec<&str> = match object.get("@type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).take(8).collect(),
        _ => Vec::new(),
    };
    kinds.into_iter().map(|kind| kind.rsplit(['/', '#', ':']).next().unwrap_or(kind))
}

fn is_article(kind: &str) -> bool {
    kind.ends_with("Article")
        || matches!(
            kind,
            "BlogPosting" | "LiveBlogPosting" | "SocialMediaPosting" | "Report" | "Recipe" | "Review"
        )
}

fn is_media(kind: &str) -> bool {
    matches!(kind, "VideoObject" | "AudioObject" | "PodcastEpisode" | "RadioEpisode" | "Movie" | "TVEpisode")
}

fn string(object: &Map<String, Value>, key: &str) -> Option<String> {
    let value = match object.get(key)? {
        Value::String(value) => value.trim().to_owned(),
        Value::Array(items) => items.iter().find_map(Value::as_str)?.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Object(inner) => {
            inner.get("@value").or_else(|| inner.get("name")).and_then(Value::as_str)?.trim().to_owned()
        }
        _ => return None,
    };
    (!value.is_empty()).then_some(value)
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    string(object, key).map(|value| plain_text(&value)).filter(|value| !value.is_empty())
}

fn flag(object: &Map<String, Value>, key: &str) -> Option<bool> {
    match object.get(key)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            word if word.ends_with("/true") => Some(true),
            word if word.ends_with("/false") => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn list(object: &Map<String, Value>, key: &str) -> Vec<String> {
    let parts: Vec<String> = match object.get(key) {
        Some(Value::String(words)) => words.split([',', ';']).map(plain_text).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .take(60)
            .filter_map(|item| {
                item.as_str()
                    .map(plain_text)
                    .or_else(|| item.as_object().and_then(|inner| text(inner, "name")))
            })
            .collect(),
        _ => Vec::new(),
    };
    parts.into_iter().filter(|part| !part.is_empty()).take(60).collect()
}

fn page_url(object: &Map<String, Value>, graph: &Graph<'_>) -> Option<String> {
    let main = match object.get("mainEntityOfPage") {
        Some(Value::String(url)) => Some(url.clone()),
        Some(Value::Object(page)) => {
            let resolved = page.get("@id").and_then(Value::as_str).and_then(|id| graph.by_id.get(id));
            resolved
                .and_then(|page| string(page, "url"))
                .or_else(|| string(page, "url"))
                .or_else(|| string(page, "@id"))
        }
        _ => None,
    };
    main.filter(|url| url.contains('/') && url.len() > 1).or_else(|| string(object, "url"))
}

fn parties(object: &Map<String, Value>, key: &str, graph: &Graph<'_>) -> Vec<Party> {
    let one = |value: &Value| -> Option<Party> {
        match value {
            Value::String(name) => Some(Party { name: plain_text(name), organisation: false }),
            Value::Object(inner) => {
                let id = inner.get("@id").and_then(Value::as_str);
                let whole =
                    id.filter(|_| !inner.contains_key("name")).and_then(|id| graph.by_id.get(id).copied());
                let inner = whole.unwrap_or(inner);
                let name = match inner.get("name") {
                    Some(Value::Object(deeper)) => text(deeper, "name")?,
                    _ => text(inner, "name")?,
                };
                let organisation = types(inner).any(|kind| kind.ends_with("Organization"));
                Some(Party { name, organisation })
            }
            _ => None,
        }
    };
    let people: Vec<Party> = match object.get(key) {
        Some(Value::Array(items)) => items.iter().take(20).filter_map(one).collect(),
        // `"name": ["A", "B"]` in one person is a list of people.
        Some(Value::Object(inner)) if inner.get("name").is_some_and(Value::is_array) => {
            list(inner, "name").into_iter().map(|name| Party { name, organisation: false }).collect()
        }
        Some(value) => one(value).into_iter().collect(),
        None => Vec::new(),
    };
    people.into_iter().filter(|party| !party.name.is_empty()).collect()
}

fn images(object: &Map<String, Value>, graph: &Graph<'_>) -> Vec<LinkedImage> {
    let number = |object: &Map<String, Value>, key: &str| -> Option<u32> {
        match object.get(key)? {
            Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            Value::String(digits) => digits.trim().trim_end_matches("px").parse().ok(),
            Value::Object(quantity) => {
                quantity.get("value")?.as_u64().and_then(|number| u32::try_from(number).ok())
            }
            _ => None,
        }
        .filter(|pixels| *pixels > 0)
    };
    let one = |value: &Value| -> Option<LinkedImage> {
        match value {
            Value::String(url) => {
                Some(LinkedImage { url: url.trim().to_owned(), width: None, height: None, caption: None })
            }
            Value::Object(inner) => {
                let id = inner.get("@id").and_then(Value::as_str);
                let inner = id
                    .filter(|_| inner.len() <= 2)
                    .and_then(|id| graph.by_id.get(id).copied())
                    .unwrap_or(inner);
                Some(LinkedImage {
                    url: string(inner, "url").or_else(|| string(inner, "contentUrl"))?,
                    width: number(inner, "width"),
                    height: number(inner, "height"),
                    caption: text(inner, "caption"),
                })
            }
            _ => None,
        }
    };
    match object
        .get("image")
        .or_else(|| object.get("primaryImageOfPage"))
        .or_else(|| object.get("thumbnailUrl"))
    {
        Some(Value::Array(items)) => items.iter().take(20).filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(block: &str) -> LinkedData {
        read(&[block.to_owned()], |url| url.ends_with("/this"))
    }

    #[test]
    fn a_graph_with_references_is_followed() {
        let data = read_one(
            r##"{"@context":"https://schema.org","@graph":[
            {"@type":"WebSite","name":"The Harbour"},
            {"@type":["Article","NewsArticle"],"headline":"Quay &amp; crane","author":{"@id":"#mo"},"datePublished":"2026-01-02T03:04:05Z",
             "mainEntityOfPage":{"@id":"https://a.example/this"},"image":{"@id":"#img"},"keywords":"port, ships","isAccessibleForFree":"False"},
            {"@type":"Person","@id":"#mo","name":"Mo Ferry"},
            {"@type":"ImageObject","@id":"#img","url":"https://a.example/q.jpg","width":1200,"height":"630"}]}"##,
        );
        assert_eq!(data.headline.as_deref(), Some("Quay & crane"));
        assert_eq!(data.authors, [Party { name: "Mo Ferry".into(), organisation: false }]);
        assert_eq!(data.url.as_deref(), Some("https://a.example/this"));
        assert_eq!((data.images[0].width, data.images[0].height), (Some(1200), Some(630)));
        assert_eq!(
            (data.keywords.len(), data.free, data.site_name.as_deref()),
            (2, Some(false), Some("The Harbour"))
        );
    }

    #[test]
    fn the_article_of_this_page_is_chosen_among_several() {
        let data = read_one(
            r#"[{"@type":"NewsArticle","headline":"Other","url":"https://a.example/other","datePublished":"2020-01-01"},
                {"@type":"NewsArticle","headline":"This","url":"https://a.example/this"}]"#,
        );
        assert_eq!(data.headline.as_deref(), Some("This"));
    }

    #[test]
    fn articles_in_lists_and_comments_are_not_the_page() {
        let data = read_one(
            r#"{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"Listed"}],"comment":{"@type":"Article","name":"c"}}"#,
        );
        assert_eq!((data.headline, data.types), (None, vec!["ItemList".to_owned()]));
    }

    #[test]
    fn broken_json_is_repaired() {
        for block in [
            "<!-- {\"@type\":\"Article\",\"headline\":\"A\nB\",} -->",
            "//<![CDATA[\n{\"@type\":\"Article\",\"headline\":\"A\tB\"}\n//]]>",
            "{\"@type\":\"Article\",\"headline\":\"A B\"};",
            "{\"@type\":\"Article\",\"headline\":\"A B\", \"author\": [{\"name\":\"x\",},],}",
            "{\"@type\":\"Article\",\"headline\":\"A B\",\"description\":\"don\\'t\"}",
            "{\"@type\":\"Article\",\"headline\":\"A B\", \"author\": ",
        ] {
            assert_eq!(read_one(block).headline.as_deref(), Some("A B"), "{block}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read_one(&deep).headline.is_none());
        let wide = format!("[{}1]", "{\"@type\":\"Thing\"},".repeat(100_000));
        assert!(read_one(&wide).types.len() <= MAX_OBJECTS);
    }
}
