//! Hand-written cases: what must be one story, one text, or neither.

use courant_analysis::{
    group::{GroupConfig, GroupDoc, Grouper, Placement, prepare},
    story::{ExternalSignals, HeatRule, StoryArticle, rank},
};
use courant_model::{ArticleId, Quality, StoryId, Timestamp};

use crate::news;

/// A grouper with the articles that it was given.
struct Stream {
    grouper: Grouper,
    count: u8,
}

impl Stream {
    fn new() -> Self {
        Self { grouper: Grouper::new(GroupConfig::default()), count: 0 }
    }

    fn place(&mut self, provider: &str, title: &str, text: &str, hours: i64) -> (ArticleId, Placement) {
        self.count += 1;
        let id = ArticleId::from_bytes([self.count; 16]);
        (id, self.grouper.place(prepare(&doc(id, provider, title, text, hours))))
    }

    fn story(&self, id: ArticleId) -> StoryId {
        self.grouper.story_of(id).expect("it was placed")
    }
}

fn doc<'a>(id: ArticleId, provider: &'a str, title: &'a str, text: &'a str, hours: i64) -> GroupDoc<'a> {
    let time = Timestamp::from_second(1_676_500_000 + hours * 3600).ok();
    GroupDoc {
        id,
        title,
        text,
        time,
        first_seen: time,
        url: None,
        source: Some(provider),
        authors: &[],
        language: Some("en"),
    }
}

#[test]
fn one_declaration_among_similar_news_is_one_story_with_its_reprints() {
    let mut stream = Stream::new();
    let mut on_declaration = Vec::new();
    let mut others = Vec::new();
    for (at, piece) in news::DECLARATION_DAYS.iter().enumerate() {
        let text = piece.text();
        let (id, placement) = stream.place(piece.provider, piece.title, &text, at as i64);
        if piece.tells_declaration { on_declaration.push((piece, id, placement)) } else { others.push(id) }
    }
    assert_eq!(on_declaration.len(), 7);
    let story = stream.story(on_declaration[0].1);
    let astray: Vec<&str> = on_declaration
        .iter()
        .filter(|(_, id, _)| stream.story(*id) != story)
        .map(|(piece, ..)| piece.title)
        .collect();
    assert_eq!(astray, [""; 0], "articles on the declaration outside its story");
    assert!(others.iter().all(|&id| stream.story(id) != story), "another subject was drawn in");
    let wire: Vec<_> = on_declaration.iter().filter(|(piece, ..)| piece.is_wire()).collect();
    assert_eq!(wire.len(), 3);
    let copies: Vec<_> = on_declaration.iter().filter_map(|(_, _, placement)| placement.copy_of).collect();
    assert_eq!(copies, [wire[0].1; 2], "two reprints of the wire report, no other copy");
    for (_, _, placement) in &wire[1..] {
        assert_eq!(placement.reasons[0].what, "copy");
        assert!(placement.reasons[0].detail.contains('%'), "{:?}", placement.reasons);
    }
    let articles: Vec<StoryArticle> = on_declaration
        .iter()
        .zip([30, 20, 45, 25, 60, 22, 40])
        .map(|((piece, id, placement), quality)| StoryArticle {
            id: *id,
            quality: Quality::from_points(quality),
            published: Timestamp::from_second(1_676_500_000).unwrap(),
            first_seen: Timestamp::from_second(1_676_500_000).unwrap(),
            provider: piece.provider.to_owned(),
            copy_of: placement.copy_of,
            chosen: false,
        })
        .collect();
    let now = Timestamp::from_second(1_676_500_000).unwrap();
    let ranking = rank(&articles, &ExternalSignals::default(), now, &HeatRule::default()).unwrap();
    assert_eq!(ranking.lead, on_declaration[2].1, "the best article leads, and no reprint, however good");
    assert_eq!(ranking.related.len(), 6);
}

