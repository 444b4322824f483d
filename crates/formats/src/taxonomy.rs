//! Topic and provider files: YAML, or Markdown with YAML front matter, with the line of every
//! field.

use std::borrow::Cow;

use courant_model::{Image, KnownProvider, Map, Provider, Topic, Value};

use crate::{
    YamlError,
    record::split_front_matter,
    yaml::{self, Emitter, Field, Kind, Node, Styled},
};

mod edit;

pub use edit::edit_topic;

/// The value in a file, with the lines of its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    lines: Vec<(String, u32)>,
}

impl<T> Located<T> {
    /// The line of a field, from 1; `None` if the file does not have it.
    pub fn line_of(&self, field: &str) -> Option<u32> {
        self.lines.iter().find(|(name, _)| name == field).map(|(_, line)| *line)
    }
}

/// Reads the topic in a file. `_id` and `name` are required; unknown fields are kept in
/// [`Topic::extra`].
pub fn read_topic(text: &str) -> Result<Located<Topic>, YamlError> {
    let mut fields = Fields::of(text)?;
    let topic = Topic {
        id: fields.wanted_text("_id")?,
        name: fields.wanted_text("name")?,
        shortname: fields.text("shortname")?,
        parent: fields.text("parent")?,
        description: fields.text("description")?,
        keywords: fields.texts("keywords")?,
        exclude: fields.texts("exclude")?,
        hashtags: fields.texts("hashtags")?,
        images: fields.texts("images")?,
        services: fields.named_texts("services")?,
        extra: Map::new(),
    };
    fields.check_id(&topic.id)?;
    let lines = fields.lines.clone();
    let extra = fields.rest().into_iter().filter(|(name, _)| name != "taxonomy").collect();
    Ok(Located { value: Topic { extra, ..topic }, lines })
}

/// Reads the provider in a file. `name` and `domain` are required (`_id` replaces a missing
/// domain); unknown fields are ignored.
pub fn read_provider(text: &str) -> Result<Located<KnownProvider>, YamlError> {
    let front = split_front_matter(text);
    let mut fields = match front {
        Some((front, line)) => Fields::from_line(front, line)?,
        None => Fields::of(text)?,
    };
    let id = fields.text("_id")?;
    let domain = match (fields.text("domain")?, id) {
        (Some(domain), _) | (None, Some(domain)) => domain.trim().to_ascii_lowercase(),
        (None, None) => return Err(fields.missing("domain")),
    };
    let provider = KnownProvider {
        provider: Provider { name: fields.wanted_text("name")?, domain, images: fields.images("images")? },
        description: fields.text("description")?,
        trust: fields.trust()?,
        aliases: fields.texts("aliases")?,
    };
    Ok(Located { value: provider, lines: fields.lines })
}

/// The file of a topic.
pub fn write_topic(topic: &Topic) -> String {
    let mut out = Emitter::default();
    out.field(0, "taxonomy", plain("topic"));
    out.field(0, "_id", plain(&topic.id));
    out.field(0, "name", plain(&topic.name));
    for (name, text) in
        [("shortname", &topic.shortname), ("parent", &topic.parent), ("description", &topic.description)]
    {
        if let Some(text) = text {
            out.field(0, name, plain(text));
        }
    }
    for (name, list) in [
        ("keywords", &topic.keywords),
        ("exclude", &topic.exclude),
        ("hashtags", &topic.hashtags),
        ("images", &topic.images),
    ] {
        if !list.is_empty() {
            out.field(0, name, Styled::List(list.iter().map(|text| plain(text)).collect()));
        }
    }
    if !topic.services.is_empty() {
        let services = topic.services.iter().map(|(name, url)| (Cow::Borrowed(name.as_str()), plain(url)));
        out.field(0, "services", Styled::Map(services.collect()));
    }
    for (name, value) in &topic.extra {
        out.field(0, name, Styled::Value(value));
    }
    out.out
}

