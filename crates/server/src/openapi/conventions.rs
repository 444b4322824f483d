//! What holds in the whole API, brought into the parts that `utoipa` derives.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A derived part as JSON, after the conventions of the API: a field without a value is absent
/// instead of null, and the size of a number has no meaning. A line break of a doc comment becomes
/// a space.
pub(super) fn plain(part: &impl Serialize) -> serde_json::Result<Value> {
    let mut part = serde_json::to_value(part)?;
    simplify(&mut part);
    Ok(part)
}

fn simplify(value: &mut Value) {
    if let Some(Value::Array(choices)) = value.get_mut("oneOf") {
        let is_null = |choice: &Value| choice["type"] == "null";
        if let (true, Some(at)) = (choices.len() == 2, choices.iter().position(|choice| !is_null(choice))) {
            *value = choices.swap_remove(at);
        }
    }
    match value {
        Value::Object(fields) => {
            fields.retain(|name, field| !is_redundant(name, field));
            for (name, field) in fields {
                match (&name[..], &mut *field) {
                    ("type", Value::Array(types)) => {
                        types.retain(|kind| kind != "null");
                        if let [kind] = &mut types[..] {
                            *field = kind.take();
                        }
                    }
                    ("description" | "summary", Value::String(text)) => *text = text.replace('\n', " "),
                    _ => simplify(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

/// The formats of numbers, and what is the default.
fn is_redundant(name: &str, field: &Value) -> bool {
    match name {
        "format" => ["int32", "int64", "float", "double"].iter().any(|size| field == size),
        "required" => field == false,
        _ => false,
    }
}

/// Adds the headers for caches, which every document has, to the successful responses. A stream has
/// no validators.
pub(super) fn add_cache_headers(paths: &mut Value) {
    for item in paths.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let found = &mut item["get"]["responses"]["200"];
        found["headers"] = if found["content"].get("text/event-stream").is_some() {
            json!({ "Cache-Control": { "$ref": "#/components/headers/CacheControl" } })
        } else {
            super::responses::cache_headers()
        };
    }
}

/// Replaces the parameters that several operations share by references.
pub(super) fn refer_to_parameters(paths: &mut Value, shared: &Map<String, Value>) {
    let operations = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    let parameters = operations.filter_map(|item| item.pointer_mut("/get/parameters")?.as_array_mut());
    for parameter in parameters.flatten() {
        if let Some((name, _)) = shared.iter().find(|(_, shared)| *shared == parameter) {
            *parameter = json!({ "$ref": format!("#/components/parameters/{name}") });
        }
    }
}