#[test]
fn a_declaration_is_found_among_a_thousand_similar_articles() {
    let mut grouper = Grouper::new(GroupConfig::default());
    let (mut on_declaration, mut others) = (Vec::new(), Vec::new());
    let pieces = news::DECLARATION_DAYS;
    for at in 0..1_000_u32 {
        let noise = news::business(at);
        let id = ArticleId::from_bytes(
            [(at / 250) as u8 + 1, (at % 250) as u8, 7].repeat(6)[..16].try_into().unwrap(),
        );
        let hours = i64::from(at) * 72 / 1_000;
        grouper.place(prepare(&doc(id, "noise.example", &noise.0, &noise.1, hours)));
        others.push(id);
        if at % 50 == 25
            && let Some(piece) = pieces.get((at / 50) as usize)
        {
            let id = ArticleId::from_bytes([100 + (at / 50) as u8; 16]);
            grouper.place(prepare(&doc(id, piece.provider, piece.title, &piece.text(), hours)));
            if piece.tells_declaration { on_declaration.push((piece.title, id)) } else { others.push(id) }
        }
    }
    assert_eq!(on_declaration.len(), 7);
    let story = |id| grouper.story_of(id).expect("it was placed");
    let one = story(on_declaration[0].1);
    let astray: Vec<&str> =
        on_declaration.iter().filter(|(_, id)| story(*id) != one).map(|(title, _)| *title).collect();
    assert_eq!(astray, [""; 0], "articles on the declaration outside its story");
    let drawn = others.iter().filter(|&&id| story(id) == one).count();
    assert_eq!(drawn, 0, "articles on other subjects were drawn in");
}

#[test]
fn pages_from_one_template_are_neither_copies_nor_one_story() {
    let mut stream = Stream::new();
    let page = |town: &str, street: &str, name: &str, sold: u32, price: u32| {
        format!(
            "The housing market in {town} moved again last month. According to the land registry, {sold} homes \
             changed hands, at an average price of {price} euros. The busiest street was {street}, where agents \
             reported short viewings and quick offers. {name}, who runs the local office of the registry, said \
             that buyers should compare several offers before they sign. A new report appears next month."
        )
    };
    let a = stream.place(
        "a.example",
        "House prices in Ostrava",
        &page("Ostrava", "Nadrazni", "Jana Kralova", 412, 81_200),
        0,
    );
    let b = stream.place(
        "a.example",
        "House prices in Tampere",
        &page("Tampere", "Hameenkatu", "Mika Salonen", 198, 203_400),
        1,
    );
    let c = stream.place(
        "a.example",
        "House prices in Coimbra",
        &page("Coimbra", "Ferreira Borges", "Rui Mendes", 77, 154_900),
        2,
    );
    for (_, placement) in [&a, &b, &c] {
        assert_eq!(placement.copy_of, None, "{:?}", placement.reasons);
    }
}

#[test]
fn a_reprint_with_another_headline_and_boilerplate_is_a_copy() {
    let mut stream = Stream::new();
    let report = news::ferry_report();
    let (original, _) =
        stream.place("wire.example", "Ferry with 212 aboard runs aground off Hvaler", &report, 0);
    let framed =
        format!("Sign up for our newsletter. Read more in the app.\n\n{report}\n\nShare this. Follow us.");
    let (_, reprint) =
        stream.place("gazette.example", "Passengers safe after night on the rocks", &framed, 2);
    assert_eq!(reprint.copy_of, Some(original));
    let cut: String = report.chars().take(report.len() / 2).collect();
    let (_, short) = stream.place("post.example", "Ferry aground", &cut, 3);
    assert_eq!(short.copy_of, Some(original));
    let shouted = report.to_uppercase();
    let (_, loud) = stream.place("loud.example", "FERRY AGROUND", &shouted, 4);
    assert_eq!(loud.copy_of, Some(original));
}

#[test]
fn an_edited_article_keeps_its_story() {
    let mut stream = Stream::new();
    let (id, first) = stream.place("a.example", "Ferry runs aground off Hvaler", &news::ferry_report(), 0);
    let edited = format!("{} Update: all passengers were taken ashore by noon.", news::ferry_report());
    let again = stream.grouper.place(prepare(&doc(id, "a.example", "Ferry runs aground", &edited, 1)));
    assert_eq!((again.story, again.copy_of), (first.story, None));
    assert_eq!(again.reasons[0].what, "update");
    assert_eq!(stream.grouper.len(), 1);
}

