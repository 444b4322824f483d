//! Writes a drawing again with what the policy allows.

use quick_xml::{
    Reader, Writer,
    events::{BytesEnd, BytesStart, BytesText, Event},
};

use super::{
    expansion::Drawing,
    policy::{ELEMENTS, allowed_attribute, has_huge_number},
    problem::{MAX_DEPTH, MAX_ELEMENTS, MAX_SVG_BYTES, SvgProblem},
};

/// A sanitised drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg {
    /// The document as UTF-8.
    pub bytes: Vec<u8>,
    /// In CSS pixels, at least 1; from `width` and `height`, else from `viewBox`.
    pub width: u32,
    /// In CSS pixels, at least 1.
    pub height: u32,
}

/// Sanitises a drawing.
///
/// Errors: why it is refused.
pub fn sanitize_svg(bytes: &[u8]) -> Result<Svg, SvgProblem> {
    if bytes.len() > MAX_SVG_BYTES {
        return Err(SvgProblem::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SvgProblem::Encoding)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut sanitizer = Sanitizer {
        writer: Writer::new(Vec::new()),
        drawing: Drawing::default(),
        depth: 0,
        skipped: 0,
        elements: 0,
        size: None,
        ended: false,
    };
    loop {
        match reader.read_event().map_err(|_| SvgProblem::Malformed)? {
            Event::Start(start) => sanitizer.open(&start, false)?,
            Event::Empty(start) => sanitizer.open(&start, true)?,
            Event::End(end) => sanitizer.close(end.local_name().as_ref())?,
            Event::Text(text) => sanitizer.text(&text.xml10_content())?,
            Event::CData(text) => sanitizer.text(&text.into_inner())?,
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().map_err(|_| SvgProblem::Malformed)?;
                sanitizer.entity(&name, character)?;
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::DocType(_) | Event::PI(_) => {}
        }
    }
    let whole = sanitizer.size.filter(|_| sanitizer.depth == 0 && sanitizer.skipped == 0);
    let (width, height) = whole.ok_or(SvgProblem::Malformed)?;
    sanitizer.drawing.check()?;
    Ok(Svg { bytes: sanitizer.writer.into_inner(), width, height })
}

struct Sanitizer {
    writer: Writer<Vec<u8>>,
    drawing: Drawing,
    /// Number of open elements that are kept.
    depth: usize,
    /// Number of open elements that are removed.
    skipped: usize,
    elements: usize,
    size: Option<(u32, u32)>,
    /// The root has been closed.
    ended: bool,
}

impl Sanitizer {
    fn open(&mut self, start: &BytesStart<'_>, empty: bool) -> Result<(), SvgProblem> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(SvgProblem::TooManyElements);
        }
        if self.depth + self.skipped > MAX_DEPTH {
            return Err(SvgProblem::TooDeep);
        }
        let local = start.local_name();
        let name = local.as_ref();
        let is_root = self.depth == 0 && self.skipped == 0;
        if self.ended || (is_root && name != "svg") {
            return Err(SvgProblem::Malformed);
        }
        if self.skipped > 0 || !ELEMENTS.contains(&name) {
            self.skipped += usize::from(!empty);
            return Ok(());
        }
        let mut kept = BytesStart::new(name.to_owned());
        if is_root {
            kept.push_attribute(("xmlns", "http://www.w3.org/2000/svg"));
            self.size = Some(size(start).ok_or(SvgProblem::NoSize)?);
        }
        self.drawing.open();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| SvgProblem::Malformed)?;
            if let Some((key, value)) = allowed_attribute(&attribute, name) {
                if has_huge_number(key, &value) {
                    return Err(SvgProblem::HugeNumber);
                }
                self.drawing.attribute(key, &value);
                kept.push_attribute((key, value.as_str()));
            }
        }
        let event = if empty { Event::Empty(kept) } else { Event::Start(kept) };
        if empty {
            self.drawing.close();
        }
        self.depth += usize::from(!empty);
        self.ended = empty && is_root;
        self.write(event)
    }

    fn close(&mut self, name: &str) -> Result<(), SvgProblem> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        self.depth = self.depth.checked_sub(1).ok_or(SvgProblem::Malformed)?;
        self.ended = self.depth == 0;
        self.drawing.close();
        self.write(Event::End(BytesEnd::new(name.to_owned())))
    }

    fn text(&mut self, text: &str) -> Result<(), SvgProblem> {
        if self.skipped > 0 || self.depth == 0 {
            return Ok(());
        }
        self.drawing.text(text);
        self.write(Event::Text(BytesText::new(text)))
    }

    fn write(&mut self, event: Event<'_>) -> Result<(), SvgProblem> {
        self.writer.write_event(event).map_err(|_| SvgProblem::Malformed)
    }

    /// The five entities of XML and numeric references; entities that a document declares are left
    /// out.
    fn entity(&mut self, name: &str, character: Option<char>) -> Result<(), SvgProblem> {
        let text = match (name, character) {
            (_, Some(character)) => character.to_string(),
            ("amp", _) => "&".to_owned(),
            ("lt", _) => "<".to_owned(),
            ("gt", _) => ">".to_owned(),
            ("quot", _) => "\"".to_owned(),
            ("apos", _) => "'".to_owned(),
            _ => return Ok(()),
        };
        self.text(&text)
    }
}

/// Width and height of the root in pixels: its own, else those of its view box.
fn size(root: &BytesStart<'_>) -> Option<(u32, u32)> {
    let value = |name: &str| {
        let found = root.try_get_attribute(name).ok()??;
        Some(quick_xml::escape::unescape(&found.value).ok()?.into_owned())
    };
    let length = |name: &str| {
        let text = value(name)?;
        let number = text.trim().trim_end_matches("px").trim();
        number.parse::<f64>().ok()
    };
    let (width, height) = length("width").zip(length("height")).or_else(|| {
        let text = value("viewBox")?;
        let mut numbers =
            text.split([' ', ',', '\n', '\t', '\r']).filter(|part| !part.is_empty()).map(str::parse::<f64>);
        let (_, _) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        let size = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        // More than four numbers are invalid.
        numbers.next().is_none().then_some(size)
    })?;
    let whole = |number: f64| (1.0..=32_768.0).contains(&number).then(|| number.round() as u32);
    Some((whole(width)?, whole(height)?))
}
