//! Images for the sample newswire: drawn landscapes, so that the demo has real image files without
//! shipping any.

use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};

const WIDTH: usize = 1200;
const HEIGHT: usize = 675;

type Colour = [u8; 3];

/// Sky above, sky at the horizon, far hills, near ground, ink.
const PALETTES: [[Colour; 5]; 6] = [
    [[38, 70, 110], [240, 190, 140], [120, 110, 130], [50, 60, 75], [24, 28, 38]],
    [[120, 170, 205], [226, 236, 238], [140, 165, 160], [86, 116, 96], [40, 50, 48]],
    [[28, 32, 60], [150, 90, 120], [70, 56, 90], [34, 32, 54], [16, 16, 30]],
    [[200, 210, 214], [244, 238, 224], [170, 172, 164], [120, 118, 104], [52, 50, 46]],
    [[90, 150, 170], [250, 220, 170], [110, 140, 140], [60, 96, 100], [22, 44, 52]],
    [[214, 120, 84], [252, 214, 150], [150, 84, 80], [92, 52, 60], [44, 26, 34]],
];

/// Draws a scene (`wind`, `solar`, `grid`, `sea`, `city`; anything else gives a plain landscape) as
/// a PNG. The seed chooses colours and shapes; the same seed gives the same bytes.
pub(super) fn draw(scene: &str, seed: u64) -> Vec<u8> {
    let mut canvas = Canvas::new(PALETTES[(seed % PALETTES.len() as u64) as usize], seed);
    canvas.sky();
    canvas.hills(0.58, 0.06, 2, 1.3);
    match scene {
        "wind" => canvas.turbines(),
        "solar" => canvas.panels(),
        "grid" => canvas.pylons(),
        "sea" => canvas.waves(),
        "city" => canvas.skyline(),
        _ => {}
    }
    canvas.hills(0.84, 0.05, 3, 0.7);
    png(&canvas.pixels)
}

struct Canvas {
    pixels: Vec<u8>,
    palette: [Colour; 5],
    seed: u64,
}

impl Canvas {
    fn new(palette: [Colour; 5], seed: u64) -> Self {
        Self { pixels: vec![0; WIDTH * HEIGHT * 3], palette, seed }
    }