#[test]
fn a_roundup_does_not_chain_stories() {
    let mut stream = Stream::new();
    let ferry = news::ferry_report();
    let museum = news::museum_report();
    let (a, _) = stream.place("a.example", "Ferry with 212 aboard runs aground off Hvaler", &ferry, 0);
    let (b, _) = stream.place("b.example", "Three held after Basel museum theft", &museum, 1);
    let both = format!("{}\n\n{}", &ferry[..ferry.len() / 2], &museum[..museum.len() / 2]);
    let (c, roundup) = stream.place("c.example", "Morning briefing: a ferry, a theft and more", &both, 2);
    let (d, _) =
        stream.place("d.example", "Ferry still stuck on rocks off Hvaler", &ferry[ferry.len() / 3..], 3);
    assert_ne!(stream.story(a), stream.story(b));
    assert!(
        stream.story(c) != stream.story(a) && stream.story(c) != stream.story(b),
        "{:?}",
        roundup.reasons
    );
    assert_eq!(stream.story(d), stream.story(a));
}

#[test]
fn empty_and_huge_articles_do_no_harm() {
    let mut stream = Stream::new();
    let (empty, first) = stream.place("a.example", "", "", 0);
    let (other, second) = stream.place("a.example", "", "", 0);
    assert_eq!((first.story, second.story), (StoryId::opened_by(empty), StoryId::opened_by(other)));
    let mut hostile = String::new();
    for n in 0..1_200_000_u32 {
        hostile.push_str(&n.wrapping_mul(2_654_435_761).to_string());
        hostile.push(if n % 7 == 0 { '\u{301}' } else { ' ' });
    }
    assert!(hostile.len() > 10 << 20);
    let (_, placed) = stream.place("b.example", &hostile, &hostile, 1);
    assert_eq!(placed.copy_of, None);
    let one_word = "漢".repeat(4 << 20);
    stream.place("c.example", &one_word, &one_word, 2);
    stream.place("d.example", "\u{0}\u{FFFD}\u{202E}", &"a".repeat(5 << 20), 3);
    assert_eq!(stream.grouper.len(), 5);
}

#[test]
fn languages_without_spaces_are_grouped() {
    let mut stream = Stream::new();
    let (a, _) = stream.place(
        "a.example",
        "大阪港で貨物船が衝突、乗組員12人を救助",
        "大阪港で27日未明、貨物船とタンカーが衝突し、乗組員12人が救助された。海上保安庁が原因を調べている。",
        0,
    );
    let (b, _) = stream.place(
        "b.example",
        "貨物船とタンカーが大阪港で衝突 12人救助",
        "27日未明に大阪港で貨物船がタンカーと衝突した。海上保安庁によると乗組員12人は全員救助された。",
        1,
    );
    let (c, _) = stream.place(
        "c.example",
        "札幌で雪まつり開幕、観光客でにぎわう",
        "札幌市で雪まつりが開幕し、大雪像を見ようと多くの観光客が訪れた。",
        2,
    );
    assert_eq!(stream.story(a), stream.story(b));
    assert_ne!(stream.story(a), stream.story(c));
}

/// A wire report as printed by a paper, with or without a dateline.
fn wire(dateline: &str) -> String {
    let report = "The harbour of Ostrava will close its eastern basin for three weeks from Monday, the port authority \
        announced. Divers found cracks in eleven piles of the quay, some as long as forty centimetres. Freight is sent \
        to Karvina meanwhile, spokesman Pavel Lindqvist said, and about 340 workers are paid for the time. The repair \
        costs 12 million crowns, half of which the state bears. The basin was built in 1931 and last renewed in 1987.";
    format!("{dateline}{report}")
}

const HEADLINE: &str = "Harbour of Ostrava closes eastern basin for repair";