/// The file of a provider.
pub fn write_provider(known: &KnownProvider) -> String {
    let mut out = Emitter::default();
    out.field(0, "_id", plain(&known.provider.domain));
    out.field(0, "name", plain(&known.provider.name));
    out.field(0, "domain", plain(&known.provider.domain));
    out.field(0, "trust", Styled::Int(known.trust.into()));
    if let Some(description) = &known.description {
        out.field(0, "description", plain(description));
    }
    if !known.aliases.is_empty() {
        out.field(0, "aliases", Styled::List(known.aliases.iter().map(|text| plain(text)).collect()));
    }
    if !known.provider.images.is_empty() {
        out.field(0, "images", Styled::List(known.provider.images.iter().map(image).collect()));
    }
    out.out
}

fn plain(text: &str) -> Styled<'_> {
    Styled::Plain(Cow::Borrowed(text))
}

fn image(image: &Image) -> Styled<'_> {
    let mut fields = vec![(Cow::Borrowed("url"), plain(&image.url))];
    for (name, size) in [("width", image.width), ("height", image.height)] {
        fields.extend(size.map(|size| (Cow::Borrowed(name), Styled::Int(size.into()))));
    }
    Styled::Map(fields)
}

/// The fields of a file; those that were read are removed.
struct Fields {
    rest: Vec<Field>,
    lines: Vec<(String, u32)>,
    first_line: u32,
}

impl Fields {
    fn of(text: &str) -> Result<Self, YamlError> {
        Self::from_line(text.strip_prefix('\u{FEFF}').unwrap_or(text), 1)
    }

    fn from_line(text: &str, first_line: u32) -> Result<Self, YamlError> {
        let node = yaml::parse(text, first_line)?;
        let line = node.line;
        match node.kind {
            Kind::Map(fields) => {
                let lines = fields.iter().map(|field| (field.name.clone(), field.line)).collect();
                Ok(Self { rest: fields, lines, first_line })
            }
            _ => Err(YamlError::new(line, format!("the file is {}; expected named fields", node.describe()))),
        }
    }

    /// The field of this name; `None` if it has no value.
    fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.rest.iter().position(|field| field.name == name)?;
        Some(self.rest.remove(at).node).filter(|node| !node.is_null())
    }

    fn rest(self) -> Map {
        yaml::into_map(self.rest)
    }

    fn missing(&self, name: &str) -> YamlError {
        YamlError::new(self.first_line, format!("`{name}` is missing; expected a text"))
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, YamlError> {
        self.take(name).map(|node| text(name, node)).transpose()
    }

    fn wanted_text(&mut self, name: &str) -> Result<String, YamlError> {
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(self.missing(name)),
        }
    }

    /// A list of texts; one text alone is a list of one.
    fn texts(&mut self, name: &str) -> Result<Vec<String>, YamlError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Node { kind: Kind::List(items), .. }) => {
                items.into_iter().filter(|item| !item.is_null()).map(|item| text(name, item)).collect()
            }
            Some(node) => text(name, node).map(|one| vec![one]),
        }
    }

    fn named_texts(&mut self, name: &str) -> Result<Vec<(String, String)>, YamlError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Node { kind: Kind::Map(fields), .. }) => fields
                .into_iter()
                .map(|field| text(&field.name, field.node).map(|text| (field.name, text)))
                .collect(),
            Some(node) => Err(unexpected(name, &node, "named texts")),
        }
    }

    /// A list of images: maps with `url`, `width` and `height`, or URLs alone.
    fn images(&mut self, name: &str) -> Result<Vec<Image>, YamlError> {
        let Some(node) = self.take(name) else { return Ok(Vec::new()) };
        let Kind::List(items) = node.kind else { return Err(unexpected(name, &node, "a list of images")) };
        items.into_iter().map(|item| read_image(name, item)).collect()
    }

    fn trust(&mut self) -> Result<u8, YamlError> {
        let Some(node) = self.take("trust") else { return Ok(KnownProvider::default_trust()) };
        match &node.kind {
            Kind::Scalar { value: Value::Int(trust @ 0..=100), .. } => Ok(*trust as u8),
            _ => Err(YamlError::new(node.line, "`trust` must be an integer from 0 to 100")),
        }
    }

    /// Ids are used in URLs and file names.
    fn check_id(&self, id: &str) -> Result<(), YamlError> {
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.is_empty() && id.len() <= 100 && id.chars().all(sound) {
            return Ok(());
        }
        let line =
            self.lines.iter().find(|(name, _)| name == "_id").map_or(self.first_line, |(_, line)| *line);
        Err(YamlError::new(
            line,
            format!("invalid `_id` {id:?}: expected lower-case letters, digits and hyphens"),
        ))
    }
}

