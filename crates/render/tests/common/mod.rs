//! A sample publication for tests and for looking at pages: own words, invented providers, several languages,
//! long words, missing pictures, and texts that try to break out of the markup.

use std::sync::Arc;

use courant_classic::{Collection, CollectionRecord, FieldKind, FieldRule, RecordOrigin, Schema};
use courant_model::{
    ArticleId, Heat, HeatCurve, Image, Item, KnownProvider, Provider, Reason, Record, RecordPath, Signal,
    SiteInfo, StoryId, StoryView, Timestamp, Topic, TopicMatch, Value, Verdict,
};
use courant_render::Snapshot;
use courant_render::{Publication, Templates};
use jiff::SignedDuration;

/// Title, excerpt, language, topics, whether it has a picture, related articles, hours before the snapshot.
type Sample = (&'static str, &'static str, &'static str, &'static [&'static str], bool, usize, i64);

pub(crate) const HOSTILE: &str = "<script>alert(\"tide\")</script> & 'quotes' </title>";

const PROVIDERS: [(&str, &str); 8] = [
    ("Harbour Gazette", "harbour-gazette.example"),
    ("Northern Tide", "northerntide.example"),
    ("Le Courrier du Quai", "courrier-quai.example"),
    ("Deichpost", "deichpost.example"),
    ("The Estuary Review", "estuaryreview.example"),
    ("Port & Starboard Weekly", "portstarboard.example"),
    ("Saltwater Wire", "saltwater.example"),
    ("مرفأ", "marfa.example"),
];

const SAMPLES: &[Sample] = &[
    (
        "Storm surge closes the outer harbour for a third day as barriers hold",
        "The gates were shut at dawn on Tuesday and will stay shut until the second tide has passed, the harbour office said. Forty ships wait outside, and the fish market has moved inland for the first time since the old pier burned down.",
        "en",
        &["Sea level", "Ports"],
        true,
        9,
        3,
    ),
    (
        "Dockers accept the night-shift agreement after eleven hours of talks",
        "Both sides gave way on the rest period. The vote was closer than the union had hoped, and the younger crews may still call a meeting of their own.",
        "en",
        &["Ports"],
        true,
        4,
        6,
    ),
    (
        "Ferry operator drops its plan for battery ships on the northern line",
        "The charging pier would have cost more than the two ships together.",
        "en",
        &["Shipping"],
        false,
        3,
        9,
    ),
    (
        "Survey finds herring spawning again in the inner bay",
        "Divers counted eggs at nine of twelve places, for the first time in thirty years. Biologists warn that one good spring does not make a stock.",
        "en",
        &["Fisheries"],
        true,
        2,
        12,
    ),
    (
        "Court lets the breakwater go ahead, with conditions",
        "The builders must leave two gaps for the eels and stop each year from March to May.",
        "en",
        &["Sea level"],
        true,
        5,
        15,
    ),
    (
        "Windpark vor der Küste liefert erstmals Strom an die Werften",
        "Seit Montag laufen die Kräne der beiden großen Werften mit Strom von See. Die Hafenschlepperbesatzungsvereinigung spricht von einem Anfang.",
        "de",
        &["Offshore wind"],
        true,
        2,
        18,
    ),
    ("Pilots warn of sandbank that no chart shows", "", "en", &["Safety", "Shipping"], false, 1, 20),
    (
        "Le port rouvre son vieux phare aux visiteurs",
        "Après six ans de travaux, l'escalier de 212 marches est de nouveau ouvert. La lampe, elle, ne tournera que le dimanche.",
        "fr",
        &["Ports"],
        true,
        1,
        22,
    ),
    (
        HOSTILE,
        "An excerpt that tries <img src=x onerror=alert(1)> to be more than text; \"quoted\" & 'so on'.",
        "en",
        &["Safety"],
        false,
        2,
        26,
    ),
    (
        "What a lighthouse keeper's diary says about a century of fog",
        "She wrote down the hours of the horn for forty years. Set side by side, they show a coast that has become clearer, and lonelier.",
        "en",
        &["Sea level"],
        true,
        0,
        28,
    ),
    (
        "الميناء القديم يستعد لموسم الصيد الجديد",
        "بدأ الصيادون إصلاح الشباك والقوارب قبل أسبوعين من بداية الموسم.",
        "ar",
        &["Fisheries"],
        false,
        1,
        31,
    ),
    (
        "Two trawlers collide in clear weather; all hands safe",
        "The skippers give different accounts of who had the lamp on.",
        "en",
        &["Safety", "Fisheries"],
        true,
        6,
        33,
    ),
    (
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft stellt den Betrieb ein",
        "Der Name war länger als der Fahrplan.",
        "de",
        &["Shipping"],
        false,
        0,
        36,
    ),
    (
        "Insurers ask for black boxes on small ferries",
        "A recorder the size of a loaf would have answered every question after last winter's grounding, they say.",
        "en",
        &["Shipping", "Safety"],
        false,
        2,
        40,
    ),
    (
        "Turbine makers race to lift blades without cranes",
        "A climbing robot carried a forty-metre blade up its own mast in a calm on Sunday. The wind, for once, was not wanted.",
        "en",
        &["Offshore wind"],
        true,
        3,
        44,
    ),
    (
        "Podcast: the woman who repairs tide clocks",
        "Twenty minutes among brass wheels, moon dials and a cat named Neap.",
        "en",
        &["Sea level"],
        true,
        0,
        47,
    ),
    (
        "港の新しい防波堤が完成、漁師たちは慎重な期待",
        "三年にわたる工事が終わり、来週から漁船が新しい岸壁を使い始める。",
        "ja",
        &["Ports"],
        false,
        1,
        50,
    ),
    (
        "Container yard tries out silence",
        "Rubber feet under nine thousand boxes: the neighbours sleep, the drivers complain of a yard in which they hear nothing coming.",
        "en",
        &["Ports"],
        true,
        0,
        53,
    ),
    (
        "Old quarry will take the dredged mud after all",
        "The council voted at midnight. The frogs move first.",
        "en",
        &["Ports"],
        false,
        1,
        57,
    ),
    ("Eel ladder counts its hundred-thousandth climber", "", "en", &["Fisheries"], true, 0, 60),
    (
        "Seawall or salt marsh: a village decides to do both",
        "Half the houses stay behind stone. The other half will have grass, mud and, twice a month, the sea in the garden.",
        "en",
        &["Sea level"],
        true,
        2,
        66,
    ),
    (
        "Harbour tug runs for a week on cooking oil",
        "The crew reports a constant wish for chips.",
        "en",
        &["Shipping"],
        false,
        0,
        71,
    ),
    (
        "Les pêcheurs de l'estuaire demandent une carte des épaves",
        "Chaque filet perdu coûte une semaine de travail, disent-ils.",
        "fr",
        &["Fisheries", "Safety"],
        false,
        1,
        76,
    ),
    (
        "Grid operator wants a second cable before the next winter",
        "The first was laid for half the turbines that now hang on it.",
        "en",
        &["Offshore wind"],
        true,
        1,
        80,
    ),
    ("Coast guard retires its last paper plot", "", "en", &["Safety"], false, 0, 85),
    (
        "Port fees to follow the noise of engines",
        "The quietest ships will pay a third less from May. Measuring begins under water, where the porpoises are.",
        "en",
        &["Ports", "Shipping"],
        false,
        2,
        90,
    ),
    (
        "A map of every mooring ring, made by schoolchildren",
        "They found 1,904 of them, eleven inside buildings.",
        "en",
        &["Ports"],
        true,
        0,
        96,
    ),
    (
        "Salt water reaches the waterworks' third well",
        "The pumps were stopped within the hour. Two wells remain for forty thousand people, and the rain is not due before the weekend.",
        "en",
        &["Sea level"],
        true,
        3,
        101,
    ),
    (
        "Freight rates fall below the cost of the crew",
        "Owners lay up ships in the inlet where their grandfathers did.",
        "en",
        &["Shipping"],
        false,
        1,
        108,
    ),
    (
        "Fischer tauschen Netze gegen Algenleinen",
        "Drei Familien haben umgestellt, zwölf sehen zu.",
        "de",
        &["Fisheries"],
        false,
        0,
        115,
    ),
    (
        "Bridge opens for one rowing boat",
        "The law gives every mast the right of way. This one was four metres high and had a teddy bear on top.",
        "en",
        &["Shipping"],
        true,
        0,
        121,
    ),
    ("Radar that sees birds lets turbines stop in time", "", "en", &["Offshore wind"], false, 1, 128),
    ("Oyster beds reopen after clean tests", "", "en", &["Fisheries"], false, 0, 133),
    (
        "Who owns the beach that was not there last year?",
        "A sandspit has grown past two parish borders. Three lawyers have already walked along it.",
        "en",
        &["Sea level"],
        true,
        0,
        140,
    ),
    (
        "Lifeboat crew returns the medal",
        "They would rather have the engine that they were promised in 2019.",
        "en",
        &["Safety"],
        false,
        4,
        146,
    ),
    (
        "Harbour office answers every letter from 1962",
        "A box was found behind the boiler. Most of the complaints still stand.",
        "en",
        &["Ports"],
        false,
        0,
        152,
    ),
];

pub(crate) fn taken() -> Timestamp {
    "2023-02-16T14:00:00Z".parse().expect("a time")
}

fn id(number: usize) -> [u8; 16] {
    let mut bytes = [0xa0; 16];
    bytes[8..].copy_from_slice(&(number as u64).to_be_bytes());
    bytes
}

pub(crate) fn story_id(number: usize) -> StoryId {
    StoryId::from_bytes(id(number * 100))
}

pub(crate) fn site() -> SiteInfo {
    SiteInfo {
        title: "The Tidewater Courant".into(),
        description: "Ports, ships and the rising sea: what happens where the land ends.".into(),
        url: "https://tidewater.example/".parse().expect("an address"),
        language: "en".into(),
        page_size: 30,
        threshold: 70,
        half_life_h: 24.0,
        hubs: vec!["https://hub.example/".parse().expect("a constant address")],
        beacon: false,
        story_feeds: true,
        addresses: courant_model::PublicUrls::default(),
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

fn item(story: usize, place: usize, sample: &Sample) -> Item {
    let (title, excerpt, language, topics, picture, _, hours) = *sample;
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
    let heat = if place == 0 { 68 + (SAMPLES[story].5 * 8 + story * 11 % 17) as i32 } else { -1 };
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
        images: if picture && place == 0 {
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
        heat: if place == 0 { Heat::from_degrees(heat) } else { Heat::NOT_LEAD },
        verdict: Verdict {
            published: place == 0,
            rule: if place == 0 { "threshold" } else { "not_lead" }.into(),
            because: "a sample".into(),
            ..Verdict::default()
        },
        first_seen: published + SignedDuration::from_mins(5),
        picture: None,
        thumbnails: Vec::new(),
        signals: vec![
            Signal { name: "source".into(), points: 30, because: format!("trust in {name}") },
            Signal {
                name: "text".into(),
                points: (quality - 45) as i32,
                because: "a full text of 740 words".into(),
            },
            Signal { name: "image".into(), points: 20, because: "a large picture".into() },
            Signal { name: "clickbait".into(), points: -5, because: "<b>a question</b> as headline".into() },
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
pub(crate) fn snapshot() -> Snapshot {
    let mut items: Vec<Item> = Vec::new();
    for (story, sample) in SAMPLES.iter().enumerate() {
        items.extend((0..=sample.5).map(|place| item(story, place, sample)));
    }
    let mut held = item(SAMPLES.len() - 1, 50, &SAMPLES[35]);
    held.record.title = "A held lead that nobody may see".into();
    held.story = story_id(99);
    items.push(held);
    // An address that must never become a link.
    let bad = items.iter_mut().find(|item| item.record.title == HOSTILE).expect("the hostile story");
    bad.record.web_url = Some("javascript:alert(1)".into());
    assemble(items)
}

/// A snapshot of these items, in the order that snapshots promise.
pub(crate) fn assemble(items: impl IntoIterator<Item = impl Into<Arc<Item>>>) -> Snapshot {
    let mut items: Vec<Arc<Item>> = items.into_iter().map(Into::into).collect();
    items.sort_by_key(|item| (std::cmp::Reverse(item.record.published_date_time), item.id));
    let mut stories: std::collections::BTreeMap<StoryId, StoryView> = std::collections::BTreeMap::new();
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
            let start = taken() - jiff::SignedDuration::from_hours(12);
            view.heat_curve = Some(HeatCurve { start, step_s: 10_800, degrees: vec![50, 60, 72, 66, 61] });
            view.related.push(at);
        }
    }
    let mut stories: Vec<StoryView> = stories.into_values().collect();
    stories.sort_by_key(|story| (std::cmp::Reverse(items[story.lead].heat), story.lead, story.id));
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

/// Two kinds of records other than news, as they are once they were read.
fn collections() -> Vec<Collection> {
    let kind = |id: &str, entries| Collection {
        schema: Schema {
            id: id.into(),
            title: format!("The {id} of {{topic}}"),
            folder: format!("_{id}"),
            source: RecordOrigin::Files,
            fields: [("born".to_owned(), FieldRule { kind: FieldKind::Instant, required: false })].into(),
            api: None,
            shapes: std::collections::BTreeMap::new(),
        },
        entries,
    };
    let entry = |path: &str, fields: Vec<(&str, Value)>, body: &str| CollectionRecord {
        path: path.into(),
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: body.into(),
    };
    let map = |fields: Vec<(&str, Value)>| {
        Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let issue = |day: u8| {
        let at = format!("2023-02-{day:02}T07:30:00.5+01:00");
        let fields = vec![
            ("title", Value::from(&*format!("Tides of the {day}th"))),
            ("publishedDateTime", Value::from(&*at)),
            ("webUrl", Value::from("https://pages.example/newsletter/")),
            ("secured", Value::from("v2.sealed")),
        ];
        entry(&format!("issue-{day}.html"), fields, "<p>Good morning &amp; welcome</p>")
    };
    vec![
        kind("newsletters", vec![issue(9), issue(12), issue(15)]),
        kind(
            "people",
            vec![
                entry(
                    "crew/ada-quill.md",
                    vec![
                        ("name", Value::from("Ada Quill")),
                        ("bio", Value::Null),
                        ("born", Value::from("1980-01-02T03:04:05+01:00")),
                        ("url", Value::from("javascript:alert(1)")),
                        ("height", Value::Float(f64::INFINITY)),
                        ("topics", Value::List(vec![Value::from("Coast"), Value::Null])),
                        (
                            "images",
                            Value::List(vec![map(vec![
                                ("url", Value::from("/a.png")),
                                ("title", Value::Null),
                            ])]),
                        ),
                    ],
                    "",
                ),
                entry(
                    "held.md",
                    vec![("name", Value::from("Nobody")), ("published", Value::Bool(false))],
                    "",
                ),
                entry("no address.md", vec![("name", Value::from("Nowhere"))], ""),
                entry("ole.md", vec![("name", Value::from("Ole Quay"))], ""),
            ],
        ),
        kind("events", Vec::new()),
    ]
}

pub(crate) fn publication() -> Publication {
    publish(snapshot())
}

pub(crate) fn publish(snapshot: Snapshot) -> Publication {
    Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).expect("the sample renders")
}
