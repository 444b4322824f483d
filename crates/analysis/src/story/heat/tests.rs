use courant_model::{ArticleId, Quality};

use super::{
    super::{
        external_signals::{Boost, Clicks, Link},
        rank,
    },
    *,
};

const HOUR: i64 = 3600;

fn article(name: u8, hours: i64, provider: &str, copy_of: Option<u8>) -> StoryArticle {
    let time = Timestamp::from_second(hours * HOUR).unwrap();
    StoryArticle {
        id: ArticleId::from_bytes([name; 16]),
        quality: Quality::from_points(if name == 1 { 50 } else { 40 }),
        published: time,
        first_seen: time,
        provider: provider.to_owned(),
        copy_of: copy_of.map(|name| ArticleId::from_bytes([name; 16])),
        chosen: false,
    }
}

fn degrees(articles: &[StoryArticle], hours: i64, rule: &HeatRule) -> i32 {
    degrees_with(articles, &ExternalSignals::default(), hours, rule)
}

fn degrees_with(articles: &[StoryArticle], signals: &ExternalSignals, hours: i64, rule: &HeatRule) -> i32 {
    rank(articles, signals, at(hours), rule).unwrap().heat.degrees()
}

fn reasons_of(articles: &[StoryArticle], signals: &ExternalSignals, hours: i64) -> Vec<String> {
    let ranked = rank(articles, signals, at(hours), &HeatRule::default()).unwrap();
    ranked.reasons.iter().map(|reason| format!("{}: {}", reason.what, reason.detail)).collect()
}

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(hours * HOUR).unwrap()
}

fn linked(links: &[(&str, i64)]) -> ExternalSignals {
    let link =
        |&(provider, hours): &(&str, i64)| Link { provider: provider.to_owned(), published: at(hours) };
    ExternalSignals { links: links.iter().map(link).collect(), ..ExternalSignals::default() }
}

#[test]
fn at_breaking_time_it_equals_the_classic_heat_and_then_cools_to_the_quality() {
    let articles = [
        article(1, 0, "a.example", None),
        article(2, 0, "b.example", None),
        article(3, 0, "c.example", None),
    ];
    let cooling = HeatRule::default();
    assert_eq!(degrees(&articles, 0, &cooling), 70);
    assert_eq!(degrees(&articles, 0, &HeatRule::Classic), 70);
    assert_eq!(degrees(&articles, 24, &cooling), 60);
    assert_eq!(degrees(&articles, 24, &HeatRule::Classic), 70);
    assert_eq!(degrees(&articles, 24 * 30, &cooling), 50);
}

#[test]
fn one_provider_can_hardly_heat_its_own_story() {
    let mut articles = vec![article(1, 0, "a.example", None)];
    articles.extend((2..60).map(|name| article(name, 0, "a.example", None)));
    assert_eq!(degrees(&articles, 0, &HeatRule::default()), 53);
}

#[test]
fn copies_and_further_articles_count_little() {
    let wire = [article(1, 0, "a.example", None), article(2, 0, "b.example", Some(1))];
    assert_eq!(degrees(&wire, 0, &HeatRule::default()), 52);
    let mut flood = vec![article(1, 0, "a.example", None)];
    flood.extend((2..60).map(|name| article(name, 0, "b.example", None)));
    assert_eq!(degrees(&flood, 0, &HeatRule::default()), 69);
}

#[test]
fn the_terms_are_listed() {
    let articles = [article(1, 0, "a.example", None), article(2, 0, "b.example", None)];
    assert_eq!(
        reasons_of(&articles, &ExternalSignals::default(), 0),
        ["quality: 50", "coverage: 1 independent provider: +10.0 now"]
    );
}

#[test]
fn an_invalid_configuration_gives_the_quality() {
    let articles = [article(1, 0, "a.example", None), article(2, 0, "b.example", None)];
    for half_life_h in [0.0, -1.0, f64::NAN] {
        let rule = HeatRule::Cooling(HeatConfig { half_life_h, ..HeatConfig::default() });
        assert_eq!(degrees(&articles, 0, &rule), 50);
    }
}

