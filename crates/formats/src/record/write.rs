//! Writes a record as front matter, in the layout of the files that publications already have.

use std::borrow::Cow;

use courant_model::{Image, Provider, Record, Related, Timestamp, Value};

use crate::yaml::{Emitter, Styled};

type Fields<'a> = Vec<(Cow<'a, str>, Styled<'a>)>;

/// The file of a record: the same record always gives the same bytes, and reading them gives the
/// record.
///
/// Titles, excerpts, URLs, embeds and `secured` are written in double quotes; names of providers
/// and topics only if they need them. Lists, maps, the embed and `secured` are set off by empty
/// lines.
pub fn write(record: &Record) -> String {
    let mut emitter = Emitter { out: "---\n".to_owned() };
    let mut after_list = false;
    let mut after_apart = false;
    for (position, (name, value)) in fields(record).into_iter().enumerate() {
        let apart = value.is_block() || matches!(&*name, "featuredContent" | "secured");
        if position > 0 && (apart || after_apart) {
            emitter.out.push('\n');
        }
        (after_list, after_apart) = (value.is_block(), apart);
        emitter.field(0, &name, value);
    }
    if after_list {
        emitter.out.push('\n');
    }
    emitter.out.push_str("---\n");
    // A body of line breaks alone gets one more, so that it differs from no body.
    if record.body.bytes().all(|byte| byte == b'\n' || byte == b'\r') {
        emitter.out.push('\n');
    }
    emitter.out.push_str(&record.body);
    emitter.out
}

/// The fields in their order, without those that have no value.
pub(super) fn fields(record: &Record) -> Fields<'_> {
    let mut out = Layout::over(&record.extra);
    out.plain("category", some(&record.category));
    out.quoted("title", some(&record.title));
    out.quoted("excerpt", record.excerpt.as_deref());
    out.time("publishedDateTime", record.published_date_time);
    out.time("updatedDateTime", record.updated_date_time);
    out.quoted("originalUrl", record.original_url.as_deref());
    out.quoted("webUrl", record.web_url.as_deref());
    out.quoted("ampWebUrl", record.amp_web_url.as_deref());
    out.quoted("cdnAmpWebUrl", record.cdn_amp_web_url.as_deref());
    out.plain("type", record.kind.as_deref());
    out.add("quality", record.quality.map(Styled::Int));
    out.add("heat", record.heat.map(Styled::Int));
    out.add("published", record.published.map(Styled::Bool));
    out.quoted("featuredContent", record.featured_content.as_deref());
    out.provider(record.provider.as_ref());
    out.texts("topics", &record.topics);
    out.texts("tags", &record.tags);
    out.texts("authors", &record.authors);
    out.plain("language", record.language.as_deref());
    out.plain("locale", record.locale.as_deref());
    out.images(&record.images);
    let related: Vec<_> = record.related.iter().map(|other| Styled::Map(related_fields(other))).collect();
    out.add("related", (!related.is_empty()).then_some(Styled::List(related)));
    out.quoted("secured", record.secured.as_deref());
    out.finish()
}

fn related_fields(related: &Related) -> Fields<'_> {
    let mut out = Layout::over(&related.extra);
    out.quoted("title", some(&related.title));
    out.quoted("excerpt", related.excerpt.as_deref());
    out.time("publishedDateTime", related.published_date_time);
    out.quoted("webUrl", related.web_url.as_deref());
    out.quoted("ampWebUrl", related.amp_web_url.as_deref());
    out.quoted("cdnAmpWebUrl", related.cdn_amp_web_url.as_deref());
    out.plain("type", related.kind.as_deref());
    out.provider(related.provider.as_ref());
    out.add("quality", related.quality.map(Styled::Int));
    out.images(&related.images);
    out.finish()
}

fn provider_fields<'a>(provider: &'a Provider, rest: &'a [(String, Value)]) -> Fields<'a> {
    let mut out = Layout::over(rest);
    out.plain("name", some(&provider.name));
    out.plain("domain", some(&provider.domain));
    out.images(&provider.images);
    out.finish()
}

fn image_fields<'a>(image: &'a Image, rest: &'a [(String, Value)]) -> Fields<'a> {
    let mut out = Layout::over(rest);
    out.quoted("url", some(&image.url));
    out.add("width", image.width.map(|pixels| Styled::Int(pixels.into())));
    out.add("height", image.height.map(|pixels| Styled::Int(pixels.into())));
    out.add("isCached", image.is_cached.map(Styled::Bool));
    out.quoted("title", image.title.as_deref());
    out.quoted("attribution", image.attribution.as_deref());
    out.finish()
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Known fields as they are added, then what is left of `extra`.
struct Layout<'a> {
    fields: Fields<'a>,
    extra: &'a [(String, Value)],
}

impl<'a> Layout<'a> {
    const fn over(extra: &'a [(String, Value)]) -> Self {
        Self { fields: Vec::new(), extra }
    }

    fn add(&mut self, name: &'static str, value: Option<Styled<'a>>) {
        self.fields.extend(value.map(|value| (Cow::Borrowed(name), value)));
    }

    fn quoted(&mut self, name: &'static str, text: Option<&'a str>) {
        self.add(name, text.map(|text| Styled::Quoted(text.into())));
    }

    fn plain(&mut self, name: &'static str, text: Option<&'a str>) {
        self.add(name, text.map(|text| Styled::Plain(text.into())));
    }

    /// Whole seconds have no fraction.
    fn time(&mut self, name: &'static str, time: Option<Timestamp>) {
        self.add(name, time.map(|time| Styled::Bare(time.to_string())));
    }

    fn texts(&mut self, name: &'static str, texts: &'a [String]) {
        let items = texts.iter().map(|text| Styled::Plain(text.into())).collect();
        self.add(name, (!texts.is_empty()).then_some(Styled::List(items)));
    }

    fn provider(&mut self, provider: Option<&'a Provider>) {
        let rest = self.rest("provider").and_then(Value::as_map).unwrap_or_default();
        self.add("provider", provider.map(|provider| Styled::Map(provider_fields(provider, rest))));
    }

    fn images(&mut self, images: &'a [Image]) {
        // Parts of other images must not be merged into these.
        let rests = self.rest("images").and_then(Value::as_list).filter(|rests| rests.len() == images.len());
        let rest = |position: usize| {
            rests.and_then(|rests| rests.get(position)).and_then(Value::as_map).unwrap_or_default()
        };
        let items =
            images.iter().enumerate().map(|(i, image)| Styled::Map(image_fields(image, rest(i)))).collect();
        self.add("images", (!images.is_empty()).then_some(Styled::List(items)));
    }

    fn rest(&self, name: &str) -> Option<&'a Value> {
        self.extra.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// A known value takes precedence over `extra` under the same name.
    fn finish(mut self) -> Fields<'a> {
        let known = self.fields.len();
        for (name, value) in self.extra {
            if self.fields[..known].iter().all(|(other, _)| other != name) {
                self.fields.push((Cow::Borrowed(name), Styled::Value(value)));
            }
        }
        self.fields
    }
}
