//! Builds nodes from parser events, without recursion and within a budget.

use rustc_hash::{FxHashMap, FxHashSet};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{Field, Kind, MAX_DEPTH, Node, YamlError, scalar};
use courant_model::Value;

/// Maximum number of values of one document; each use of an alias counts again.
const MAX_NODES: usize = 200_000;
/// Maximum number of bytes of text of one document; each use of an alias counts again.
const MAX_BYTES: usize = 64 << 20;

/// Parses the one document of a text whose first line is line `first_line` of its file. An empty
/// text gives a null; empty documents after the first (a trailing `---`) are ignored.
pub(crate) fn parse(text: &str, first_line: u32) -> Result<Node, YamlError> {
    let mut builder = Builder {
        offset: first_line.saturating_sub(1),
        stack: Vec::new(),
        anchors: FxHashMap::default(),
        document: None,
        nodes: 0,
        bytes: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            YamlError::new(builder.line_of(error.marker().line()), format!("invalid YAML: {}", error.info()))
        })?;
        builder.take(event, span)?;
    }
    let empty = Node { line: first_line, kind: Kind::Scalar { text: String::new(), value: Value::Null } };
    Ok(builder.document.unwrap_or(empty))
}

struct Builder {
    offset: u32,
    stack: Vec<Frame>,
    anchors: FxHashMap<usize, Node>,
    document: Option<Node>,
    nodes: usize,
    bytes: usize,
}

/// A list or map that is still open.
struct Frame {
    line: u32,
    anchor: usize,
    open: Open,
}

enum Open {
    List(Vec<Node>),
    Map { fields: Vec<Field>, names: FxHashSet<String>, name: Option<(String, u32)> },
}