#[test]
fn links_from_outside_heat_a_little_and_cool() {
    let articles = [article(1, 0, "a.example", None), article(2, 0, "b.example", None)];
    let links = linked(&[("x.example", 2), ("y.example", 0), ("z.example", 2)]);
    assert_eq!(degrees_with(&articles, &links, 2, &HeatRule::default()), 67);
    assert_eq!(
        reasons_of(&articles, &links, 2),
        [
            "quality: 50",
            "coverage: 1 independent provider: +9.4 now",
            "links: 3 links from other articles: +7.4 now"
        ]
    );
    assert_eq!(degrees_with(&articles, &links, 24 * 5, &HeatRule::default()), 51);
    assert_eq!(reasons_of(&articles, &links, 24 * 11).len(), 2, "after ten half-lives nothing counts");
    assert_eq!(degrees_with(&articles, &links, 2, &HeatRule::Classic), 60, "the classic rule takes none");
}

#[test]
fn links_count_once_per_provider_outside_the_story() {
    let articles = [
        article(1, 0, "a.example", None),
        article(2, 0, "b.example", None),
        article(3, 0, "c.example", Some(1)),
    ];
    let own = linked(&[("a.example", 0), ("b.example", 0), ("c.example", 0)]);
    assert_eq!(reasons_of(&articles, &own, 0).len(), 3, "quality, coverage, copies");
    let often = linked(&[("x.example", 0), ("x.example", 30), ("x.example", 24)]);
    assert!(
        reasons_of(&articles, &often, 54)
            .contains(&"links: 1 link from another article: +1.2 now".to_owned())
    );
    let names: Vec<String> = (0..60).map(|number| format!("p{number}.example")).collect();
    let flood: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 0)).collect();
    assert!(
        reasons_of(&articles, &linked(&flood), 0)
            .contains(&"links: 8 links from other articles: +20.0 now".to_owned())
    );
}

#[test]
fn the_order_of_links_makes_no_difference() {
    let articles = [article(1, 0, "a.example", None)];
    let links = [("x.example", 5), ("y.example", 3), ("x.example", 1), ("z.example", 4)];
    let mut turned = links;
    turned.reverse();
    let rule = HeatRule::default();
    assert_eq!(
        rank(&articles, &linked(&links), at(9), &rule),
        rank(&articles, &linked(&turned), at(9), &rule)
    );
}

#[test]
fn the_first_counting_instant_exists_for_every_configuration() {
    let rule = |half_life_h| HeatRule::Cooling(HeatConfig { half_life_h, ..HeatConfig::default() });
    assert_eq!(rule(24.0).counts_since(at(1000)), at(760));
    for half_life_h in [0.0, -3.0, f64::NAN] {
        assert_eq!(rule(half_life_h).counts_since(at(1000)), at(1000));
    }
    assert_eq!(rule(f64::INFINITY).counts_since(at(1000)), Timestamp::MIN);
    assert_eq!(HeatRule::Classic.counts_since(at(1000)), at(1000));
}

#[test]
fn an_editors_boost_holds_in_full_until_it_ends_under_every_rule() {
    let articles = [article(1, 0, "a.example", None), article(2, 0, "b.example", None)];
    let boosted = |degrees| ExternalSignals {
        boost: Some(Boost { degrees, by: "Ann".to_owned(), until: at(24) }),
        ..ExternalSignals::default()
    };
    assert_eq!(
        reasons_of(&articles, &boosted(15), 0),
        [
            "quality: 50",
            "coverage: 1 independent provider: +10.0 now",
            "boost: +15 by Ann until 1970-01-02T00:00:00Z"
        ]
    );
    for (hours, wanted) in [(0, 75), (23, 70), (24, 55)] {
        assert_eq!(degrees_with(&articles, &boosted(15), hours, &HeatRule::default()), wanted, "{hours}");
    }
    assert_eq!(degrees_with(&articles, &boosted(15), 23, &HeatRule::Classic), 75);
    assert_eq!(degrees_with(&articles, &boosted(15), 24, &HeatRule::Classic), 60);
    assert_eq!(degrees_with(&articles, &boosted(-8), 0, &HeatRule::default()), 52);
    assert_eq!(degrees_with(&articles, &boosted(-1000), 0, &HeatRule::default()), 0, "never below zero");
    assert_eq!(degrees_with(&articles, &boosted(i32::MAX), 0, &HeatRule::default()), i32::MAX);
}