    /// A number from 0 to 1 that depends on the seed and `salt`.
    fn chance(&self, salt: u64) -> f64 {
        let mut x = self
            .seed
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(salt.wrapping_mul(0xD1B5_4A32_D192_ED03));
        x = (x ^ (x >> 31)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn set(&mut self, x: usize, y: usize, colour: Colour) {
        if x < WIDTH && y < HEIGHT {
            let at = (y * WIDTH + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    fn sky(&mut self) {
        let sun = (self.chance(1) * 0.7 + 0.15, self.chance(2) * 0.25 + 0.2, 46.0 + self.chance(3) * 30.0);
        let bright = [250, 244, 226];
        for y in 0..HEIGHT {
            let colour = mix(self.palette[0], self.palette[1], y as f64 / (HEIGHT as f64 * 0.72));
            for x in 0..WIDTH {
                let (dx, dy) = (x as f64 - sun.0 * WIDTH as f64, y as f64 - sun.1 * HEIGHT as f64);
                let inside = dx * dx + dy * dy < sun.2 * sun.2;
                self.set(x, y, if inside { bright } else { colour });
            }
        }
    }

    fn hills(&mut self, level: f64, height: f64, colour: usize, stretch: f64) {
        let phase = self.chance(colour as u64 + 10) * 6.3;
        for x in 0..WIDTH {
            let t = x as f64 / WIDTH as f64 * 6.3 * stretch + phase;
            let top = level + height * (t.sin() * 0.6 + (t * 2.3 + 1.0).sin() * 0.4);
            for y in (top * HEIGHT as f64) as usize..HEIGHT {
                self.set(x, y, self.palette[colour]);
            }
        }
    }

    fn bar(&mut self, from: (f64, f64), to: (f64, f64), width: f64, colour: Colour) {
        let steps = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) as usize).max(1);
        for step in 0..=steps {
            let t = step as f64 / steps as f64;
            let (x, y) = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
            let reach = (width / 2.0).ceil() as i64;
            for dx in -reach..=reach {
                for dy in -reach..=reach {
                    let (px, py) = (x as i64 + dx, y as i64 + dy);
                    if px >= 0 && py >= 0 {
                        self.set(px as usize, py as usize, colour);
                    }
                }
            }
        }
    }

    fn turbines(&mut self) {
        let white = [238, 238, 234];
        for n in 0..5_u64 {
            let x = WIDTH as f64 * (0.1 + 0.19 * n as f64 + self.chance(n + 20) * 0.06);
            let size = 110.0 + self.chance(n + 30) * 90.0;
            let hub = (x, HEIGHT as f64 * 0.62 - size);
            self.bar((x, HEIGHT as f64 * 0.82), hub, 4.0, white);
            let turn = self.chance(n + 40) * 2.1;
            for blade in 0..3 {
                let angle = turn + f64::from(blade) * 2.094;
                self.bar(
                    hub,
                    (hub.0 + angle.cos() * size * 0.55, hub.1 + angle.sin() * size * 0.55),
                    3.0,
                    white,
                );
            }
        }
    }

    fn panels(&mut self) {
        let (dark, line) = ([30, 48, 84], [96, 124, 168]);
        for row in 0..4 {
            let y = HEIGHT as f64 * (0.64 + 0.055 * f64::from(row));
            for column in 0..9 {
                let x = WIDTH as f64 * (0.02 + 0.11 * f64::from(column)) + f64::from(row) * 14.0;
                for step in 0..26 {
                    let skew = f64::from(step) * 0.6;
                    let colour = if step % 13 == 0 { line } else { dark };
                    self.bar(
                        (x + skew, y + f64::from(step)),
                        (x + skew + 104.0, y + f64::from(step)),
                        1.0,
                        colour,
                    );
                }
            }
        }
    }

    fn pylons(&mut self) {
        let ink = self.palette[4];
        let tops: Vec<(f64, f64)> = (0..5)
            .map(|n| {
                (
                    WIDTH as f64 * (0.05 + 0.225 * f64::from(n)),
                    HEIGHT as f64 * (0.24 + 0.05 * f64::from(n % 2)),
                )
            })
            .collect();
        for &(x, y) in &tops {
            self.bar((x - 30.0, HEIGHT as f64 * 0.84), (x, y), 3.0, ink);
            self.bar((x + 30.0, HEIGHT as f64 * 0.84), (x, y), 3.0, ink);
            for arm in 0..3 {
                let level = y + 26.0 + f64::from(arm) * 38.0;
                self.bar((x - 44.0, level), (x + 44.0, level), 2.0, ink);
            }
        }
        for pair in tops.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            for arm in 0..3 {
                let drop = 28.0 + f64::from(arm) * 38.0;
                for step in 0..60 {
                    let t = f64::from(step) / 60.0;
                    let sag = 4.0 * t * (1.0 - t) * 42.0;
                    let x = a.0 + (b.0 - a.0) * t;
                    self.bar(
                        (x, a.1 + (b.1 - a.1) * t + drop + sag),
                        (x + 4.0, a.1 + (b.1 - a.1) * t + drop + sag),
                        1.0,
                        ink,
                    );
                }
            }
        }
    }

    fn waves(&mut self) {
        for y in (HEIGHT as f64 * 0.6) as usize..HEIGHT {
            for x in 0..WIDTH {
                let ripple = f64::midpoint(
                    (x as f64 / 60.0 + y as f64 / 9.0).sin(),
                    (x as f64 / 23.0 - y as f64 / 5.0).sin(),
                );
                let depth = (y as f64 / HEIGHT as f64 - 0.6) / 0.4;
                let base = mix(self.palette[1], self.palette[0], depth);
                self.set(x, y, if ripple > 0.72 { mix(base, [250, 250, 250], 0.35) } else { base });
            }
        }
    }

    fn skyline(&mut self) {
        let mut x = 0;
        let mut n = 0;
        while x < WIDTH {
            let width = 46 + (self.chance(n + 60) * 70.0) as usize;
            let top = HEIGHT as f64 * (0.38 + self.chance(n + 90) * 0.3);
            for px in x..(x + width - 6).min(WIDTH) {
                for y in top as usize..HEIGHT {
                    let window = (px - x) % 14 > 8
                        && (y - top as usize) % 20 > 11
                        && self.chance((px / 14 * 31 + y / 20) as u64) > 0.55;
                    self.set(px, y, if window { [246, 220, 150] } else { self.palette[4] });
                }
            }
            x += width;
            n += 1;
        }
    }
}

fn mix(a: Colour, b: Colour, share: f64) -> Colour {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|n| (f64::from(a[n]) + (f64::from(b[n]) - f64::from(a[n])) * share).round() as u8)
}

/// The pixels as a PNG file (ISO/IEC 15948): one chunk each of header, data and end, rows filtered
/// with "up".
fn png(pixels: &[u8]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(pixels.len() + HEIGHT);
    for (number, row) in pixels.chunks_exact(WIDTH * 3).enumerate() {
        rows.push(2);
        let above = number.checked_sub(1).map(|above| &pixels[above * WIDTH * 3..number * WIDTH * 3]);
        rows.extend(
            row.iter().enumerate().map(|(at, &byte)| byte.wrapping_sub(above.map_or(0, |above| above[at]))),
        );
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing to a vector cannot fail.
    let _ = packed.write_all(&rows);
    let packed = packed.finish().unwrap_or_default();
    let mut header = Vec::new();
    header.extend((WIDTH as u32).to_be_bytes());
    header.extend((HEIGHT as u32).to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &packed), (b"IEND", &Vec::new())] {
        out.extend((data.len() as u32).to_be_bytes());
        let start = out.len();
        out.extend(kind);
        out.extend(data);
        let mut crc = Crc::new();
        crc.update(&out[start..]);
        out.extend(crc.sum().to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_a_png_of_the_right_size() {
        let bytes = draw("wind", 7);
        assert_eq!(bytes, draw("wind", 7));
        assert_ne!(bytes, draw("wind", 8));
        let measured = courant_images::measure(&bytes).unwrap();
        assert_eq!(
            (measured.width, measured.height, measured.mime),
            (WIDTH as u32, HEIGHT as u32, "image/png")
        );
    }
}
