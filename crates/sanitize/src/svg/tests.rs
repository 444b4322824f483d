use super::*;

#[test]
fn sanitised_drawings_stay_as_they_are() {
    for space in ["\t", "&#9;", "&#x20;", "\n", "&#13;", ", "] {
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10{space}10'><path d='M0 0'/></svg>"
        );
        let safe = sanitize_svg(svg.as_bytes()).unwrap();
        assert_eq!((safe.width, safe.height), (10, 10), "{space:?}");
        assert_eq!(sanitize_svg(&safe.bytes).unwrap().bytes, safe.bytes, "{space:?}");
    }
}

#[test]
fn a_view_box_is_four_numbers() {
    let of = |view: &str| sanitize_svg(format!("<svg viewBox='{view}'><path/></svg>").as_bytes()).is_ok();
    assert!(of("0 0 10 10") && of(" 0,0 10\n10 "));
    assert!(!of("0 0 10") && !of("0 0 10 10 10") && !of("0 0 10 10,url(x)"));
}

fn text(svg: &str) -> Option<String> {
    sanitize_svg(svg.as_bytes()).ok().map(|svg| String::from_utf8(svg.bytes).unwrap())
}

#[test]
fn shapes_are_kept_and_the_size_is_read() {
    let svg = "<?xml version='1.0'?><!-- a mill --><svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 20'>\
        <defs><linearGradient id='g'><stop offset='0' stop-color='red'/></linearGradient></defs>\
        <path d='M0 0h4' fill='url(#g)'/><use xlink:href='#g' xmlns:xlink='http://www.w3.org/1999/xlink'/>\
        <text x='1'>Mill &amp; mole &lt;3</text></svg>";
    let safe = sanitize_svg(svg.as_bytes()).unwrap();
    assert_eq!((safe.width, safe.height), (40, 20));
    let text = String::from_utf8(safe.bytes.clone()).unwrap();
    assert_eq!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 20\"><defs><linearGradient id=\"g\">\
         <stop offset=\"0\" stop-color=\"red\"/></linearGradient></defs><path d=\"M0 0h4\" fill=\"url(#g)\"/>\
         <use href=\"#g\"/><text x=\"1\">Mill &amp; mole &lt;3</text></svg>"
    );
    assert_eq!(sanitize_svg(&safe.bytes).unwrap(), safe, "what is safe stays as it is");
}

