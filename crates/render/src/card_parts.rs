//! Parts of cards and article lines that many of them have in common: links to topics and providers,
//! kickers, and the attributes of a language. Their HTML is rendered once and kept.

use std::sync::Arc;

use courant_model::Record;
use minijinja::Value;

use crate::{
    RenderError,
    context::RenderContext,
    formatting::{is_right_to_left, is_segment},
    kept::ProviderLink,
    route::{List, Route},
    template_data::template_data,
};

/// Maximum number of topics in a kicker.
const MAX_KICKER_TOPICS: usize = 2;

template_data! {
    /// A name, and the page to which it links if there is one.
    struct NameLink {
        name,
        href,
    }
}

template_data! {
    struct Language {
        /// The language if it is not the site's.
        lang,
        rtl,
        /// The attributes for that as HTML, from `language.html`.
        attributes,
    }
}

template_data! {
    struct Kicker {
        kind,
        topics,
    }
}

/// The language of a record, as far as pages must name it.
pub(crate) fn language_of(context: &RenderContext, record: &Record) -> Result<Language, RenderError> {
    let language = record.language.as_deref();
    let lang =
        language.filter(|language| is_language(language) && *language != context.snapshot.site.language);
    let rtl = language.is_some_and(is_right_to_left);
    let data = || Language { lang: lang.into(), rtl: rtl.into(), attributes: "".into() };
    if lang.is_none() && !rtl {
        return Ok(data());
    }
    // The direction follows from the language; without `lang` it is the site's.
    let attributes = context
        .cache
        .language(lang.unwrap_or_default(), || context.templates.fragment("language.html", data().into()))?;
    Ok(Language { attributes, ..data() })
}

/// The kind and the first of these topics.
pub(crate) fn kicker(
    context: &RenderContext,
    kind: Option<&'static str>,
    topics: &[usize],
) -> Result<Value, RenderError> {
    let topics = &topics[..topics.len().min(MAX_KICKER_TOPICS)];
    context.cache.kicker(&(kind, topics.to_vec()), || {
        let kicker = Kicker { kind: kind.into(), topics: topic_links(context, topics) };
        context.templates.fragment("kicker.html", kicker.into())
    })
}

/// The positions in the taxonomy of the topics of a record that have a page.
pub(crate) fn topics_with_page(context: &RenderContext, record: &Record) -> Vec<usize> {
    record
        .topics
        .iter()
        .filter_map(|name| context.index.topic_names.get(name).copied())
        .filter(|&at| is_segment(&context.snapshot.topics[at].id))
        .collect()
}

/// The names and pages of topics.
pub(crate) fn topic_links(context: &RenderContext, topics: &[usize]) -> Value {
    let link = |&at: &usize| context.cache.topic_link(at, || topic_link(context, at).into());
    topics.iter().map(link).collect()
}

/// The name of a topic, and its page.
pub(crate) fn topic_link(context: &RenderContext, at: usize) -> NameLink {
    let topic = &context.snapshot.topics[at];
    NameLink { name: (&topic.name).into(), href: topic_page(context, at).into() }
}

/// The page of a topic, if its id can be part of a URL.
pub(crate) fn topic_page(context: &RenderContext, at: usize) -> Option<String> {
    let id = &context.snapshot.topics[at].id;
    is_segment(id).then(|| context.link(Route::Page(List::Topic(id), 0)))
}

/// The provider of a record.
pub(crate) fn provider_link(
    context: &RenderContext,
    record: &Record,
) -> Result<Option<Arc<ProviderLink>>, RenderError> {
    let Some(provider) = &record.provider else { return Ok(None) };
    let name = context.index.described.get(&provider.domain).unwrap_or(&provider.name);
    let link = context.cache.provider(&provider.domain, name, || {
        let page = is_segment(&provider.domain).then_some(List::Provider(&provider.domain));
        let link = || ProviderLink {
            name: if name.is_empty() { &provider.domain } else { name }.into(),
            href: page.map(|list| context.link(Route::Page(list, 0))).into(),
            ..ProviderLink::default()
        };
        Ok(ProviderLink { link: context.templates.fragment("provider_link.html", link().into())?, ..link() })
    })?;
    Ok(Some(link))
}

/// Whether a text is valid in a `lang` attribute.
fn is_language(text: &str) -> bool {
    (2..=35).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
