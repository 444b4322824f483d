//! Charts as SVG, for editors: bars of shares.

use std::fmt::Write as _;

use quick_xml::escape::escape as escaped;

/// One row of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The name of the row.
    pub label: String,
    /// The number of cases behind its shares.
    pub cases: usize,
    /// Precision and recall, each from 0 to 1; `None` if there are no cases to divide by.
    pub shares: [Option<f64>; 2],
}

const WIDTH: u32 = 680;
const EDGE: u32 = 20;
const LABEL: u32 = 230;
const BAR: u32 = 360;
const ROW: u32 = 40;
const HEAD: u32 = 64;
const MAX_BARS: u32 = 10_000;

/// An SVG chart of the precision and recall of each row, with the same as text for people who do
/// not see it. Its colours follow the reader's colour scheme, light or dark.
pub fn shares_svg(title: &str, note: &str, bars: &[Bar]) -> String {
    let rows = u32::try_from(bars.len()).unwrap_or(u32::MAX).min(MAX_BARS);
    let (width, height) = (WIDTH + 2 * EDGE, HEAD + ROW * rows + 2 * EDGE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{EDGE} -{EDGE} {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{label}\">\n<style>text{{font:14px system-ui,sans-serif;fill:#1c1b19}}.note{{font-size:12px;\
         fill:#5c5952}}.head{{font-weight:600}}.paper{{fill:#fff}}.rail{{fill:#e7e3da}}.one{{fill:#9b1c1c}}.two{{fill:#3c6e8f}}@media(prefers-color-scheme:dark){{\
         text{{fill:#efece5}}.paper{{fill:#191816}}.note{{fill:#aaa59a}}.rail{{fill:#3a3833}}.one{{fill:#e58a83}}.two{{fill:#8fc0de}}}}</style>\n\
         <rect class=\"paper\" x=\"-{EDGE}\" y=\"-{EDGE}\" width=\"{width}\" height=\"{height}\"/>\n<text class=\"head\" x=\"0\" y=\"20\">{heading}</text>\n<text class=\"note\" x=\"0\" y=\"40\">{note}</text>\n",
        label = escaped(as_text(title, bars)),
        heading = escaped(title),
        note = escaped(note),
    );
    for (at, bar) in (0..).zip(bars.iter().take(MAX_BARS as usize)) {
        let y = HEAD + ROW * at;
        // Writing to a string does not fail.
        let _ = writeln!(svg, "<text x=\"0\" y=\"{}\">{}</text>", y + 15, escaped(short(&bar.label)));
        let _ = writeln!(svg, "<text class=\"note\" x=\"0\" y=\"{}\">{} cases</text>", y + 30, bar.cases);
        for ((share, class), top) in bar.shares.iter().zip(["one", "two"]).zip([y + 3, y + 19]) {
            let _ = writeln!(
                svg,
                "<rect class=\"rail\" x=\"{LABEL}\" y=\"{top}\" width=\"{BAR}\" height=\"12\" rx=\"2\"/>"
            );
            if let Some(share) = share {
                let long = (share.clamp(0.0, 1.0) * f64::from(BAR)).round();
                let _ = writeln!(
                    svg,
                    "<rect class=\"{class}\" x=\"{LABEL}\" y=\"{top}\" width=\"{long}\" height=\"12\" rx=\"2\"/>"
                );
            }
            let _ = writeln!(
                svg,
                "<text class=\"note\" x=\"{}\" y=\"{}\">{}</text>",
                LABEL + BAR + 10,
                top + 10,
                percent(*share)
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn as_text(title: &str, bars: &[Bar]) -> String {
    let line = |bar: &Bar| {
        format!("{}: precision {}, recall {}", bar.label, percent(bar.shares[0]), percent(bar.shares[1]))
    };
    let lines: Vec<String> = bars.iter().take(40).map(line).collect();
    format!("{title}. {}", lines.join("; "))
}

/// As much of a label as fits beside its bar.
fn short(label: &str) -> String {
    const MAX: usize = 28;
    if label.chars().count() <= MAX {
        return label.to_owned();
    }
    let mut short: String = label.chars().take(MAX - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_shows_shares_as_bars_and_as_text() {
        let bars = [
            Bar { label: "Publication".to_owned(), cases: 12, shares: [Some(0.75), Some(1.0)] },
            Bar {
                label: "Mills & <rivers> with a name that is long".to_owned(),
                cases: 0,
                shares: [None, Some(0.0)],
            },
        ];
        insta::assert_snapshot!(shares_svg("The machine beside the editor", "12 articles", &bars));
    }
}
