//! Quality separates honest articles from press releases and from spam by the text alone: provider,
//! image and subject are the same for all.
//!
//! The articles are our own. One half was in view while the signals were improved, the other was
//! held out; the parity of the id decides. A longer article gets paragraphs of background, selected
//! by its id.

use std::{fs, path::Path};

use courant_analysis::judge::{Judge, JudgeInput, Profile, Taxonomy};
use courant_model::{ArticleKind, Image, Judgement, Quality};
use serde::Deserialize;
use url::Url;

/// Minimum probability that an honest article has the better quality (area under the curve).
const FLOOR: f64 = 0.97;

/// A line of the sets.
#[derive(Deserialize)]
struct Piece {
    id: usize,
    class: String,
    part: String,
    title: String,
    excerpt: String,
    text: String,
    provider_domain: String,
    authors: Vec<String>,
    paywalled: bool,
    /// Number of paragraphs of background that are added.
    background: usize,
}

fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/judge").join(name);
    fs::read_to_string(path).unwrap()
}

fn pieces(class: &str) -> Vec<Piece> {
    let pieces: Vec<Piece> =
        data(&format!("{class}.jsonl")).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(pieces.len() >= 300, "{class}");
    pieces
}

/// The text with paragraphs of background after its first.
fn lengthened(piece: &Piece, background: &[&str]) -> String {
    let mut paragraphs: Vec<&str> = piece.text.split("\n\n").collect();
    let start = piece.id * 7 + piece.class.len();
    for at in 0..piece.background {
        paragraphs.insert(1 + at.min(paragraphs.len() - 1), background[(start + at * 5) % background.len()]);
    }
    paragraphs.join("\n\n")
}

fn judged(judge: &Judge, piece: &Piece, text: &str) -> Judgement {
    let url = Url::parse(&format!("https://{}/{}", piece.provider_domain, piece.id)).unwrap();
    let images = [Image { width: Some(1_200), ..Image::at("https://pictures.example/a.jpg") }];
    judge.judge(&JudgeInput {
        title: &piece.title,
        excerpt: &piece.excerpt,
        text,
        url: &url,
        provider_domain: &piece.provider_domain,
        language: Some("en"),
        images: &images,
        has_amp: false,
        has_featured_content: false,
        kind: ArticleKind::Article,
        authors: &piece.authors,
        paywalled: piece.paywalled,
        is_copy: false,
        unread: false,
        published: "2024-05-01T00:00:00Z".parse().ok(),
        first_seen: None,
        topics: None,
    })
}

/// The qualities of both halves: held out, in view.
fn qualities(class: &str) -> [Vec<i32>; 2] {
    let judge = Judge::new(Taxonomy::default(), Vec::new(), Profile::default());
    let background = data("background.txt");
    let background: Vec<&str> = background.lines().collect();
    let mut halves = [Vec::new(), Vec::new()];
    for piece in pieces(class) {
        assert_eq!(piece.part, if piece.id % 2 == 1 { "dev" } else { "held" });
        let judgement = judged(&judge, &piece, &lengthened(&piece, &background));
        let sum: i32 = judgement.signals.iter().map(|signal| signal.points).sum();
        assert_eq!(Quality::from_points(sum), judgement.quality, "the bill of {} adds up", piece.title);
        let faults: Vec<String> = judgement
            .signals
            .iter()
            .filter(|signal| signal.points < 0)
            .map(|signal| format!("{}: {}", signal.kind, signal.because))
            .collect();
        let accused = faults.iter().any(|fault| !fault.starts_with("thin") && !fault.starts_with("paywall"));
        if piece.part == "dev" && accused == (class == "honest") {
            println!("{class} {} “{}” {} {faults:?}", piece.id, piece.title, judgement.quality.points());
        }
        halves[piece.id % 2].push(judgement.quality.points());
    }
    halves
}

/// How often one of the first is above one of the second; ties count half.
fn area(above: &[i32], below: &[i32]) -> f64 {
    let wins: f64 = above
        .iter()
        .flat_map(|one| below.iter().map(move |other| one.cmp(other)))
        .map(|order| match order {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .sum();
    wins / (above.len() * below.len()) as f64
}

fn mean(qualities: &[i32]) -> f64 {
    f64::from(qualities.iter().sum::<i32>()) / qualities.len() as f64
}

#[test]
fn honest_articles_score_above_the_rest() {
    let honest = qualities("honest");
    let others = ["release", "spam"].map(|class| (class, qualities(class)));
    println!("mean quality: honest {:.1} {:.1}", mean(&honest[0]), mean(&honest[1]));
    for (class, theirs) in &others {
        println!("  {class} {:.1} {:.1}", mean(&theirs[0]), mean(&theirs[1]));
    }
    let mut lowest = 1.0_f64;
    println!("area under the curve, honest above:   held    dev     all");
    for (class, theirs) in &others {
        let parts = [0, 1].map(|half| area(&honest[half], &theirs[half]));
        let all = area(&honest.concat(), &theirs.concat());
        println!("  {class:<35} {:.4}  {:.4}  {all:.4}", parts[0], parts[1]);
        lowest = parts.into_iter().chain([all]).fold(lowest, f64::min);
    }
    assert!(lowest >= FLOOR);
}
