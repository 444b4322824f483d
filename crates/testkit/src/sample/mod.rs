//! A sample publication for tests and for looking at pages: own texts, invented providers, several
//! languages, long words, missing images, and texts that try to break out of the markup.

#![allow(clippy::missing_panics_doc, reason = "the sample is fixed, and a failure is a failed test")]

mod articles;
mod collections;

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use courant_model::{
    ArticleId, BuiltInRule, Heat, HeatCurve, Image, Item, KnownProvider, Provider, PublicUrls, Reason,
    Record, RecordPath, Signal, SiteInfo, StoryId, StoryView, Timestamp, Topic, TopicMatch, Verdict,
};
use courant_render::Snapshot;
use jiff::SignedDuration;

pub use articles::HOSTILE;

use articles::{PROVIDERS, ROWS, Row};
use collections::collections;

/// The instant of the snapshot.
pub fn taken() -> Timestamp {
    "2023-02-16T14:00:00Z".parse().expect("a time")
}

fn id(number: usize) -> [u8; 16] {
    let mut bytes = [0xa0; 16];
    bytes[8..].copy_from_slice(&(number as u64).to_be_bytes());
    bytes
}

/// The id of a story by its number; [`HOSTILE`] is the headline of one of them.
pub fn story_id(number: usize) -> StoryId {
    StoryId::from_bytes(id(number * 100))
}

/// What readers are told about the sample publication.
pub fn site() -> SiteInfo {
    SiteInfo {
        title: "The Tidewater Courant".into(),
        description: "Ports, ships and the rising sea: what happens where the land ends.".into(),
        url: "https://tidewater.example/".parse().expect("a URL"),
        language: "en".into(),
        page_size: 30,
        threshold: 70,
        half_life_h: 24.0,
        hubs: vec!["https://hub.example/".parse().expect("a URL")],
        beacon: false,
        story_feeds: true,
        addresses: PublicUrls::default(),
    }
}

fn topics() -> Vec<Topic> {
    let topic = |id: &str, name: &str, parent: Option<&str>, about: &str| Topic {
        id: id.into(),
        name: name.into(),
        parent: parent.map(Into::into),
        description: Some(about.into()),
        ..Topic::default()
    };
    vec![
        topic("coast", "Coast", None, "Everything between the tide lines."),
        topic("ports", "Ports", Some("Coast"), "Quays, cranes, pilots and the towns behind them."),
        topic("shipping", "Shipping", None, "What is carried, by whom, and at what price."),
        topic("sea-level", "Sea level", Some("Coast"), "How the sea rises and what people do about it."),
        topic("fisheries", "Fisheries", None, "Boats, stocks, quotas and markets."),
        topic("offshore-wind", "Offshore wind", None, "Power from beyond the horizon."),
        topic("safety", "Safety", Some("Shipping"), "Collisions, rescues, charts and lights."),
        topic("no-news", "No news", None, "A topic without a story."),
    ]
}

