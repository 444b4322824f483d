//! A window rebuilt from the store decides exactly like the one that was lost, whatever came
//! before: edits, merges, copies, late and undated articles, articles that have left the window.

use std::collections::HashMap;

use courant_analysis::group::{GroupConfig, GroupDoc, Grouper, Placement, prepare};
use courant_model::{ArticleId, StoryId, Timestamp};
use proptest::prelude::*;

/// An article of few distinct words, so that there are many stories, copies and merges.
#[derive(Debug, Clone)]
struct Sample {
    event: u8,
    words: Vec<u8>,
    repeats: bool,
    hours: Option<i64>,
    first_seen: bool,
    edits: Option<u8>,
}

fn sample() -> impl Strategy<Value = Sample> {
    let words = prop::collection::vec(0_u8..40, 0..40);
    let time = prop::option::weighted(0.8, 0_i64..2_000);
    (0_u8..6, words, prop::bool::weighted(0.2), time, any::<bool>(), prop::option::weighted(0.2, 0_u8..30))
        .prop_map(|(event, words, repeats, hours, first_seen, edits)| Sample {
            event,
            words,
            repeats,
            hours,
            first_seen,
            edits,
        })
}

const WORDS: [&str; 40] = [
    "harbour",
    "Ostrava",
    "council",
    "bridge",
    "Lindqvist",
    "fire",
    "12",
    "ferry",
    "engine",
    "the",
    "Tanaka",
    "vote",
    "treaty",
    "Geneva",
    "drones",
    "340",
    "minister",
    "Okafor",
    "storm",
    "rail",
    "strike",
    "Basel",
    "union",
    "wages",
    "1.5",
    "museum",
    "theft",
    "painting",
    "police",
    "Verhoeven",
    "trial",
    "judge",
    "flood",
    "river",
    "dam",
    "Novak",
    "festival",
    "opera",
    "7",
    "critics",
];

fn id(at: usize) -> ArticleId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    ArticleId::from_bytes(bytes)
}

/// What the store would keep of an article.
#[derive(Debug, Clone)]
struct Stored {
    id: ArticleId,
    title: String,
    text: String,
    time: Option<Timestamp>,
    first_seen: Option<Timestamp>,
    story: StoryId,
    copy_of: Option<ArticleId>,
    source: &'static str,
}

impl Stored {
    fn doc(&self) -> GroupDoc<'_> {
        GroupDoc {
            id: self.id,
            title: &self.title,
            text: &self.text,
            time: self.time,
            first_seen: self.first_seen,
            url: None,
            source: Some(self.source),
            authors: &[],
            language: None,
        }
    }
}

/// An online run with a store next to it.
struct Desk {
    grouper: Grouper,
    stored: Vec<Stored>,
    placed: Vec<Placement>,
}

impl Desk {
    fn new(config: &GroupConfig) -> Self {
        Self { grouper: Grouper::new(config.clone()), stored: Vec::new(), placed: Vec::new() }
    }

    fn take(&mut self, at: usize, sample: &Sample) {
        let event: Vec<&str> = (0..6).map(|n| WORDS[(usize::from(sample.event) * 6 + n) % 40]).collect();
        let words: Vec<&str> = sample.words.iter().map(|&word| WORDS[usize::from(word)]).collect();
        let dateline = if at.is_multiple_of(2) { "BASEL (Reuters) - " } else { "" };
        let mut text = format!("{dateline}{} {}", event.join(" of "), words.join(" "));
        if sample.repeats
            && let Some(before) = self.stored.last()
        {
            text.clone_from(&before.text);
        }
        let time = sample.hours.map(|hours| Timestamp::from_second(1_700_000_000 + hours * 3600).unwrap());
        let first_seen =
            sample.first_seen.then(|| Timestamp::from_second(1_700_000_000 + at as i64 * 90_000).unwrap());
        let id = id(at);
        let mut article = Stored {
            id,
            title: event[..3].join(" "),
            text,
            time,
            first_seen,
            story: StoryId::opened_by(id),
            copy_of: None,
            source: if at.is_multiple_of(3) { "reuters.com" } else { "paper.example" },
        };
        let placement = self.grouper.place(prepare(&article.doc()));
        article.story = placement.story;
        article.copy_of = placement.copy_of;
        self.stored.push(article);
        for stored in self.stored.iter_mut().filter(|stored| placement.copies.contains(&stored.id)) {
            stored.copy_of = Some(id);
        }
        for (from, into) in &placement.merged {
            for stored in &mut self.stored {
                if stored.story == *from {
                    stored.story = *into;
                }
            }
        }
        self.placed.push(placement);
        if let Some(edited) = sample.edits {
            let edited = usize::from(edited) % self.stored.len();
            let stored = &mut self.stored[edited];
            stored.text.push_str(" The Verhoeven inquiry widens to 340 dams");
            self.grouper.update(prepare(&stored.doc()));
        }
    }

    /// A new grouper from what the store contains.
    fn restart(&mut self, config: &GroupConfig) {
        let mut grouper = Grouper::new(config.clone());
        let since = self.grouper.needs_since();
        for stored in &self.stored {
            let named = stored.first_seen.or(stored.time);
            if named.is_none() || since.is_none() || named >= since {
                grouper.restore(prepare(&stored.doc()), stored.story, stored.copy_of);
            }
        }
        self.grouper = grouper;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_restored_window_continues_like_the_lost_one(
        samples in prop::collection::vec(sample(), 2..60),
        restarts in prop::collection::vec(0_usize..60, 1..3),
        window_days in 3_u32..60,
        max_articles in 3_usize..80,
    ) {
        // Thresholds near zero, so that there are many joins and merges.
        let config = GroupConfig { window_days, max_articles, join_at: 0.2, merge_at: 0.1, ..GroupConfig::default() };
        let (mut straight, mut broken) = (Desk::new(&config), Desk::new(&config));
        for (at, sample) in samples.iter().enumerate() {
            if restarts.contains(&at) {
                let held: Vec<_> = broken.grouper.assignments().collect();
                broken.restart(&config);
                prop_assert_eq!(held, broken.grouper.assignments().collect::<Vec<_>>());
            }
            straight.take(at, sample);
            broken.take(at, sample);
            prop_assert_eq!(straight.placed.last(), broken.placed.last());
        }
        let ends = |desk: &Desk| desk.grouper.assignments().collect::<HashMap<_, _>>();
        prop_assert_eq!(ends(&straight), ends(&broken));
    }
}
