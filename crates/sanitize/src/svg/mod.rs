//! SVG pictures made safe: shapes, text and gradients are kept, whatever can run, load or link is not.
//!
//! What is kept is a list (SVG 2 §5 to §14, without `script`, `foreignObject`, `a`, `image`, `style` elements,
//! animation and filters), so what nobody thought of is left out. The document is written anew from its
//! events: no document type, no entities of its own, no processing instructions, no comments.

mod expansion;

use quick_xml::{
    Reader, Writer,
    events::{BytesEnd, BytesStart, BytesText, Event, attributes::Attribute},
};

use self::expansion::Drawing;

/// Larger files are refused, in bytes.
pub const MAX_SVG_BYTES: usize = 1 << 20;
/// More elements than this are refused: they cost whoever draws them.
const MAX_ELEMENTS: usize = 20_000;
/// Deeper nesting is refused.
const MAX_DEPTH: usize = 64;

/// Larger numbers than this, in coordinates and lengths, are refused: they make whoever draws them work on shapes
/// that nobody sees.
const MAX_NUMBER: f64 = 1e7;

/// Why an SVG is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SvgProblem {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding,
    /// Larger than [`MAX_SVG_BYTES`].
    #[error("more than {MAX_SVG_BYTES} bytes")]
    TooLarge,
    /// Not a well-formed document with one `svg` element as its root.
    #[error("not a well-formed SVG document")]
    Malformed,
    /// No width and height of 1 to 32,768 pixels.
    #[error("no size between 1 and 32768 pixels")]
    NoSize,
    /// Too many elements.
    #[error("more than {MAX_ELEMENTS} elements")]
    TooManyElements,
    /// Nested too deep.
    #[error("nested deeper than {MAX_DEPTH} elements")]
    TooDeep,
    /// Elements that refer to each other in a circle, or too deep.
    #[error("elements refer to each other in a circle or too deep")]
    References,
    /// Elements that are used again and again.
    #[error("draws more than {max} elements, as elements use others again and again")]
    TooMuchDrawn {
        /// The limit.
        max: u64,
    },
    /// A number that no drawing needs.
    #[error("a number larger than {MAX_NUMBER}")]
    HugeNumber,
}

/// A safe picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Svg {
    /// The document as UTF-8.
    pub bytes: Vec<u8>,
    /// In CSS pixels, at least 1; from `width` and `height`, else from `viewBox`.
    pub width: u32,
    /// In CSS pixels, at least 1.
    pub height: u32,
}

const ELEMENTS: &[&str] = &[
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "title",
    "desc",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "mask",
    "pattern",
    "marker",
];

const ATTRIBUTES: &[&str] = &[
    "id",
    "class",
    "viewBox",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "fx",
    "fy",
    "dx",
    "dy",
    "d",
    "points",
    "transform",
    "preserveAspectRatio",
    "version",
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-opacity",
    "opacity",
    "color",
    "display",
    "visibility",
    "overflow",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "mask",
    "maskUnits",
    "maskContentUnits",
    "offset",
    "stop-color",
    "stop-opacity",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "patternUnits",
    "patternContentUnits",
    "patternTransform",
    "marker-start",
    "marker-mid",
    "marker-end",
    "markerWidth",
    "markerHeight",
    "markerUnits",
    "refX",
    "refY",
    "orient",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "text-anchor",
    "dominant-baseline",
    "letter-spacing",
    "textLength",
    "lengthAdjust",
    "vector-effect",
    "paint-order",
    "shape-rendering",
    "text-rendering",
    "style",
    "href",
    "xlink:href",
];

/// Whether bytes look like an SVG document; cheap, for telling it from other pictures.
pub fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') && text.contains("<svg")
}

