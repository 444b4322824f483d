//! SVG pictures made safe: shapes, text and gradients are kept, whatever can run, load or link is not.
//!
//! What is kept is a list (SVG 2 §5 to §14, without `script`, `foreignObject`, `a`, `image`, `style` elements,
//! animation and filters), so what nobody thought of is left out. The document is written anew from its
//! events: no document type, no entities of its own, no processing instructions, no comments.

use quick_xml::{
    Reader, Writer,
    events::{BytesEnd, BytesStart, BytesText, Event, attributes::Attribute},
};

/// Larger files are refused, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// More elements than this are refused: they cost whoever draws them.
const MAX_ELEMENTS: usize = 20_000;
/// Deeper nesting is refused.
const MAX_DEPTH: usize = 64;

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

/// The picture made safe; `None` where it is no well-formed SVG in UTF-8, has no size, or is too large.
pub fn sanitised(bytes: &[u8]) -> Option<Svg> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_BYTES)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut pass =
        Pass { writer: Writer::new(Vec::new()), depth: 0, skipped: 0, elements: 0, size: None, ended: false };
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => pass.open(&start, false)?,
            Event::Empty(start) => pass.open(&start, true)?,
            Event::End(end) => pass.close(end.local_name().as_ref())?,
            Event::Text(text) => pass.text(&text.xml10_content())?,
            Event::CData(text) => pass.text(&text.into_inner())?,
            Event::GeneralRef(name) => pass.entity(&name, name.resolve_char_ref().ok()?)?,
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::DocType(_) | Event::PI(_) => {}
        }
    }
    let (width, height) = pass.size.filter(|_| pass.depth == 0 && pass.skipped == 0)?;
    Some(Svg { bytes: pass.writer.into_inner(), width, height })
}

struct Pass {
    writer: Writer<Vec<u8>>,
    /// Open elements that are kept, and open ones inside of one that is not.
    depth: usize,
    skipped: usize,
    elements: usize,
    size: Option<(u32, u32)>,
    /// The root has been closed.
    ended: bool,
}

