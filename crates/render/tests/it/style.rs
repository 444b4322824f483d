//! Checks of the stylesheet: contrast, and nothing fetched from other sites.

use std::collections::HashMap;

const STYLE: &str = include_str!("../../templates/style.css");

/// The colours of the light and of the dark theme, by name.
fn themes() -> [HashMap<&'static str, [f64; 3]>; 2] {
    let (light, rest) = STYLE.split_once("@media (prefers-color-scheme: dark)").expect("a dark theme");
    let (dark, _) = rest.split_once("\n}\n").expect("an end of the dark theme");
    [light, dark].map(|block| {
        block
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"))
            .map(|(name, digits)| {
                let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("a colour");
                (name, [part(0), part(2), part(4)].map(|part| f64::from(part) / 255.0))
            })
            .collect()
    })
}

/// Relative luminance and contrast ratio as WCAG 2.2 defines them.
fn contrast(one: [f64; 3], two: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let [red, green, blue] = colour
            .map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, two) = (luminance(one), luminance(two));
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

#[test]
fn text_stands_out_in_both_themes() {
    for theme in themes() {
        for ground in ["paper", "tint"] {
            for text in ["ink", "soft", "muted", "accent"] {
                let ratio = contrast(theme[text], theme[ground]);
                assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
            }
        }
        assert!(contrast(theme["ink"], theme["mark"]) >= 4.5);
        assert!(contrast(theme["paper"], theme["ink"]) >= 4.5);
        assert!(contrast(theme["paper"], theme["accent"]) >= 4.5);
    }
}

#[test]
fn nothing_is_fetched_from_other_sites() {
    for word in ["url(", "@import", "@font-face", "http"] {
        assert!(!STYLE.contains(word), "{word}");
    }
}
