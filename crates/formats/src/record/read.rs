//! Reads front matter into a record. Nothing is lost: unknown parts go to `extra`.

use courant_model::{Image, Map, Provider, Record, Related, Timestamp, Value};

use super::RecordError;
use crate::yaml::{self, Field, Kind, Node, YamlError};

/// Maximum size of front matter in bytes.
const MAX_FRONT_MATTER: usize = 64 << 20;

/// Reads the record in a file. Line breaks may be CRLF; a byte order mark is ignored. The body is
/// kept as it is, except that a single line break is not a body.
pub fn read(text: &str) -> Result<Record, RecordError> {
    let (front, body) = split(text)?;
    let fields = fields_of(yaml::parse(front, 2)?, "front matter")?;
    Ok(Record { body: body_text(body), ..record(fields) })
}

/// The fields of a file that is YAML from beginning to end, whatever they are.
pub fn read_fields(text: &str) -> Result<Map, RecordError> {
    let node = yaml::parse(text.strip_prefix('\u{FEFF}').unwrap_or(text), 1)?;
    Ok(yaml::into_map(fields_of(node, "file")?))
}

fn fields_of(node: Node, what: &str) -> Result<Vec<Field>, YamlError> {
    match node.kind {
        Kind::Map(fields) => Ok(fields),
        _ if node.is_null() => Ok(Vec::new()),
        _ => Err(YamlError::new(
            node.line,
            format!("the {what} is {}; expected named fields", node.describe()),
        )),
    }
}

/// The front matter and what follows it.
pub(crate) fn split(text: &str) -> Result<(&str, &str), RecordError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---" && line.ends_with('\n')) else {
        return Err(RecordError::NoFrontMatter);
    };
    let start = first.len();
    let mut end = start;
    let mut count = 1;
    for line in lines {
        count += 1;
        if matches!(line.trim_end(), "---" | "...") {
            if end - start > MAX_FRONT_MATTER {
                return Err(RecordError::TooLarge { bytes: end - start, limit: MAX_FRONT_MATTER });
            }
            return Ok((&text[start..end], &text[end + line.len()..]));
        }
        end += line.len();
    }
    Err(RecordError::Unclosed { line: count })
}

/// The front matter and its first line, for a file that has one.
pub(crate) fn split_front_matter(text: &str) -> Option<(&str, u32)> {
    split(text).ok().map(|(front, _)| (front, 2))
}

/// A file without a body ends in an empty line, so one line break is not a body; a body of line
/// breaks alone is written with one more in front.
fn body_text(rest: &str) -> String {
    if rest.bytes().any(|byte| byte != b'\n' && byte != b'\r') {
        return rest.to_owned();
    }
    rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest).to_owned()
}

/// The record of these fields, without body.
pub(super) fn record(fields: Vec<Field>) -> Record {
    let mut record = Record::default();
    for Field { name, node, .. } in fields {
        if let Some(rest) = take(&mut record, &name, node) {
            record.extra.push((name, rest));
        }
    }
    order(&mut record.extra, record.provider.is_some(), !record.images.is_empty());
    record
}

/// Moves the unknown parts of a known provider and of known images to the front, where they are
/// written, so that the order does not depend on their position in the file.
fn order(extra: &mut Map, provider: bool, images: bool) {
    extra.sort_by_key(|(name, _)| match &**name {
        "provider" if provider => 0,
        "images" if images => 1,
        _ => 2,
    });
}

