//! JSON in the layouts of the predecessor.

use courant_model::{Form, Layout, Map, Value};

/// The bytes of a document.
pub(super) fn write(form: &Form, fields: Map) -> Vec<u8> {
    let value = Value::Map(fields);
    let mut bytes = match form.layout {
        // Values have texts as names, so writing them to memory cannot fail.
        Layout::Indented => serde_json::to_vec_pretty(&value).unwrap_or_default(),
        Layout::Compact => serde_json::to_vec(&value).unwrap_or_default(),
        Layout::Template => template(&value),
    };
    if form.line_end {
        bytes.push(b'\n');
    }
    bytes
}

/// JSON with the line breaks of the predecessor's templates.
fn template(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    put(&mut out, value, 0);
    // The predecessor's template left an indented empty line on the last page of a list.
    if value.get("nextPage") == Some(&Value::Null) && out.ends_with("\n}") {
        out.truncate(out.len() - 1);
        out.push_str("    \n}");
    }
    out.into_bytes()
}

fn put(out: &mut String, value: &Value, level: usize) {
    match value {
        Value::Map(fields) if !fields.is_empty() => {
            out.push('{');
            for (position, (name, value)) in fields.iter().enumerate() {
                out.push_str(if position == 0 { "\n" } else { ",\n" });
                indent(out, level + 1);
                text(out, name);
                out.push_str(": ");
                put(out, value, level + 1);
            }
            out.push('\n');
            indent(out, level);
            out.push('}');
        }
        Value::List(items) if items.is_empty() || items.iter().any(|item| item.as_map().is_some()) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                out.push_str(if position == 0 { "\n" } else { ",\n" });
                indent(out, level + 1);
                put(out, item, level + 1);
            }
            out.push('\n');
            indent(out, level + 1);
            out.push('\n');
            indent(out, level);
            out.push(']');
        }
        Value::Text(given) => text(out, given),
        other => out.push_str(&serde_json::to_string(other).unwrap_or_default()),
    }
}

fn text(out: &mut String, text: &str) {
    // A string can always be written as JSON.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn indent(out: &mut String, level: usize) {
    out.extend(std::iter::repeat_n("    ", level));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_in_a_blank_line_as_in_the_predecessors_templates() {
        let object =
            Value::Map(vec![("a".to_owned(), Value::List(vec![Value::from("x"), Value::from("y")]))]);
        let fields = vec![
            ("value".to_owned(), Value::List(vec![object])),
            ("images".to_owned(), Value::List(Vec::new())),
            ("nextPage".to_owned(), Value::Null),
        ];
        let form = Form {
            layout: Layout::Template,
            nulls: false,
            head: Vec::new(),
            fields: None,
            folders: Vec::new(),
            line_end: true,
        };
        let wanted = concat!(
            "{\n    \"value\": [\n        {\n            \"a\": [\"x\",\"y\"]\n        }\n        \n    ],\n",
            "    \"images\": [\n        \n    ],\n    \"nextPage\": null\n    \n}\n"
        );
        assert_eq!(String::from_utf8(write(&form, fields)).unwrap(), wanted);
    }
}