#[test]
fn clicks_count_logarithmically_cool_from_noon_and_are_capped() {
    let articles = [article(1, 0, "a.example", None)];
    let clicks = |days: &[(i64, u32)]| ExternalSignals {
        clicks: days.iter().map(|&(day, readers)| Clicks { day: at(24 * day), readers }).collect(),
        ..ExternalSignals::default()
    };
    assert_eq!(
        reasons_of(&articles, &clicks(&[(0, 7)]), 12),
        ["quality: 50", "clicks: 7 clicks by readers: +4.5 now"],
        "one and a half degrees each time that the readers double"
    );
    assert_eq!(reasons_of(&articles, &clicks(&[(0, 7)]), 3)[1], "clicks: 7 clicks by readers: +4.5 now");
    assert_eq!(reasons_of(&articles, &clicks(&[(0, 14)]), 36)[1], "clicks: 14 clicks by readers: +4.5 now");
    assert_eq!(
        reasons_of(&articles, &clicks(&[(1, 7), (0, 14)]), 36)[1],
        "clicks: 21 clicks by readers: +5.9 now"
    );
    assert_eq!(degrees_with(&articles, &clicks(&[(0, u32::MAX)]), 12, &HeatRule::default()), 65);
    assert_eq!(
        reasons_of(&articles, &clicks(&[(0, 7)]), 24 * 10 + 13).len(),
        1,
        "forgotten after ten half-lives"
    );
    assert_eq!(degrees_with(&articles, &clicks(&[(0, 700)]), 12, &HeatRule::Classic), 50);
    let deaf = HeatRule::Cooling(HeatConfig { clicks: 0.0, ..HeatConfig::default() });
    assert_eq!(degrees_with(&articles, &clicks(&[(0, 700)]), 12, &deaf), 50);
}

proptest::proptest! {
    #[test]
    fn external_signals_are_bounded_cool_and_have_no_order(
        links in proptest::collection::vec((0_u8..20, -400_i64..100), 0..40),
        days in proptest::collection::vec((-20_i64..4, 0_u32..100_000), 0..20),
        hours in 0_i64..500,
        later in 0_i64..500,
    ) {
        let articles = [article(1, -10, "p1.example", None), article(2, -10, "p2.example", None)];
        let link = |&(name, at_hour): &(u8, i64)| Link { provider: format!("p{name}.example"), published: at(at_hour) };
        let mut signals = ExternalSignals {
            links: links.iter().map(link).collect(),
            clicks: days.iter().map(|&(day, readers)| Clicks { day: at(24 * day), readers }).collect(),
            boost: None,
        };
        let rule = HeatRule::default();
        let now = rank(&articles, &signals, at(hours), &rule).unwrap();
        let alone = degrees(&articles, hours, &rule);
        let warmed = now.heat.degrees() - alone;
        // Twenty degrees for links, fifteen for readers, and one for rounding.
        proptest::prop_assert!((0..=36).contains(&warmed), "{warmed}");
        let cooler = degrees_with(&articles, &signals, hours + 100 + later, &rule);
        proptest::prop_assert!(cooler <= degrees_with(&articles, &signals, hours + 100, &rule));
        signals.links.reverse();
        signals.clicks.reverse();
        proptest::prop_assert_eq!(Some(now), rank(&articles, &signals, at(hours), &rule));
        let classic = degrees_with(&articles, &signals, hours, &HeatRule::Classic);
        proptest::prop_assert_eq!(classic, 60);
    }
}

proptest::proptest! {
    #[test]
    fn an_unchanging_story_stays_the_same(
        reports in proptest::collection::vec((0_i64..500, 0_u8..6, proptest::bool::ANY), 1..30),
        half_life_h in 1.0_f64..100.0,
        degrees in 1.0_f64..60.0,
        later in 1_i64..100_000,
    ) {
        let rule = HeatRule::Cooling(HeatConfig { half_life_h, degrees, ..HeatConfig::default() });
        let articles: Vec<StoryArticle> = (1..)
            .zip(&reports)
            .map(|(name, &(hours, provider, is_copy))| {
                let original = (is_copy && name > 1).then_some(1);
                article(name, hours, &format!("{provider}.example"), original)
            })
            .collect();
        let newest = articles.iter().map(|article| article.published).max().unwrap();
        let unchanged = rule.unchanged_from(newest, articles.len()).max(newest);
        let tells = |now| {
            let none = ExternalSignals::default();
            let curve = super::super::heat_curve(&articles, &none, now, &rule);
            (rank(&articles, &none, now, &rule), curve)
        };
        proptest::prop_assert_eq!(tells(unchanged), tells(unchanged + SignedDuration::from_hours(later)));
    }
}