/// Sets a field of the record and returns what does not fit.
fn take(record: &mut Record, name: &str, node: Node) -> Option<Value> {
    match name {
        "category" => put(&mut record.category, some_text(node)),
        "title" => put(&mut record.title, some_text(node)),
        "excerpt" => put_some(&mut record.excerpt, node.into_text()),
        "publishedDateTime" => put_some(&mut record.published_date_time, timestamp(node)),
        "updatedDateTime" => put_some(&mut record.updated_date_time, timestamp(node)),
        "originalUrl" => put_some(&mut record.original_url, node.into_text()),
        "webUrl" => put_some(&mut record.web_url, node.into_text()),
        "ampWebUrl" => put_some(&mut record.amp_web_url, node.into_text()),
        "cdnAmpWebUrl" => put_some(&mut record.cdn_amp_web_url, node.into_text()),
        "type" => put_some(&mut record.kind, node.into_text()),
        "quality" => put_some(&mut record.quality, integer(node)),
        "heat" => put_some(&mut record.heat, integer(node)),
        "published" => put_some(&mut record.published, truth(node)),
        "featuredContent" => put_some(&mut record.featured_content, node.into_text()),
        "provider" => put_with_rest(|found| record.provider = Some(found), provider(node)),
        "topics" => put(&mut record.topics, texts(node)),
        "tags" => put(&mut record.tags, texts(node)),
        "authors" => put(&mut record.authors, texts(node)),
        "language" => put_some(&mut record.language, node.into_text()),
        "locale" => put_some(&mut record.locale, node.into_text()),
        "images" => put_with_rest(|found| record.images = found, images(node)),
        "related" => put(&mut record.related, related(node)),
        "secured" => put_some(&mut record.secured, node.into_text()),
        _ => Some(node.into_value()),
    }
}

fn put<T>(place: &mut T, found: Result<T, Value>) -> Option<Value> {
    match found {
        Ok(found) => {
            *place = found;
            None
        }
        Err(rest) => Some(rest),
    }
}

fn put_some<T>(place: &mut Option<T>, found: Result<T, Value>) -> Option<Value> {
    match found {
        Ok(found) => {
            *place = Some(found);
            None
        }
        Err(rest) => Some(rest),
    }
}

fn put_with_rest<T>(place: impl FnOnce(T), found: Result<(T, Option<Value>), Value>) -> Option<Value> {
    match found {
        Ok((found, rest)) => {
            place(found);
            rest
        }
        Err(rest) => Some(rest),
    }
}

/// A text that is not empty; an empty one goes to the rest.
fn some_text(node: Node) -> Result<String, Value> {
    node.into_text().and_then(|text| if text.is_empty() { Err(Value::Text(text)) } else { Ok(text) })
}

fn integer(node: Node) -> Result<i64, Value> {
    let value = node.into_value();
    value.as_int().ok_or(value)
}

fn pixels(node: Node) -> Result<u32, Value> {
    let value = node.into_value();
    value.as_int().and_then(|number| u32::try_from(number).ok()).ok_or(value)
}

fn truth(node: Node) -> Result<bool, Value> {
    let value = node.into_value();
    value.as_bool().ok_or(value)
}

/// RFC 3339 with a time and an offset: any other text would be written differently.
fn timestamp(node: Node) -> Result<Timestamp, Value> {
    let value = node.into_value();
    let read = value.as_str().filter(|text| is_rfc_3339(text)).and_then(|text| text.parse().ok());
    read.ok_or(value)
}

/// The shape `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)` of RFC 3339, §5.6; the parser checks the
/// numbers.
fn is_rfc_3339(text: &str) -> bool {
    let shape = |pattern: &str, text: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                b'+' => matches!(byte, b'+' | b'-'),
                _ => byte == wanted,
            })
    };
    let Some((date_time, rest)) = text.split_at_checked(19) else { return false };
    let offset =
        rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let fraction = &rest[..rest.len() - offset.len()];
    shape("0000-00-00T00:00:00", date_time)
        && fraction != "."
        && (matches!(offset, "Z" | "z") || shape("+00:00", offset))
}

fn texts(node: Node) -> Result<Vec<String>, Value> {
    match node.kind {
        Kind::List(items)
            if !items.is_empty()
                && items.iter().all(|item| matches!(item.kind, Kind::Scalar { .. }) && !item.is_null()) =>
        {
            Ok(items.into_iter().filter_map(|item| item.into_text().ok()).collect())
        }
        _ => Err(node.into_value()),
    }
}

