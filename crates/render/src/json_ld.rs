//! Linked data for search engines (schema.org, JSON-LD 1.1), for the `script` element of a page.

use minijinja::Value;
use serde::Serialize;
use serde_json::json;

use crate::{
    RenderError,
    context::RenderContext,
    formatting::{rfc3339, title_of},
    index::time_of,
    route::{List, Route},
};

/// The site and the stories at the top of its front page.
pub(crate) fn front(context: &RenderContext, stories: &[usize]) -> Result<Value, RenderError> {
    let site = &context.snapshot.site;
    let search = format!("{}?q={{query}}", context.url(Route::Search));
    script(&json!({
        "@context": CONTEXT,
        "@graph": [
            {
                "@type": "WebSite",
                "name": site.title,
                "description": site.description,
                "url": context.url(Route::Page(List::Front, 0)),
                "inLanguage": site.language,
                "potentialAction": { "@type": "SearchAction", "target": search, "query-input": "required name=query" },
            },
            list_of(context, stories),
        ],
    }))
}

/// The stories of a list.
pub(crate) fn item_list(context: &RenderContext, stories: &[usize]) -> Result<Value, RenderError> {
    script(&ItemList { context: Some(CONTEXT), ..list_of(context, stories) })
}

/// A story's lead.
pub(crate) fn story(context: &RenderContext, at: usize) -> Result<Value, RenderError> {
    let snapshot = &context.snapshot;
    let view = &snapshot.stories[at];
    let lead = &snapshot.items[view.lead];
    let record = &lead.record;
    let image = record.images.first().and_then(|image| context.safe_image(&image.url));
    script(&NewsArticle {
        context: CONTEXT,
        kind: "NewsArticle",
        headline: title_of(record),
        main_entity_of_page: context.url(Route::Story(view.id)),
        date_published: rfc3339(time_of(lead, snapshot.taken)),
        url: record.web_url.as_deref().and_then(|url| context.safe_link(url)),
        description: record.excerpt.as_deref(),
        date_modified: record.updated_date_time.map(rfc3339),
        in_language: record.language.as_deref(),
        image: image.map(|image| [context.absolute_url(image)]),
        author: record.authors.iter().map(|name| Person { kind: "Person", name }).collect(),
        publisher: record.provider.as_ref().map(|provider| Organization {
            kind: "Organization",
            name: &provider.name,
            url: format!("https://{}/", provider.domain),
        }),
    })
}

const CONTEXT: &str = "https://schema.org";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewsArticle<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@type")]
    kind: &'static str,
    headline: &'a str,
    main_entity_of_page: String,
    date_published: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<[String; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<Person<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<Organization<'a>>,
}

#[derive(Serialize)]
struct Person<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct Organization<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    name: &'a str,
    url: String,
}

#[derive(Serialize)]
struct ItemList {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "itemListElement")]
    elements: Vec<ListItem>,
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    context: Option<&'static str>,
}

#[derive(Serialize)]
struct ListItem {
    #[serde(rename = "@type")]
    kind: &'static str,
    position: usize,
    url: String,
}

fn list_of(context: &RenderContext, stories: &[usize]) -> ItemList {
    let elements = stories.iter().enumerate().map(|(at, &story)| ListItem {
        kind: "ListItem",
        position: at + 1,
        url: context.url(Route::Story(context.snapshot.stories[story].id)),
    });
    ItemList { kind: "ItemList", elements: elements.collect(), context: None }
}

/// JSON that cannot end its `script` element (WHATWG HTML §4.12.1.3): `<` occurs only inside
/// strings, where it is written as an escape.
fn script(value: &impl Serialize) -> Result<Value, RenderError> {
    let json = serde_json::to_string(value)?;
    let json = if json.contains('<') { json.replace('<', "\\u003c") } else { json };
    Ok(Value::from_safe_string(json))
}
