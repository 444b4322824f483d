//! The manual of the API: its description (`OpenAPI`) as a page.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{HTML, frame::Frame};
use crate::{Document, Publication, RenderError, openapi, route::Route};

#[derive(Serialize)]
struct Manual<'a> {
    frame: Frame<'a>,
    intro: String,
    description: String,
    operations: Vec<Operation>,
    schemas: Vec<Schema>,
}

#[derive(Serialize)]
struct Operation {
    id: String,
    path: String,
    summary: String,
    description: String,
    parameters: Vec<Row>,
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Answer {
    status: String,
    media: String,
    /// The schema of the body; empty where it is none of ours.
    schema: String,
    description: String,
}

#[derive(Serialize)]
struct Schema {
    name: String,
    description: String,
    rows: Vec<Row>,
}

/// A parameter or a field.
#[derive(Serialize)]
struct Row {
    name: String,
    kind: String,
    /// The schema that the type names; empty where it is a plain type.
    schema: String,
    required: bool,
    description: String,
}

/// The page at `/api/v1/`.
pub(crate) fn manual(publication: &Publication) -> Result<Document, RenderError> {
    let api = openapi::description(publication)?;
    let (intro, description) = (text(&api["info"], "summary"), text(&api["info"], "description"));
    let page = Manual {
        frame: publication.frame(Route::ApiManual, "API", &intro),
        intro,
        description,
        operations: entries(&api["paths"]).map(|(path, item)| operation(&api, path, &item["get"])).collect(),
        schemas: entries(&api["components"]["schemas"]).map(|(name, schema)| shape(name, schema)).collect(),
    };
    Ok(publication.document(HTML, publication.templates.render("api.html", &page)?))
}

fn operation(api: &Value, path: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    Operation {
        id: text(operation, "operationId"),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        description: text(operation, "description"),
        parameters: parameters
            .iter()
            .map(|parameter| {
                let parameter = resolved(api, parameter);
                let required = parameter["required"].as_bool().unwrap_or(false);
                let row = row(&text(parameter, "name"), &parameter["schema"], required);
                Row { description: text(parameter, "description"), ..row }
            })
            .collect(),
        answers: entries(&operation["responses"]).map(|(status, it)| answer(api, status, it)).collect(),
    }
}

fn answer(api: &Value, status: &str, response: &Value) -> Answer {
    let response = resolved(api, response);
    let (media, schema) = entries(&response["content"])
        .next()
        .map(|(media, content)| (media.to_owned(), name_of(&content["schema"])))
        .unwrap_or_default();
    Answer { status: status.to_owned(), media, schema, description: text(response, "description") }
}

fn shape(name: &str, schema: &Value) -> Schema {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rows = entries(&schema["properties"])
        .map(|(field, it)| row(field, it, required.iter().any(|name| name == field)))
        .collect();
    Schema { name: name.to_owned(), description: text(schema, "description"), rows }
}

fn row(name: &str, schema: &Value, required: bool) -> Row {
    let item = &schema["items"];
    let (of, many) = if item.is_null() { (schema, "") } else { (item, "list of ") };
    let named = name_of(of);
    let plain = match of["format"].as_str() {
        Some(format) => format!("{many}{} ({format})", text(of, "type")),
        None => format!("{many}{}", text(of, "type")),
    };
    Row {
        name: name.to_owned(),
        kind: if named.is_empty() { plain } else { many.to_owned() },
        schema: named,
        required,
        description: text(schema, "description"),
    }
}

/// The name of the schema that this refers to.
fn name_of(schema: &Value) -> String {
    let reference = schema["$ref"].as_str().unwrap_or_default();
    reference.strip_prefix("#/components/schemas/").unwrap_or_default().to_owned()
}

fn resolved<'a>(api: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| api.pointer(pointer)).unwrap_or(value)
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}