#[test]
fn active_and_external_content_is_removed() {
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

fn problem(inner: &str) -> Option<SvgProblem> {
    sanitize_svg(format!("<svg width='40' height='40'>{inner}</svg>").as_bytes()).err()
}

/// Each group uses the one before it ten times.
fn nested(levels: usize, used: impl Fn(usize) -> String) -> String {
    let mut text = "<g id='g0'><path d='M0 0h9'/></g>".to_owned();
    for level in 1..=levels {
        let inner = used(level - 1).repeat(10);
        text = format!("{text}<g id='g{level}'>{inner}</g>");
    }
    text
}

#[test]
fn elements_that_multiply_are_refused() {
    let much = Some(SvgProblem::TooMuchDrawn { max: 250_000 });
    let r#use = |level: usize| format!("<use href='#g{level}'/>");
    assert_eq!(problem(&nested(3, r#use)), None);
    assert_eq!(problem(&nested(9, r#use)), much);
    assert_eq!(problem(&nested(9, |level| format!("<use xlink:href=' #g{level}'/>"))), much);
    for (tag, attribute) in
        [("pattern", "fill"), ("mask", "mask"), ("clipPath", "clip-path"), ("symbol", "stroke")]
    {
        let text = nested(9, |level| format!("<rect {attribute}=\"url( '#g{level}' )\"/>"));
        assert_eq!(
            problem(&text.replace("<g ", &format!("<{tag} ")).replace("</g>", &format!("</{tag}>"))),
            much
        );
    }
    assert_eq!(problem(&nested(9, |level| format!("<rect style='fill:url(#g{level})'/>"))), much);
}

#[test]
fn repeated_drawing_is_counted() {
    let much = Some(SvgProblem::TooMuchDrawn { max: 250_000 });
    let shapes = |count: usize| "<path d='M0 0'/>".repeat(count);
    let points = "1,1 ".repeat(2_000);
    let marker = |count| format!("<marker id='m'>{}</marker>", shapes(count));
    let line = format!("<g marker-mid='url(#m)'><polyline points='{points}'/></g>");
    assert_eq!(problem(&format!("{}{line}", marker(20))), None);
    assert_eq!(problem(&format!("{}{line}", marker(200))), much);
    let long = format!("<path id='p' d='M{points}'/>{}", "<use href='#p'/>".repeat(2_000));
    assert_eq!(problem(&long), much);
    let text = format!("<text id='p'>{}</text>{}", "tide ".repeat(2_000), "<use href='#p'/>".repeat(1_000));
    assert_eq!(problem(&text), much);
    let pattern = format!("<pattern id='a'>{}</pattern>", shapes(500));
    assert_eq!(problem(&format!("{pattern}<g fill='url(#a)'>{}</g>", shapes(100))), None);
    assert_eq!(problem(&format!("{pattern}<g fill='url(#a)'>{}</g>", shapes(1_000))), much);
}

#[test]
fn circles_and_long_chains_of_references_are_refused() {
    let circle = Some(SvgProblem::References);
    assert_eq!(problem("<g id='a'><use href='#a'/></g>"), circle);
    assert_eq!(problem("<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>"), circle);
    assert_eq!(problem("<pattern id='a'><rect fill='url(#a)'/></pattern>"), circle);
    let chain = |length: usize| {
        let links: String = (1..length).map(|n| format!("<use id='u{n}' href='#u{}'/>", n - 1)).collect();
        format!("<use href='#u{}'/>{links}<rect id='u0'/>", length - 1)
    };
    assert_eq!(problem(&chain(10)), None);
    assert_eq!(problem(&chain(10_000)), circle);
    let rising: String = (1..100).map(|n| format!("<use id='u{n}' href='#u{}'/>", n - 1)).collect();
    assert_eq!(problem(&format!("<rect id='u0'/>{rising}")), circle);
    assert_eq!(problem("<use href='#nowhere'/><rect fill='url(#nowhere)'/>"), None);
}

#[test]
fn huge_numbers_are_refused() {
    for bad in [
        "<circle r='1e308'/>",
        "<path d='M0 0L99999999999,1'/>",
        "<path d='M0 0h-1E+9z'/>",
        "<g transform='scale(1e30)'/>",
        "<rect style='stroke-width:1e12'/>",
        "<path d='M.5.5e30'/>",
    ] {
        assert_eq!(problem(bad), Some(SvgProblem::HugeNumber), "{bad}");
    }
    for good in [
        "<rect fill='#1e9999' style='fill:#9e9999;stroke:#1E99'/>",
        "<path d='M.5.5l-1e-9 9999.25e2.5.5.5.25.125.5.5.5.25.125.5.5.5.25.125.5.5.5.25.125'/>",
        "<g id='9999999999999' class='n1e99'/>",
        "<rect rx='9999' font-family='1e99'/>",
    ] {
        assert_eq!(problem(good), None, "{good}");
    }
}

#[test]
fn each_problem_is_reported() {
    assert_eq!(sanitize_svg(&[0xff]), Err(SvgProblem::Encoding));
    assert_eq!(sanitize_svg(&vec![b' '; MAX_SVG_BYTES + 1]), Err(SvgProblem::TooLarge));
    assert_eq!(sanitize_svg(b"<svg width='4'/>"), Err(SvgProblem::NoSize));
    assert_eq!(problem(&"<g>".repeat(100)), Some(SvgProblem::TooDeep));
    assert_eq!(problem(&"<g/>".repeat(30_000)), Some(SvgProblem::TooManyElements));
    assert_eq!(problem("<g>"), Some(SvgProblem::Malformed));
}

#[test]
fn svg_is_recognised() {
    assert!(is_svg(b"\xef\xbb\xbf <?xml version='1.0'?>\n<svg width='4'/>") && is_svg(b"<svg/>"));
    assert!(!is_svg(b"GIF89a") && !is_svg(b"<html>") && !is_svg(b"svg <svg"));
}