fn item(story: usize, place: usize, sample: &Row) -> Item {
    let (title, excerpt, language, topics, has_image, _, hours) = *sample;
    let (name, domain) = PROVIDERS[(story + place * 3) % PROVIDERS.len()];
    let number = story * 100 + place;
    let published =
        taken() - SignedDuration::from_hours(hours) + SignedDuration::from_mins(place as i64 * 17 - 40);
    let title = match place {
        0 => title.to_owned(),
        1 => format!("{title}: what we know so far"),
        _ => format!("{title}, report {place}"),
    };
    let copy_of = (place >= 3 && place % 2 == 1).then(|| ArticleId::from_bytes(id(story * 100 + place - 1)));
    let quality = 62 + ((story * 7 + place * 5) % 30) as i64;
    let heat = if place == 0 { 68 + (ROWS[story].5 * 8 + story * 11 % 17) as i32 } else { -1 };
    let slug = format!("sample-{number}");
    let record = Record {
        category: "news".into(),
        title,
        excerpt: (!excerpt.is_empty()).then(|| excerpt.to_owned()),
        published_date_time: Some(published),
        original_url: Some(format!("https://{domain}/{slug}")),
        web_url: Some(format!("https://{domain}/{slug}")),
        kind: Some(if sample.0.starts_with("Podcast") { "podcast" } else { "article" }.into()),
        quality: Some(quality),
        heat: Some(heat.into()),
        published: Some(place == 0),
        provider: Some(Provider { name: name.into(), domain: domain.into(), images: Vec::new() }),
        topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
        authors: if story.is_multiple_of(3) {
            vec!["Ada Strand".into(), "Ole Quay".into()]
        } else {
            Vec::new()
        },
        language: Some(language.into()),
        images: if has_image && place == 0 {
            vec![Image {
                width: Some(1200),
                height: Some(675),
                is_cached: Some(true),
                title: Some(format!("Picture of story {story}")),
                attribution: Some(format!("Photograph: {name}")),
                ..Image::at(format!("/images/sample-{}.jpg", story % 12))
            }]
        } else {
            Vec::new()
        },
        ..Record::default()
    };
    Item {
        id: ArticleId::from_bytes(id(number)),
        path: RecordPath::news(published, &slug, 1),
        record,
        story: story_id(story),
        copy_of,
        heat: (place == 0).then_some(Heat::from_degrees(heat)),
        verdict: Verdict::new(
            place == 0,
            if place == 0 { BuiltInRule::Threshold } else { BuiltInRule::NotLead },
            "a sample",
        ),
        first_seen: published + SignedDuration::from_mins(5),
        picture: None,
        thumbnails: Vec::new(),
        signals: vec![
            Signal { kind: "source".into(), points: 30, because: format!("trust in {name}") },
            Signal {
                kind: "text".into(),
                points: (quality - 45) as i32,
                because: "a full text of 740 words".into(),
            },
            Signal { kind: "image".into(), points: 20, because: "a large picture".into() },
            Signal { kind: "clickbait".into(), points: -5, because: "<b>a question</b> as headline".into() },
        ],
        topics: topics
            .iter()
            .map(|topic| TopicMatch {
                id: topic.to_lowercase().replace(' ', "-"),
                name: (*topic).into(),
                score: 2.5,
                because: vec!["harbour (title)".into(), "tide (text, 4 times)".into()],
            })
            .collect(),
        because: vec![Reason::new(if place == 0 { "opened" } else { "similar" }, "harbour, tide, gate")],
    }
}

/// The sample: 36 public stories, one with a held lead, one merged.
pub fn snapshot() -> Snapshot {
    let mut items: Vec<Item> = Vec::new();
    for (story, sample) in ROWS.iter().enumerate() {
        items.extend((0..=sample.5).map(|place| item(story, place, sample)));
    }
    let mut held = item(ROWS.len() - 1, 50, &ROWS[35]);
    held.record.title = "A held lead that nobody may see".into();
    held.story = story_id(99);
    items.push(held);
    // A URL that must never become a link.
    let bad = items.iter_mut().find(|item| item.record.title == HOSTILE).expect("the hostile story");
    bad.record.web_url = Some("javascript:alert(1)".into());
    assemble(items)
}

/// A snapshot of these items, in the order that snapshots promise.
pub fn assemble(items: impl IntoIterator<Item = impl Into<Arc<Item>>>) -> Snapshot {
    let mut items: Vec<Arc<Item>> = items.into_iter().map(Into::into).collect();
    items.sort_by_key(|item| (Reverse(item.record.published_date_time), item.id));
    let mut stories: BTreeMap<StoryId, StoryView> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let view = stories.entry(item.story).or_insert_with(|| StoryView {
            id: item.story,
            lead: at,
            related: Vec::new(),
            heat_because: vec![
                Reason::new("quality", "the lead's quality"),
                Reason::new("reports", "+ 18.4 from 3 independent reports"),
            ],
            heat_curve: None,
            pinned: false,
        });
        if items[view.lead].heat < item.heat {
            view.lead = at;
        }
    }
    for (at, item) in items.iter().enumerate() {
        let view = stories.get_mut(&item.story).expect("made above");
        if view.lead != at {
            let start = taken() - SignedDuration::from_hours(12);
            view.heat_curve = Some(HeatCurve { start, step_s: 10_800, degrees: vec![50, 60, 72, 66, 61] });
            view.related.push(at);
        }
    }
    let mut stories: Vec<StoryView> = stories.into_values().collect();
    stories.sort_by_key(|story| (Reverse(items[story.lead].heat), story.lead, story.id));
    Snapshot {
        taken: taken(),
        site: site(),
        topics: topics(),
        providers: vec![KnownProvider {
            provider: Provider {
                name: "Harbour Gazette".into(),
                domain: "harbour-gazette.example".into(),
                images: Vec::new(),
            },
            description: Some("The daily paper of the old port, printed since 1871.".into()),
            trust: 80,
            aliases: Vec::new(),
        }],
        items,
        stories: stories.into_iter().map(Arc::new).collect(),
        moved: vec![(story_id(98), story_id(0))],
        collections: Arc::new(collections()),
        classic: None,
    }
}
