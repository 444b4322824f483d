//! A small validator for the part of JSON Schema that the description of the API uses. It is
//! stricter than JSON Schema: fields without a schema and unknown keywords are errors.

use courant_model::Timestamp;
use serde_json::Value;

/// Panics with the location of the first difference between a value and its schema.
pub(crate) fn check(api: &Value, schema: &Value, value: &Value, path: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("references stay inside the document");
        return check(api, api.pointer(pointer).unwrap_or_else(|| panic!("{reference}")), value, path);
    }
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "description" | "default" | "maxLength" => {}
            "type" => {
                assert!(has_type(value, rule.as_str().unwrap()), "{path}: {value} is not of type {rule}");
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{path}: {name} is missing");
                }
            }
            "properties" => {
                for (name, field) in value.as_object().unwrap() {
                    let schema = rule.get(name).unwrap_or_else(|| panic!("{path}: {name} is not described"));
                    check(api, schema, field, &format!("{path}.{name}"));
                }
            }
            "items" => {
                for (at, item) in value.as_array().unwrap().iter().enumerate() {
                    check(api, rule, item, &format!("{path}[{at}]"));
                }
            }
            "minimum" => assert!(value.as_f64().unwrap() >= rule.as_f64().unwrap(), "{path}: {value}"),
            "maximum" => assert!(value.as_f64().unwrap() <= rule.as_f64().unwrap(), "{path}: {value}"),
            "enum" => assert!(rule.as_array().unwrap().contains(value), "{path}: {value}"),
            "pattern" => {
                assert_eq!(rule, "^[0-9a-f]{32}$", "the only supported pattern");
                let text = value.as_str().unwrap();
                let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                assert!(text.len() == 32 && digits, "{path}: {text}");
            }
            "format" => check_format(rule.as_str().unwrap(), value.as_str().unwrap(), path),
            _ => panic!("{path}: unsupported keyword {keyword}"),
        }
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => panic!("unsupported type {name}"),
    }
}

fn check_format(format: &str, text: &str, path: &str) {
    match format {
        "date-time" => {
            assert!(text.parse::<Timestamp>().is_ok(), "{path}: {text}");
            assert!(
                text.len() == 20 && text.ends_with('Z'),
                "{path}: {text} is not in UTC with whole seconds"
            );
        }
        "uri" => assert!(url::Url::parse(text).is_ok(), "{path}: {text}"),
        "uri-reference" => {
            let base = url::Url::parse("https://base.example/").unwrap();
            assert!(base.join(text).is_ok(), "{path}: {text}");
        }
        _ => panic!("{path}: unsupported format {format}"),
    }
}