fn provider(node: Node) -> Result<(Provider, Option<Value>), Value> {
    let Kind::Map(fields) = node.kind else { return Err(node.into_value()) };
    let mut provider = Provider::default();
    let mut rest = Map::new();
    for Field { name, node, .. } in fields {
        let left = match &*name {
            "name" => put(&mut provider.name, some_text(node)),
            "domain" => put(&mut provider.domain, some_text(node)),
            "images" => put_with_rest(|found| provider.images = found, images(node)),
            _ => Some(node.into_value()),
        };
        rest.extend(left.map(|left| (name, left)));
    }
    order(&mut rest, false, !provider.images.is_empty());
    Ok((provider, (!rest.is_empty()).then_some(Value::Map(rest))))
}

fn images(node: Node) -> Result<(Vec<Image>, Option<Value>), Value> {
    let maps = maps(node)?;
    let mut images = Vec::with_capacity(maps.len());
    let mut rests = Vec::with_capacity(maps.len());
    for fields in maps {
        let (image, rest) = image(fields);
        images.push(image);
        rests.push(if rest.is_empty() { Value::Null } else { Value::Map(rest) });
    }
    let clean = rests.iter().all(|rest| *rest == Value::Null);
    Ok((images, (!clean).then_some(Value::List(rests))))
}

/// The items of a list of maps; `None` if it is empty or contains others.
fn maps(node: Node) -> Result<Vec<Vec<Field>>, Value> {
    match node.kind {
        Kind::List(items)
            if !items.is_empty() && items.iter().all(|item| matches!(item.kind, Kind::Map(_))) =>
        {
            let fields = |item: Node| match item.kind {
                Kind::Map(fields) => Some(fields),
                _ => None,
            };
            Ok(items.into_iter().filter_map(fields).collect())
        }
        _ => Err(node.into_value()),
    }
}

fn image(fields: Vec<Field>) -> (Image, Map) {
    let mut image = Image::default();
    let mut rest = Map::new();
    for Field { name, node, .. } in fields {
        let left = match &*name {
            "url" => put(&mut image.url, some_text(node)),
            "width" => put_some(&mut image.width, pixels(node)),
            "height" => put_some(&mut image.height, pixels(node)),
            "isCached" => put_some(&mut image.is_cached, truth(node)),
            "title" => put_some(&mut image.title, node.into_text()),
            "attribution" => put_some(&mut image.attribution, node.into_text()),
            _ => Some(node.into_value()),
        };
        rest.extend(left.map(|left| (name, left)));
    }
    (image, rest)
}

fn related(node: Node) -> Result<Vec<Related>, Value> {
    Ok(maps(node)?.into_iter().map(one_related).collect())
}

fn one_related(fields: Vec<Field>) -> Related {
    let mut related = Related::default();
    for Field { name, node, .. } in fields {
        let left = match &*name {
            "title" => put(&mut related.title, some_text(node)),
            "excerpt" => put_some(&mut related.excerpt, node.into_text()),
            "publishedDateTime" => put_some(&mut related.published_date_time, timestamp(node)),
            "webUrl" => put_some(&mut related.web_url, node.into_text()),
            "ampWebUrl" => put_some(&mut related.amp_web_url, node.into_text()),
            "cdnAmpWebUrl" => put_some(&mut related.cdn_amp_web_url, node.into_text()),
            "type" => put_some(&mut related.kind, node.into_text()),
            "provider" => put_with_rest(|found| related.provider = Some(found), provider(node)),
            "quality" => put_some(&mut related.quality, integer(node)),
            "images" => put_with_rest(|found| related.images = found, images(node)),
            _ => Some(node.into_value()),
        };
        related.extra.extend(left.map(|left| (name, left)));
    }
    order(&mut related.extra, related.provider.is_some(), !related.images.is_empty());
    related
}