fn text(name: &str, node: Node) -> Result<String, YamlError> {
    let (line, found) = (node.line, node.describe());
    node.into_text().map_err(|_| YamlError::new(line, format!("`{name}` is {found}; expected a text")))
}

fn unexpected(name: &str, node: &Node, what: &str) -> YamlError {
    YamlError::new(node.line, format!("`{name}` is {}; expected {what}", node.describe()))
}

fn read_image(name: &str, node: Node) -> Result<Image, YamlError> {
    let line = node.line;
    let Kind::Map(fields) = node.kind else { return text(name, node).map(Image::at) };
    let mut image = Image::default();
    for field in fields {
        let node = field.node;
        match (field.name.as_str(), &node.kind) {
            ("url", _) => image.url = text("url", node)?,
            ("width", Kind::Scalar { value: Value::Int(size), .. }) => {
                image.width = u32::try_from(*size).ok();
            }
            ("height", Kind::Scalar { value: Value::Int(size), .. }) => {
                image.height = u32::try_from(*size).ok();
            }
            _ => {}
        }
    }
    if image.url.is_empty() {
        return Err(YamlError::new(line, format!("an image in `{name}` has no `url`")));
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "taxonomy: topic\n_id: wind-power\nname: Wind Power\nparent: Energy\nkeywords:\n  - wind farm\n  - 2030\nservices:\n  news: https://x.example/api/\ncolour: blue\n";

    #[test]
    fn a_topic_is_read_and_written() {
        let located = read_topic(TOPIC).unwrap();
        let topic = &located.value;
        assert_eq!(
            (&*topic.id, topic.parent.as_deref(), located.line_of("parent")),
            ("wind-power", Some("Energy"), Some(4))
        );
        assert_eq!(topic.keywords, ["wind farm", "2030"]);
        assert_eq!(topic.extra, [("colour".to_owned(), Value::from("blue"))]);
        assert_eq!(&read_topic(&write_topic(topic)).unwrap().value, topic);
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text| read_topic(text).unwrap_err().to_string();
        assert_eq!(error("name: A\n"), "line 1: `_id` is missing; expected a text");
        assert_eq!(
            error("_id: a\nname: A\nkeywords:\n  a: b\n"),
            "line 4: `keywords` is a map; expected a text"
        );
        assert_eq!(
            error("name: A\n_id: A B\n"),
            "line 2: invalid `_id` \"A B\": expected lower-case letters, digits and hyphens"
        );
        assert!(error("- a\n").contains("a list; expected named fields"));
        let error = read_provider("name: P\ndomain: p.example\ntrust: 101\n").unwrap_err();
        assert_eq!((error.line, &*error.message), (3, "`trust` must be an integer from 0 to 100"));
    }

    #[test]
    fn a_provider_is_read_from_either_form() {
        let yaml = "_id: p.example\nname: The P\ndomain: P.example\ntrust: 80\naliases:\n  - q.example\nimages:\n  - url: /p.jpg\n    width: 50\n    height: 50\n";
        let provider = read_provider(yaml).unwrap().value;
        assert_eq!((&*provider.provider.domain, provider.trust), ("p.example", 80));
        assert_eq!(read_provider(&format!("---\n{yaml}---\n\nSome words.\n")).unwrap().value, provider);
        assert_eq!(read_provider(&write_provider(&provider)).unwrap().value, provider);
        assert_eq!(read_provider("name: N\n_id: n.example\n").unwrap().value.trust, 50);
    }
}
