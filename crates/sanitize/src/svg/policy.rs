//! What a sanitised drawing may hold. Everything else is removed.

use quick_xml::events::attributes::Attribute;

use super::problem::MAX_NUMBER;

/// Elements that stay.
pub(super) const ELEMENTS: &[&str] = &[
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

/// Attributes that stay.
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

/// An attribute that is allowed, with its value unescaped.
pub(super) fn allowed_attribute(attribute: &Attribute<'_>, element: &str) -> Option<(&'static str, String)> {
    let name = attribute.key.as_ref();
    let key = *ATTRIBUTES.iter().find(|known| **known == name)?;
    let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
    let fits = match key {
        // Only shapes of this document can be used.
        "href" | "xlink:href" => value.trim_start().starts_with('#') && element != "svg",
        _ => loads_nothing(&value),
    };
    // `xlink` is not declared in the output; SVG 2 §7.2 reads `href` alone.
    let key = if key == "xlink:href" { "href" } else { key };
    fits.then_some((key, value))
}

/// Whether an attribute contains a number above [`MAX_NUMBER`].
pub(super) fn has_huge_number(key: &str, value: &str) -> bool {
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

/// The length in bytes of the number at the start, which begins with a digit.
fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end += 1 + digits(end + 1);
    }
    end + exponent(&bytes[end..])
}

/// The length in bytes of an exponent (`e9`, `E+9`) at the start; 0 if there is none.
fn exponent(bytes: &[u8]) -> usize {
    let [b'e' | b'E', rest @ ..] = bytes else { return 0 };
    let sign = usize::from(matches!(rest, [b'+' | b'-', ..]));
    let digits = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { 0 } else { 1 + sign + digits }
}

/// Whether a value refers to nothing outside the document: no functions except those of colours and
/// transforms, and `url` of an element in it.
fn loads_nothing(value: &str) -> bool {
    let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let foreign = ["javascript:", "data:", "expression(", "@import", "\\", "image(", "image-set(", "src("];
    !foreign.iter().any(|word| plain.contains(word))
        && plain.split("url(").skip(1).all(|inner| inner.trim_start_matches(['"', '\'']).starts_with('#'))
}
