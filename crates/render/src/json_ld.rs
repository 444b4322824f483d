//! Linked data for search engines (schema.org, JSON-LD 1.1) that pages carry in a `script` element.

use serde_json::{Value, json};

use crate::{
    Publication, RenderError,
    card::title_of,
    feeds::absolute,
    index::time_of,
    route::{List, Route},
    words::{rfc3339, safe_image, safe_link},
};

/// The site and the stories at the top of its front page.
pub(crate) fn front(publication: &Publication, stories: &[usize]) -> Result<String, RenderError> {
    let site = &publication.snapshot.site;
    let search = format!("{}?q={{query}}", publication.address(Route::Search));
    script(&json!({
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "WebSite",
                "name": site.title,
                "description": site.description,
                "url": publication.address(Route::Page(List::Front, 0)),
                "inLanguage": site.language,
                "potentialAction": { "@type": "SearchAction", "target": search, "query-input": "required name=query" },
            },
            list_of(publication, stories),
        ],
    }))
}

/// The stories of a list.
pub(crate) fn item_list(publication: &Publication, stories: &[usize]) -> Result<String, RenderError> {
    let mut list = list_of(publication, stories);
    list["@context"] = "https://schema.org".into();
    script(&list)
}

/// A story's lead.
pub(crate) fn story(publication: &Publication, at: usize) -> Result<String, RenderError> {
    let snapshot = &publication.snapshot;
    let view = &snapshot.stories[at];
    let lead = &snapshot.items[view.lead];
    let record = &lead.record;
    let page = publication.address(Route::Story(view.id));
    let mut article = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title_of(record),
        "mainEntityOfPage": page,
        "datePublished": rfc3339(time_of(lead, snapshot.taken)),
    });
    let mut set = |name: &str, value: Value| article[name] = value;
    if let Some(url) = record.web_url.as_deref().and_then(safe_link) {
        set("url", url.into());
    }
    if let Some(excerpt) = &record.excerpt {
        set("description", excerpt.as_str().into());
    }
    if let Some(updated) = record.updated_date_time {
        set("dateModified", rfc3339(updated).into());
    }
    if let Some(language) = &record.language {
        set("inLanguage", language.as_str().into());
    }
    let picture = record.images.first().and_then(|image| safe_image(&image.url, &publication.root));
    if let Some(picture) = picture {
        set("image", json!([absolute(publication, picture)]));
    }
    if !record.authors.is_empty() {
        let people = record.authors.iter().map(|name| json!({ "@type": "Person", "name": name }));
        set("author", people.collect());
    }
    if let Some(provider) = &record.provider {
        set(
            "publisher",
            json!({ "@type": "Organization", "name": provider.name, "url": format!("https://{}/", provider.domain) }),
        );
    }
    script(&article)
}

fn list_of(publication: &Publication, stories: &[usize]) -> Value {
    let elements = stories.iter().enumerate().map(|(at, &story)| {
        let view = &publication.snapshot.stories[story];
        json!({
            "@type": "ListItem",
            "position": at + 1,
            "url": publication.address(Route::Story(view.id)),
        })
    });
    json!({ "@type": "ItemList", "itemListElement": elements.collect::<Value>() })
}

/// JSON that cannot end the `script` element in which it stands (WHATWG HTML §4.12.1.3): `<` only ever occurs
/// inside strings, where it can be written as an escape.
fn script(value: &Value) -> Result<String, RenderError> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}