impl Pass {
    fn open(&mut self, start: &BytesStart<'_>, empty: bool) -> Option<()> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS || self.depth + self.skipped > MAX_DEPTH || self.ended {
            return None;
        }
        let local = start.local_name();
        let name = local.as_ref();
        let is_root = self.depth == 0 && self.skipped == 0;
        if is_root && name != "svg" {
            return None;
        }
        if self.skipped > 0 || !ELEMENTS.contains(&name) {
            self.skipped += usize::from(!empty);
            return Some(());
        }
        let mut kept = BytesStart::new(name.to_owned());
        if is_root {
            kept.push_attribute(("xmlns", "http://www.w3.org/2000/svg"));
            self.size = Some(size(start)?);
        }
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            if let Some((key, value)) = safe(&attribute, name) {
                kept.push_attribute((key, value.as_str()));
            }
        }
        let event = if empty { Event::Empty(kept) } else { Event::Start(kept) };
        self.depth += usize::from(!empty);
        self.ended = empty && is_root;
        self.writer.write_event(event).ok()
    }

    fn close(&mut self, name: &str) -> Option<()> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Some(());
        }
        self.depth = self.depth.checked_sub(1)?;
        self.ended = self.depth == 0;
        self.writer.write_event(Event::End(BytesEnd::new(name.to_owned()))).ok()
    }

    fn text(&mut self, text: &str) -> Option<()> {
        if self.skipped > 0 || self.depth == 0 {
            return Some(());
        }
        self.writer.write_event(Event::Text(BytesText::new(text))).ok()
    }

    /// The five entities of XML and characters by number; those that a document declares for itself are left out.
    fn entity(&mut self, name: &str, character: Option<char>) -> Option<()> {
        let known = match (name, character) {
            (_, Some(character)) => character.to_string(),
            ("amp", _) => "&".to_owned(),
            ("lt", _) => "<".to_owned(),
            ("gt", _) => ">".to_owned(),
            ("quot", _) => "\"".to_owned(),
            ("apos", _) => "'".to_owned(),
            _ => return Some(()),
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
        Some(found.value.into_owned())
    };
    let length = |name: &str| {
        let text = value(name)?;
        let number = text.trim().trim_end_matches("px").trim();
        number.parse::<f64>().ok()
    };
    let (width, height) = length("width").zip(length("height")).or_else(|| {
        let text = value("viewBox")?;
        let mut numbers =
            text.split([' ', ',', '\n', '\t']).filter(|part| !part.is_empty()).map(str::parse::<f64>);
        let (_, _) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    })?;
    let whole = |number: f64| (1.0..=32_768.0).contains(&number).then(|| number.round() as u32);
    Some((whole(width)?, whole(height)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(svg: &str) -> Option<String> {
        sanitised(svg.as_bytes()).map(|svg| String::from_utf8(svg.bytes).unwrap())
    }

    #[test]
    fn shapes_are_kept_and_the_size_is_read() {
        let svg = "<?xml version='1.0'?><!-- a mill --><svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 20'>\
            <defs><linearGradient id='g'><stop offset='0' stop-color='red'/></linearGradient></defs>\
            <path d='M0 0h4' fill='url(#g)'/><use xlink:href='#g' xmlns:xlink='http://www.w3.org/1999/xlink'/>\
            <text x='1'>Mill &amp; mole &lt;3</text></svg>";
        let safe = sanitised(svg.as_bytes()).unwrap();
        assert_eq!((safe.width, safe.height), (40, 20));
        let text = String::from_utf8(safe.bytes.clone()).unwrap();
        assert_eq!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 20\"><defs><linearGradient id=\"g\">\
             <stop offset=\"0\" stop-color=\"red\"/></linearGradient></defs><path d=\"M0 0h4\" fill=\"url(#g)\"/>\
             <use href=\"#g\"/><text x=\"1\">Mill &amp; mole &lt;3</text></svg>"
        );
        assert_eq!(sanitised(&safe.bytes).unwrap(), safe, "what is safe stays as it is");
    }

    #[test]
    fn what_runs_or_loads_is_gone() {
        let inner = [
            "<script>alert(1)</script>",
            "<script xlink:href='https://evil.example/x.js'/>",
            "<foreignObject><body onload='alert(1)'>x</body></foreignObject>",
            "<a href='https://evil.example/'><rect/></a>",
            "<image href='https://evil.example/pixel.gif'/>",
            "<style>@import 'https://evil.example/x.css';</style>",
            "<animate attributeName='href' to='javascript:alert(1)'/>",
            "<set attributeName='onmouseover' to='alert(1)'/>",
            "<use href='https://evil.example/x.svg#a'/>",
            "<use href='data:image/svg+xml,evil'/>",
            "<rect onclick='alert(1)' style='fill: url(https://evil.example/x)'/>",
            "<rect style='fill: u\\72l(https://evil.example/x)' fill='URL( \"//evil.example/x\" )'/>",
            "<iframe src='https://evil.example'/>",
        ];
        for inner in inner {
            let text = text(&format!("<svg width='40' height='40'>{inner}</svg>")).unwrap();
            let bad = ["evil", "alert", "script", "onload", "onclick", "foreign", "import", "animate"];
            assert!(!bad.iter().any(|word| text.contains(word)), "{inner}: {text}");
        }
    }

    #[test]
    fn bombs_and_broken_files_are_refused() {
        for bad in [
            "",
            "<svg>",
            "<html><svg width='4' height='4'/></html>",
            "<svg width='4' height='4'><g></svg>",
            "<svg width='4'/>",
            "<svg width='100%' height='100%'/>",
            "<svg width='1e9' height='4'/>",
            "<svg width='4' height='4'/><svg width='4' height='4'/>",
        ] {
            assert_eq!(text(bad), None, "{bad}");
        }
        let bomb = "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><svg width='40' height='40'><text>&b;</text></svg>";
        assert_eq!(
            text(bomb).as_deref(),
            Some("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"40\"><text></text></svg>")
        );
        assert_eq!(text(&format!("<svg width='4' height='4'>{}</svg>", "<g>".repeat(9000))), None);
        assert_eq!(text(&format!("<svg width='4' height='4'>{}</svg>", "<g/>".repeat(30_000))), None);
    }

    #[test]
    fn svg_is_told_from_other_files() {
        assert!(is_svg(b"\xef\xbb\xbf <?xml version='1.0'?>\n<svg width='4'/>") && is_svg(b"<svg/>"));
        assert!(!is_svg(b"GIF89a") && !is_svg(b"<html>") && !is_svg(b"svg <svg"));
    }
}