impl Builder {
    fn line_of(&self, marker_line: usize) -> u32 {
        u32::try_from(marker_line).unwrap_or(u32::MAX).max(1).saturating_add(self.offset)
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let line = self.line_of(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar_node(text.into_owned(), style, tag.as_deref(), line);
                self.close(node, anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(line, anchor, Open::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let open = Open::Map { fields: Vec::new(), names: FxHashSet::default(), name: None };
                self.open(line, anchor, open)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(frame) => {
                    let kind = match frame.open {
                        Open::List(items) => Kind::List(items),
                        Open::Map { fields, .. } => Kind::Map(fields),
                    };
                    self.close(Node { line: frame.line, kind }, frame.anchor)
                }
                None => Err(YamlError::new(line, "invalid YAML: an end without a start")),
            },
            Event::Alias(anchor) => {
                let node = self.alias(anchor, line)?;
                self.close(node, 0)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, line: u32, anchor: usize, open: Open) -> Result<(), YamlError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(YamlError::new(line, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.stack.push(Frame { line, anchor, open });
        Ok(())
    }

    /// Adds a complete node to the open list or map.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        let own_bytes = if let Kind::Scalar { text, .. } = &node.kind { text.len() } else { 0 };
        self.charge(1, own_bytes, node.line)?;
        if anchor > 0 {
            let (nodes, bytes, _) = weigh(&node);
            self.charge(nodes, bytes, node.line)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut().map(|frame| &mut frame.open) {
            None if self.document.as_ref().is_none_or(Node::is_null) => {
                self.document = Some(node);
                Ok(())
            }
            None if node.is_null() => Ok(()),
            None => Err(YamlError::new(node.line, "a second document begins; wanted one")),
            Some(Open::List(items)) => {
                items.push(node);
                Ok(())
            }
            Some(Open::Map { fields, names, name }) => {
                if let Some((name, line)) = name.take() {
                    fields.push(Field { name, line, node });
                    Ok(())
                } else {
                    let Kind::Scalar { text, .. } = node.kind else {
                        return Err(YamlError::new(
                            node.line,
                            "a field's name is a list or map; expected a text",
                        ));
                    };
                    if !names.insert(text.clone()) {
                        return Err(YamlError::new(node.line, format!("field {text:?} occurs twice")));
                    }
                    *name = Some((text, node.line));
                    Ok(())
                }
            }
        }
    }

    fn alias(&mut self, anchor: usize, line: u32) -> Result<Node, YamlError> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(YamlError::new(line, "an alias inside of its own anchor"));
        };
        let (nodes, bytes, depth) = weigh(node);
        if self.stack.len() + depth > MAX_DEPTH {
            return Err(YamlError::new(line, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        // Counted before it is copied: a chain of aliases doubles with every step.
        self.charge(nodes, bytes, line)?;
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(YamlError::new(line, "an alias inside of its own anchor"));
        };
        Ok(node.clone())
    }

    fn charge(&mut self, nodes: usize, bytes: usize, line: u32) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.nodes > MAX_NODES {
            return Err(YamlError::new(line, format!("more than {MAX_NODES} values, aliases counted")));
        }
        if self.bytes > MAX_BYTES {
            return Err(YamlError::new(
                line,
                format!("more than {MAX_BYTES} bytes of text, aliases counted"),
            ));
        }
        Ok(())
    }
}

/// Values, bytes of text and levels of a node. Recursion is bounded by [`MAX_DEPTH`].
fn weigh(node: &Node) -> (usize, usize, usize) {
    let (children, depth): (Vec<&Node>, usize) = match &node.kind {
        Kind::Scalar { text, .. } => return (1, text.len(), 0),
        Kind::List(items) => (items.iter().collect(), 1),
        Kind::Map(fields) => (fields.iter().map(|field| &field.node).collect(), 1),
    };
    let names = match &node.kind {
        Kind::Map(fields) => fields.iter().map(|field| field.name.len()).sum(),
        _ => 0,
    };
    children
        .into_iter()
        .map(weigh)
        .fold((1, names, depth), |sum, child| (sum.0 + child.0, sum.1 + child.1, sum.2.max(child.2 + 1)))
}

fn scalar_node(text: String, style: ScalarStyle, tag: Option<&Tag>, line: u32) -> Node {
    let resolved = match tag {
        None => style == ScalarStyle::Plain,
        // A tag that names a core type other than text decides the type, quoted or not.
        Some(tag) => tag.is_yaml_core_schema() && matches!(&*tag.suffix, "int" | "float" | "bool" | "null"),
    };
    let value = if resolved { scalar::resolve(&text) } else { Value::Text(text.clone()) };
    Node { line, kind: Kind::Scalar { text, value } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        parse(text, 1).unwrap().into_value()
    }

    #[test]
    fn fields_have_their_lines() {
        let node = parse("a: 1\n\nb:\n  - x\n  - y: 2\n", 10).unwrap();
        let Kind::Map(fields) = node.kind else { panic!("a map") };
        assert_eq!((fields[0].line, fields[1].line), (10, 12));
        let Kind::List(items) = &fields[1].node.kind else { panic!("a list") };
        assert_eq!((items[0].line, items[1].line), (13, 14));
    }

    #[test]
    fn aliases_are_resolved() {
        let read = value("a: &x {k: [1, yes]}\nb: *x\nc: &y word\nd: *y\n");
        assert_eq!(read.get("a"), read.get("b"));
        assert_eq!(read.get("d").and_then(Value::as_str), Some("word"));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let uses = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb = format!("{bomb}a{level}: &a{level} [{uses}]\n");
        }
        let error = parse(&bomb, 1).unwrap_err();
        assert!(error.message.contains("aliases counted"), "{error}");
        assert!(error.line < 8, "{error}");
    }

    #[test]
    fn a_depth_bomb_is_refused() {
        for text in ["[".repeat(100_000), "- ".repeat(5_000), "a:\n ".to_owned() + &"[".repeat(90)] {
            let error = parse(&text, 1).unwrap_err();
            // The parser has its own limit for flow style, which may be reached first.
            let is_named =
                ["nested deeper", "recursion limit"].iter().any(|words| error.message.contains(words));
            assert!(is_named, "{error}");
        }
    }

    #[test]
    fn an_alias_of_itself_is_refused() {
        assert!(parse("a: &a [*a]\n", 1).is_err());
        assert!(parse("a: *b\n", 1).is_err());
    }

    #[test]
    fn a_field_twice_is_refused_with_its_line() {
        assert_eq!(
            parse("a: 1\nb: 2\na: 3\n", 1).unwrap_err(),
            YamlError::new(3, "field \"a\" occurs twice")
        );
    }

    #[test]
    fn empty_documents_are_ignored_and_others_refused() {
        assert_eq!(value("a: 1\n---\n").get("a"), Some(&Value::Int(1)));
        assert_eq!(value("---\na: 1\n---"), value("a: 1"));
        assert_eq!(value("a: 1\n...\n"), value("a: 1"));
        assert_eq!(value(""), Value::Null);
        assert_eq!(parse("a: 1\n---\nb: 2\n", 1).unwrap_err().line, 3);
    }

    #[test]
    fn tags_decide_the_type() {
        assert_eq!(
            value("a: !!str 5\nb: !!int '5'\nc: !mine 5\n").as_map().unwrap(),
            &[
                ("a".to_owned(), Value::from("5")),
                ("b".to_owned(), Value::Int(5)),
                ("c".to_owned(), Value::from("5")),
            ]
        );
    }
}
