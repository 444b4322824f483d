//! The heat of a story over time, as a small inline SVG.

use std::fmt::Write as _;

use courant_model::{HeatCurve, Timestamp};

use crate::formatting::long_time;

/// Size of the drawing in its own units; browsers stretch it to the available space.
const WIDTH: usize = 240;
const HEIGHT: i32 = 48;

/// The curve, with a text for people who do not see it. The stylesheet sets its colour and size.
pub(super) fn svg(curve: &HeatCurve) -> String {
    let steps = curve.degrees.len().saturating_sub(1).max(1);
    let (low, high) = bounds(curve);
    let place = |(at, degrees): (usize, &i32)| {
        let x = at * WIDTH / steps;
        let y = HEIGHT - (degrees - low) * HEIGHT / (high - low);
        (x, y)
    };
    let points: String =
        curve.degrees.iter().enumerate().map(place).map(|(x, y)| format!(" {x},{y}")).collect();
    let points = points.trim_start();
    let mut svg = format!(
        "<svg viewBox=\"0 -2 {WIDTH} {}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}\">",
        HEIGHT + 4,
        as_text(curve)
    );
    // Writing to a `String` cannot fail.
    let _ = write!(
        svg,
        "<polygon fill=\"currentColor\" opacity=\".12\" points=\"0,{HEIGHT} {points} {WIDTH},{HEIGHT}\"/>\
         <polyline fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" vector-effect=\"non-scaling-stroke\" \
         points=\"{points}\"/></svg>"
    );
    svg
}

/// From a little below the lowest to the highest heat, never an empty range.
fn bounds(curve: &HeatCurve) -> (i32, i32) {
    let low = curve.degrees.iter().copied().min().unwrap_or(0);
    let high = curve.degrees.iter().copied().max().unwrap_or(0);
    (low.saturating_sub(5).max(0), high.max(low.saturating_add(1)).max(1))
}

fn as_text(curve: &HeatCurve) -> String {
    let first = curve.degrees.first().copied().unwrap_or(0);
    let last = curve.degrees.last().copied().unwrap_or(0);
    let (at, highest) = curve
        .degrees
        .iter()
        .enumerate()
        .max_by_key(|(at, degrees)| (**degrees, std::cmp::Reverse(*at)))
        .unwrap_or((0, &0));
    let time = |at: usize| {
        let second = curve.start.as_second().saturating_add(curve.step_s.saturating_mul(at as i64));
        long_time(Timestamp::from_second(second).unwrap_or(curve.start))
    };
    format!("Heat {first} on {}, highest {highest} on {}, {last} at the end", time(0), time(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(degrees: &[i32]) -> HeatCurve {
        HeatCurve { start: "2026-03-05T06:00:00Z".parse().unwrap(), step_s: 3_600, degrees: degrees.to_vec() }
    }

    #[test]
    fn a_curve_is_drawn_and_described() {
        let drawn = svg(&curve(&[50, 70, 65]));
        assert!(drawn.contains(" points=\"0,39 120,0 240,10\"/>"), "{drawn}");
        assert!(
            drawn.contains(
                "aria-label=\"Heat 50 on 5 Mar 2026, 06:00 UTC, highest 70 on 5 Mar 2026, 07:00 UTC, 65 at the end\""
            ),
            "{drawn}"
        );
    }

    #[test]
    fn flat_and_short_curves_are_drawn_too() {
        for degrees in [&[0, 0][..], &[50, 50], &[7], &[]] {
            assert!(svg(&curve(degrees)).ends_with("</svg>"));
        }
    }
}
