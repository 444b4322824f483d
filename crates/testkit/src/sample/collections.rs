//! Records other than news of the sample publication.

use std::collections::BTreeMap;

use courant_classic::{Collection, CollectionRecord, FieldKind, FieldRule, RecordOrigin, Schema};
use courant_model::Value;

/// Two kinds of records other than news, as they are after they have been read, and one empty kind.
pub(super) fn collections() -> Vec<Collection> {
    let kind = |id: &str, entries| Collection {
        schema: Schema {
            id: id.into(),
            title: format!("The {id} of {{topic}}"),
            folder: format!("_{id}"),
            source: RecordOrigin::Files,
            fields: [("born".to_owned(), FieldRule { kind: FieldKind::Instant, required: false })].into(),
            api: None,
            shapes: BTreeMap::new(),
        },
        entries,
    };
    let entry = |path: &str, fields: Vec<(&str, Value)>, body: &str| CollectionRecord {
        path: path.into(),
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: body.into(),
    };
    let map = |fields: Vec<(&str, Value)>| {
        Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let issue = |day: u8| {
        let at = format!("2023-02-{day:02}T07:30:00.5+01:00");
        let fields = vec![
            ("title", Value::from(&*format!("Tides of the {day}th"))),
            ("publishedDateTime", Value::from(&*at)),
            ("webUrl", Value::from("https://pages.example/newsletter/")),
            ("secured", Value::from("v2.sealed")),
        ];
        entry(&format!("issue-{day}.html"), fields, "<p>Good morning &amp; welcome</p>")
    };
    vec![
        kind("newsletters", vec![issue(9), issue(12), issue(15)]),
        kind(
            "people",
            vec![
                entry(
                    "crew/ada-quill.md",
                    vec![
                        ("name", Value::from("Ada Quill")),
                        ("bio", Value::Null),
                        ("born", Value::from("1980-01-02T03:04:05+01:00")),
                        ("url", Value::from("javascript:alert(1)")),
                        ("height", Value::Float(f64::INFINITY)),
                        ("topics", Value::List(vec![Value::from("Coast"), Value::Null])),
                        (
                            "images",
                            Value::List(vec![map(vec![
                                ("url", Value::from("/a.png")),
                                ("title", Value::Null),
                            ])]),
                        ),
                    ],
                    "",
                ),
                entry(
                    "held.md",
                    vec![("name", Value::from("Nobody")), ("published", Value::Bool(false))],
                    "",
                ),
                entry("no address.md", vec![("name", Value::from("Nowhere"))], ""),
                entry("ole.md", vec![("name", Value::from("Ole Quay"))], ""),
            ],
        ),
        kind("events", Vec::new()),
    ]
}