#[test]
fn an_agencys_own_article_becomes_the_original_of_a_crediting_reprint() {
    let mut stream = Stream::new();
    let (first, opened) = stream.place("paper.example", HEADLINE, &wire("OSTRAVA (Reuters) - "), 0);
    let (second, reprint) = stream.place("courier.example", HEADLINE, &wire("OSTRAVA (Reuters) - "), 1);
    assert_eq!(
        (opened.copy_of, reprint.copy_of),
        (None, Some(first)),
        "without the agency the earliest stays"
    );
    assert!(reprint.reasons.iter().any(|reason| reason.detail == "the article credits Reuters"));
    let (own, agency) = stream.place("reuters.com", HEADLINE, &wire(""), 2);
    assert_eq!(agency.copy_of, None);
    assert_eq!(agency.copies, [first, second]);
    assert_eq!(agency.story, opened.story, "the story keeps its name");
    assert_eq!(agency.reasons[0].what, "original");
    assert!(agency.reasons[0].detail.contains("credits Reuters"), "{:?}", agency.reasons);
    let (_, late) = stream.place("herald.example", HEADLINE, &wire("OSTRAVA (Reuters) - "), 3);
    assert_eq!((late.copy_of, late.copies), (Some(own), Vec::new()));
    assert!(
        late.reasons.iter().any(|reason| reason.what == "credit" && reason.detail.contains("own article"))
    );
}

#[test]
fn an_agency_among_the_authors_is_credited() {
    let mut grouper = Grouper::new(GroupConfig::default());
    let text = wire("");
    let authors = ["Ann Tarrow".to_owned(), "The Associated Press".to_owned()];
    let [reprint, own] = [1, 2].map(|at| ArticleId::from_bytes([at; 16]));
    let first = GroupDoc { authors: &authors, ..doc(reprint, "paper.example", HEADLINE, &text, 0) };
    grouper.place(prepare(&first));
    let agency = grouper.place(prepare(&doc(own, "apnews.com", HEADLINE, &text, 1)));
    assert_eq!((agency.copy_of, agency.copies), (None, vec![reprint]));
}

#[test]
fn an_uncredited_agency_does_not_become_the_original() {
    let mut stream = Stream::new();
    let (first, _) = stream.place("paper.example", HEADLINE, &wire(""), 0);
    let (_, own) = stream.place("reuters.com", HEADLINE, &wire(""), 1);
    assert_eq!((own.copy_of, own.copies.len()), (Some(first), 0));
    let mut stream = Stream::new();
    let (first, _) = stream.place("paper.example", HEADLINE, &wire("OSTRAVA (AP) — "), 0);
    let (_, own) = stream.place("reuters.com", HEADLINE, &wire(""), 1);
    assert_eq!(own.copy_of, Some(first), "another agency's report");
}

#[test]
fn split_stories_are_never_merged() {
    let texts = [
        "Divers found cracks in two iron wheels of the swing bridge at Larkfield. The harbour board closed it for eleven \
         weeks, and ferries carry people over the Ottery until spring.",
        "The Larkfield swing bridge over the Ottery is closed for eleven weeks, since its iron wheels are cracked, divers of \
         the harbour board told the council; lorries go round by Halden.",
        "For eleven weeks nobody crosses the swing bridge of Larkfield: the harbour board has closed it over cracked wheels. \
         Boats will carry people across the Ottery, and lorries use the road by Halden.",
    ];
    let id = |at: u8| ArticleId::from_bytes([at + 1; 16]);
    let doc = |at: u8| GroupDoc {
        id: id(at),
        title: "Larkfield swing bridge closed over cracked wheels",
        text: texts[usize::from(at)],
        time: Some(Timestamp::from_second(1_768_000_000 + 3_600 * i64::from(at)).unwrap()),
        first_seen: None,
        url: None,
        source: None,
        authors: &[],
        language: None,
    };
    let placed = |divided: bool| {
        let mut grouper =
            Grouper::new(GroupConfig { merge_at: 0.0, copy_overlap: 1.0, ..GroupConfig::default() });
        let stories = [0, 1].map(|at| StoryId::opened_by(id(at)));
        for at in [0, 1] {
            grouper.restore(prepare(&doc(at)), stories[usize::from(at)], None);
        }
        if divided {
            grouper.forbid_merges(stories);
        }
        let placement = grouper.place(prepare(&doc(2)));
        let holds = [0, 1].map(|at| grouper.story_of(id(at)).unwrap());
        assert!(holds.contains(&placement.story), "it joins one of them");
        (holds[0] == holds[1], placement.merged.len())
    };
    assert_eq!(placed(false), (true, 1), "the third shows the two to be one");
    assert_eq!(placed(true), (false, 0), "but not where an editor has divided them");
}
