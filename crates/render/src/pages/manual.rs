//! The manual of the API: its OpenAPI description as a page.

use minijinja::{Value as Data, value::Serde};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{HTML, layout::layout};
use crate::{
    Document, RenderError, context::RenderContext, openapi, route::Route, template_data::template_data,
};

template_data! {
    struct Manual {
        frame,
        intro,
        description,
        operations,
        schemas,
    }
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
    /// The schema of the body; empty if the description has none.
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
    /// The schema of the type; empty for a plain type.
    schema: String,
    required: bool,
    description: String,
}

/// The page at `/api/v1/`.
pub(crate) fn manual(context: &RenderContext) -> Result<Document, RenderError> {
    let api = openapi::description(context)?;
    let intro = text(&api["info"], "summary");
    let operations = entries(&api["paths"]).map(|(path, item)| operation(&api, path, &item["get"]));
    let schemas = entries(&api["components"]["schemas"]).map(|(name, schema)| shape(name, schema));
    let page = Manual {
        frame: layout(context, Route::ApiManual, "API", &intro)?.into(),
        intro: intro.into(),
        description: text(&api["info"], "description").into(),
        operations: operations.map(|operation| Data::from(Serde(operation))).collect(),
        schemas: schemas.map(|schema| Data::from(Serde(schema))).collect(),
    };
    Ok(context.document(HTML, context.templates.render("api.html", page.into())?))
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