/// The picture made safe, or why it is not kept.
pub fn sanitize_svg(bytes: &[u8]) -> Result<Svg, SvgProblem> {
    if bytes.len() > MAX_SVG_BYTES {
        return Err(SvgProblem::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SvgProblem::Encoding)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut pass = Pass {
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
            Event::Start(start) => pass.open(&start, false)?,
            Event::Empty(start) => pass.open(&start, true)?,
            Event::End(end) => pass.close(end.local_name().as_ref())?,
            Event::Text(text) => pass.text(&text.xml10_content())?,
            Event::CData(text) => pass.text(&text.into_inner())?,
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().map_err(|_| SvgProblem::Malformed)?;
                pass.entity(&name, character)?;
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::DocType(_) | Event::PI(_) => {}
        }
    }
    let whole = pass.size.filter(|_| pass.depth == 0 && pass.skipped == 0);
    let (width, height) = whole.ok_or(SvgProblem::Malformed)?;
    pass.drawing.check()?;
    Ok(Svg { bytes: pass.writer.into_inner(), width, height })
}

struct Pass {
    writer: Writer<Vec<u8>>,
    drawing: Drawing,
    /// Open elements that are kept, and open ones inside of one that is not.
    depth: usize,
    skipped: usize,
    elements: usize,
    size: Option<(u32, u32)>,
    /// The root has been closed.
    ended: bool,
}

impl Pass {
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
            if let Some((key, value)) = safe(&attribute, name) {
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

    /// The five entities of XML and characters by number; those that a document declares for itself are left out.
    fn entity(&mut self, name: &str, character: Option<char>) -> Result<(), SvgProblem> {
        let known = match (name, character) {
            (_, Some(character)) => character.to_string(),
            ("amp", _) => "&".to_owned(),
            ("lt", _) => "<".to_owned(),
            ("gt", _) => ">".to_owned(),
            ("quot", _) => "\"".to_owned(),
            ("apos", _) => "'".to_owned(),
            _ => return Ok(()),
        };
        self.text(&known)
    }
}

/// An attribute that may stay, with its value unescaped.
fn safe(attribute: &Attribute<'_>, element: &str) -> Option<(&'static str, String)> {
    let name = attribute.key.as_ref();
    let key = *ATTRIBUTES.iter().find(|known| **known == name)?;
    let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
    let fits = match key {
        // Only shapes of this document are drawn again.
        "href" | "xlink:href" => value.trim_start().starts_with('#') && element != "svg",
        _ => loads_nothing(&value),
    };
    // `xlink` is not declared in what is written; SVG 2 §7.2 reads `href` alone.
    let key = if key == "xlink:href" { "href" } else { key };
    fits.then_some((key, value))
}

/// Whether an attribute of the drawing holds a number that no drawing needs.
fn has_huge_number(key: &str, value: &str) -> bool {
    if matches!(key, "id" | "class" | "href" | "font-family") {
        return false;
    }
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'#' {
            // A colour or a name: `#1e9999` is not a number.
            rest = &after[after.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()..];
        } else if first.is_ascii_digit() {
            let length = number(rest);
            let is_huge = |text: &str| text.parse::<f64>().is_ok_and(|number| number > MAX_NUMBER);
            if std::str::from_utf8(&rest[..length]).is_ok_and(is_huge) {
                return true;
            }
            rest = &rest[length..];
        } else {
            rest = after;
        }
    }
    false
}

/// The length of the number at the start, which begins with a digit.
fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end += 1 + digits(end + 1);
    }
    end + exponent(&bytes[end..])
}

/// The length of an exponent (`e9`, `E+9`) at the start; 0 where there is none.
fn exponent(bytes: &[u8]) -> usize {
    let [b'e' | b'E', rest @ ..] = bytes else { return 0 };
    let sign = usize::from(matches!(rest, [b'+' | b'-', ..]));
    let digits = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { 0 } else { 1 + sign + digits }
}

/// Whether a value names nothing outside the document: no function but those of colours and transforms, and `url`
/// of a place in it.
fn loads_nothing(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let foreign = ["javascript:", "data:", "expression(", "@import", "\\", "image(", "image-set(", "src("];
    !foreign.iter().any(|word| plain.contains(word))
        && plain.split("url(").skip(1).all(|inner| inner.trim_start_matches(['"', '\'']).starts_with('#'))
}

/// Width and height of the root: its own, else those of its view box.
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
        // With more than four it would not be kept as it is.
        numbers.next().is_none().then_some(size)
    })?;
    let whole = |number: f64| (1.0..=32_768.0).contains(&number).then(|| number.round() as u32);
    Some((whole(width)?, whole(height)?))
}

#[cfg(test)]
mod tests;
