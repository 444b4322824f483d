//! What is true of every page: a sound structure, and no input that becomes markup.

use std::sync::Arc;

use courant_model::{BuiltInRule, Timestamp};
use courant_render::{FoundArticle, Publication, SearchView};
use dom_query::{Document, NodeRef};

use crate::sample;

fn html(publication: &Publication, path: &str) -> String {
    let document = publication.get(path).unwrap_or_else(|| panic!("{path} exists")).expect("a page renders");
    assert_eq!(document.content_type, "text/html; charset=utf-8", "{path}");
    String::from_utf8(document.body).expect("pages are UTF-8")
}

fn pages(publication: &Publication) -> Vec<(String, String)> {
    publication
        .paths()
        .filter(|path| path.ends_with('/') || path == "/404.html")
        .map(|path| (path.clone(), html(publication, &path)))
        .collect()
}

fn results() -> SearchView {
    let sample = sample::snapshot();
    let hits = sample
        .items
        .iter()
        .step_by(7)
        .map(|item| FoundArticle { article: item.id, snippet: "the \u{2}<old>\u{3} harbour".to_owned() });
    SearchView {
        query: sample::HOSTILE.to_owned(),
        topic: Some("ports\"><b>".to_owned()),
        page: 2,
        page_size: 5,
        total: 12,
        hits: hits.collect(),
    }
}

#[test]
fn every_path_is_listed_once_and_has_a_document() {
    let publication = sample::publication();
    let paths: Vec<String> = publication.paths().collect();
    let distinct: std::collections::HashSet<&String> = paths.iter().collect();
    assert_eq!(distinct.len(), paths.len());
    for path in &paths {
        assert!(publication.get(path).unwrap().is_ok(), "{path}");
    }
}

#[test]
fn every_page_has_one_heading_of_the_first_level_and_the_landmarks() {
    let publication = sample::publication();
    let mut all = pages(&publication);
    let found = publication.search_page(&results()).unwrap();
    all.push(("results".to_owned(), String::from_utf8(found.body).unwrap()));
    for (path, html) in all {
        let page = Document::from(html.as_str());
        for one in ["h1", "main", "body > header", "body > footer", "title", "[role=search]", "html[lang]"] {
            assert_eq!(page.select(one).length(), 1, "{one} in {path}");
        }
        assert!(!page.select("title").text().is_empty(), "{path}");
        assert!(page.select("a.skip[href='#content']").exists(), "{path}");
        let ids: Vec<String> =
            page.select("[id]").iter().filter_map(|e| e.attr("id")).map(|id| id.to_string()).collect();
        let distinct: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), distinct.len(), "ids in {path}: {ids:?}");
    }
}

#[test]
fn headings_never_skip_a_level() {
    for (path, html) in pages(&sample::publication()) {
        let page = Document::from(html.as_str());
        let levels: Vec<u8> = page
            .select("h1, h2, h3, h4, h5, h6")
            .iter()
            .filter_map(|heading| heading.nodes().first().and_then(NodeRef::node_name))
            .map(|name| name.as_bytes()[1] - b'0')
            .collect();
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{path}: {levels:?}");
        }
    }
}

#[test]
fn no_input_becomes_markup() {
    let publication = sample::publication();
    let mut all = pages(&publication);
    let found = publication.search_page(&results()).unwrap();
    all.push(("results".to_owned(), String::from_utf8(found.body).unwrap()));
    for (path, html) in all {
        let page = Document::from(html.as_str());
        assert!(!page.select("script:not([type='application/ld+json'])").exists(), "{path}");
        assert!(!page.select("[onerror], [onclick], [style], img[src=x]").exists(), "{path}");
        assert!(!html.contains("javascript:"), "{path}");
    }
}

#[test]
fn linked_data_is_json_and_cannot_end_its_element() {
    let mut seen = 0;
    for (path, html) in pages(&sample::publication()) {
        let page = Document::from(html.as_str());
        for script in &page.select("script[type='application/ld+json']") {
            let text = script.text();
            assert!(!text.contains('<'), "{path}");
            let value: serde_json::Value =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(value["@context"], "https://schema.org", "{path}");
            seen += 1;
        }
    }
    assert!(seen > 40);
}

#[test]
fn every_image_has_a_size_and_an_alternative_text_and_every_field_a_label() {
    for (path, html) in pages(&sample::publication()) {
        let page = Document::from(html.as_str());
        assert!(!page.select("img:not([alt]), img:not([width]), img:not([height])").exists(), "{path}");
        for field in &page.select("input, select") {
            let id = field.attr("id").unwrap_or_else(|| panic!("{path}: a field without id"));
            assert!(page.select(&format!("label[for='{id}']")).exists(), "{path}: {id}");
        }
    }
}

#[test]
fn every_link_inside_the_site_leads_somewhere() {
    let publication = sample::publication();
    let mut links = std::collections::BTreeMap::new();
    for (path, html) in pages(&publication) {
        let page = Document::from(html.as_str());
        for link in &page.select("a[href], link[href]") {
            let href = link.attr("href").unwrap_or_default().to_string();
            let inside = href.strip_prefix("https://tidewater.example").unwrap_or(&href);
            if let Some(target) = inside.split(['?', '#']).next().filter(|target| target.starts_with('/')) {
                links.insert(target.to_owned(), path.clone());
            }
        }
    }
    assert!(links.len() > 50);
    for (target, path) in links {
        assert!(publication.get(&target).is_some(), "{path} links to {target}");
    }
}

#[test]
fn the_front_page_is_small() {
    let publication = sample::publication();
    let front = html(&publication, "/");
    let page = Document::from(front.as_str());
    let style = page.select("link[rel=stylesheet]").attr("href").unwrap().to_string();
    let style = publication.get(&style).unwrap().unwrap();
    assert!(style.immutable);
    let bytes = front.len() + style.body.len();
    // 60,000, and the policy in the head of every page.
    assert!(bytes < 60_000 + 200, "front page and style have {bytes} bytes");
}

#[test]
fn held_leads_and_withdrawn_articles_appear_nowhere() {
    let mut snapshot = sample::snapshot();
    let story = sample::story_id(0);
    let hidden = snapshot.items.iter_mut().find(|item| item.story == story && item.heat.is_none()).unwrap();
    let hidden = Arc::make_mut(hidden);
    hidden.verdict.rule = BuiltInRule::Editor.into();
    hidden.record.title = "Taken off by an editor".to_owned();
    let id = hidden.id;
    let publication = sample::publish(snapshot);
    assert!(publication.get(&format!("/api/v1/articles/{id}.json")).is_none());
    assert!(publication.get(&format!("/stories/{}/", sample::story_id(99))).is_none());
    for path in publication.paths() {
        let body = publication.get(&path).unwrap().unwrap().body;
        let text = String::from_utf8_lossy(&body);
        assert!(!text.contains("A held lead that nobody may see"), "{path}");
        assert!(!text.contains("Taken off by an editor"), "{path}");
        assert!(!text.contains("not_lead"), "{path}");
    }
}

#[test]
fn a_merged_story_leads_to_the_present_one() {
    let publication = sample::publication();
    let (old, new) = (sample::story_id(98), sample::story_id(0));
    let page = publication.get(&format!("/stories/{old}/")).unwrap().unwrap();
    assert_eq!(page.moved_to, Some(format!("/stories/{new}/")));
    assert!(publication.paths().any(|path| path == format!("/stories/{old}/")));
    let text = String::from_utf8(page.body).unwrap();
    assert!(
        text.contains(&format!("<link rel=\"canonical\" href=\"https://tidewater.example/stories/{new}/\">"))
    );
    let api = publication.get(&format!("/api/v1/stories/{old}/")).unwrap().unwrap();
    assert_eq!(api.moved_to, Some(format!("/api/v1/stories/{new}.json")));
}

#[test]
fn an_empty_site_helps() {
    let mut snapshot = sample::snapshot();
    snapshot.items.clear();
    snapshot.stories.clear();
    let publication = sample::publish(snapshot);
    let front = html(&publication, "/");
    assert!(front.contains("sources.opml") && front.contains("courant doctor"));
    for path in publication.paths() {
        assert!(publication.get(&path).unwrap().is_ok(), "{path}");
    }
}

#[test]
fn a_site_below_a_path_keeps_its_links_there() {
    let mut snapshot = sample::snapshot();
    snapshot.site.url = "https://host.example/sea/news".parse().unwrap();
    let publication = sample::publish(snapshot);
    assert_eq!(publication.root(), "/sea/news/");
    for (path, html) in pages(&publication) {
        let page = Document::from(html.as_str());
        for link in &page.select("a[href^='/'], link[href^='/'], img[src^='/']") {
            let url = link.attr("href").or_else(|| link.attr("src")).unwrap();
            assert!(url.starts_with("/sea/news/"), "{path}: {url}");
        }
        assert!(!html.contains("content=\"/"), "social images have absolute URLs: {path}");
    }
}

#[test]
fn equal_snapshots_give_equal_bytes() {
    let (one, two) = (sample::publication(), sample::publication());
    assert!(one.paths().eq(two.paths()));
    for path in one.paths() {
        assert_eq!(one.get(&path).unwrap().unwrap(), two.get(&path).unwrap().unwrap(), "{path}");
    }
}

#[test]
fn a_page_that_does_not_show_what_changed_keeps_its_bytes() {
    let mut later = sample::snapshot();
    later.taken += jiff::SignedDuration::from_mins(5);
    let (one, two) = (sample::publication(), sample::publish(later));
    for path in one.paths().filter(|path| path != "/news-sitemap.xml") {
        assert_eq!(
            one.get(&path).unwrap().unwrap().etag(),
            two.get(&path).unwrap().unwrap().etag(),
            "{path}"
        );
    }
}

#[test]
fn copies_are_listed_below_their_original() {
    let publication = sample::publication();
    let story = html(&publication, &format!("/stories/{}/", sample::story_id(0)));
    let page = Document::from(story.as_str());
    assert_eq!(page.select(".report").length(), 6);
    assert_eq!(page.select(".copies li").length(), 4);
    assert_eq!(page.select(".report.leads").length(), 1);
}

#[test]
fn a_topic_holds_the_stories_of_the_topics_below_it() {
    let publication = sample::publication();
    let topics = publication.get("/api/v1/topics.json").unwrap().unwrap().body;
    let topics: serde_json::Value = serde_json::from_slice(&topics).unwrap();
    let count = |id: &str| {
        let topic = topics["topics"].as_array().unwrap().iter().find(|topic| topic["id"] == id).unwrap();
        topic["stories"].as_u64().unwrap()
    };
    assert!(count("coast") > count("ports"));
    assert_eq!(count("no-news"), 0);
}

#[test]
fn a_date_in_the_future_does_not_lead_the_lists() {
    let mut snapshot = sample::snapshot();
    let future: Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
    let story = sample::story_id(20);
    let lead = snapshot.items.iter_mut().find(|item| item.story == story && item.heat.is_some()).unwrap();
    Arc::make_mut(lead).record.published_date_time = Some(future);
    let publication = sample::publish(snapshot);
    for path in ["/", "/archive/", "/feed.xml"] {
        let body = publication.get(path).unwrap().unwrap().body;
        assert!(!String::from_utf8_lossy(&body).contains("2099"), "{path}");
    }
}

#[test]
fn a_record_lists_the_articles_of_the_story_it_leads() {
    let publication = sample::publication();
    let snapshot = publication.snapshot();
    let story = &snapshot.stories[0];
    let record = courant_render::record_of(snapshot, story.lead);
    assert_eq!(record.related.len(), story.related.len());
    assert_eq!(record, publication.record(story.lead));
    assert!(courant_render::record_of(snapshot, story.related[0]).related.is_empty());
}

#[test]
fn a_template_that_fails_on_a_story_is_found_before_a_reader_does() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("story.html"),
        "{% extends \"base.html\" %}\n{% block content %}\n{{ card.lead.nothing }}{% endblock %}",
    )
    .unwrap();
    let templates = courant_render::Templates::with_overrides(dir.path()).unwrap();
    let failed = Publication::new(sample::snapshot().into(), templates.into()).unwrap_err().to_string();
    assert!(failed.contains("story.html, line 3: "), "{failed}");
}

#[test]
fn a_site_can_override_one_template() {
    let dir = tempfile::tempdir().unwrap();
    let own = "{% extends \"base.html\" %}{% block content %}<h1>We are {{ frame.site }}</h1>{% include \"names.html\" %}{% endblock %}";
    std::fs::write(dir.path().join("about.html"), own).unwrap();
    std::fs::write(dir.path().join("names.html"), "<p>Ada & Ole</p>").unwrap();
    let templates = courant_render::Templates::with_overrides(dir.path()).unwrap();
    let publication = Publication::new(sample::snapshot().into(), templates.into()).unwrap();
    let about = html(&publication, "/about/");
    assert!(about.contains("<h1>We are The Tidewater Courant</h1><p>Ada & Ole</p>"));
    assert_eq!(html(&publication, "/topics/"), html(&sample::publication(), "/topics/"));
}

#[test]
fn a_very_large_story_shows_a_bounded_coverage_and_says_so() {
    let mut snapshot = sample::snapshot();
    let story = snapshot.stories[0].clone();
    let template = snapshot.items[story.related[0]].clone();
    for number in 1..=1000_u128 {
        let mut item = courant_model::Item::clone(&template);
        item.id = courant_model::ArticleId::from_bytes(number.to_be_bytes());
        item.copy_of = None;
        snapshot.items.push(item.into());
    }
    let all = snapshot.items.len();
    Arc::make_mut(&mut snapshot.stories[0]).related.extend(all - 1000..all);
    let publication = sample::publish(snapshot);
    let page = html(&publication, &format!("/stories/{}/", story.id));
    let shown = Document::from(page.as_str()).select(".report, .copies li").length();
    assert_eq!(shown, 400);
    assert!(page.contains(&format!("{} further articles", 1 + story.related.len() + 1000 - shown)));
    assert!(page.contains(&format!("/api/v1/stories/{}.json", story.id)));
}

/// A site with its own template of lists gets the stories as data. Its macros render them as the
/// bundled template does.
#[test]
fn a_site_s_own_list_template_can_render_cards() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "{% for row in day.rows %}{{ row }}";
    let cards = "{% from \"macros.html\" import story %}\
                 {% for card in day.cards %}{{ story(card, \"row\", 3 if dated else 2) }}";
    let list = include_str!("../../templates/list.html");
    assert!(list.contains(rows));
    for (name, text) in [
        ("story.html", include_str!("../../templates/story.html")),
        ("list.html", &list.replace(rows, cards)),
        ("provider.html", include_str!("../../templates/provider.html")),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    for beacon in [false, true] {
        let templates = courant_render::Templates::with_overrides(dir.path()).unwrap();
        let snapshot = Arc::new(varied(beacon));
        let own = Publication::new(Arc::clone(&snapshot), templates.into()).unwrap();
        let bundled = Publication::new(snapshot, courant_render::Templates::bundled().into()).unwrap();
        let mut by_kind = std::collections::BTreeMap::<String, usize>::new();
        for path in own.paths().filter(|path| path.ends_with('/')) {
            let page = html(&bundled, &path);
            assert_eq!(page, html(&own, &path), "{path}");
            let shows_articles = page.contains("class=\"story") || page.contains("class=\"lines\"");
            assert_eq!(page.contains(" ping=\"/beacon/"), beacon && shows_articles, "{path}");
            *by_kind.entry(path.split('/').nth(1).unwrap_or_default().to_owned()).or_default() += 1;
        }
        let kinds = ["stories", "topics", "providers", "archive", "page"];
        assert!(kinds.iter().all(|kind| by_kind[*kind] > 1), "{by_kind:?}");
    }
}

/// The sample with varied articles: some lack a field, some have a rare one.
fn varied(beacon: bool) -> courant_render::Snapshot {
    let mut snapshot = sample::snapshot();
    snapshot.site.beacon = beacon;
    for (at, item) in snapshot.items.iter_mut().enumerate() {
        let item = Arc::make_mut(item);
        match at % 7 {
            0 => item.signals.clear(),
            1 => item.topics.clear(),
            2 => item.record.authors = (0..6).map(|number| format!("A & <b>{number}</b>")).collect(),
            3 => item.record.provider = None,
            4 => item.record.kind = Some("video".into()),
            5 => {
                item.picture = Some("images/a'b.jpg".into());
                item.thumbnails =
                    vec![courant_model::Thumbnail { width: 400, path: "images/a-400.webp".into() }];
            }
            _ => item.record.excerpt = None,
        }
    }
    for story in snapshot.stories.iter_mut().step_by(2) {
        Arc::make_mut(story).heat_because.clear();
    }
    snapshot
}

#[test]
fn only_links_to_articles_report_that_they_were_followed_and_only_if_the_site_counts() {
    let mut snapshot = sample::snapshot();
    snapshot.site.url = "https://tidewater.example/news/".parse().unwrap();
    let silent =
        Publication::new(Arc::new(snapshot.clone()), courant_render::Templates::bundled().into()).unwrap();
    snapshot.site.beacon = true;
    let counting = Publication::new(Arc::new(snapshot), courant_render::Templates::bundled().into()).unwrap();
    let ids: Vec<String> =
        counting.snapshot().items.iter().map(|item| format!("/news/beacon/{}/", item.id)).collect();
    let mut pings = 0;
    for path in counting.paths() {
        let Ok(page) = String::from_utf8(counting.get(&path).unwrap().unwrap().body) else {
            continue;
        };
        let plain = silent.get(&path).unwrap().unwrap().body;
        if path == "/about/" {
            assert!(page.contains("how many readers each article had on a day"));
            assert!(String::from_utf8_lossy(&plain).contains("does not count its readers"));
            continue;
        }
        // Apart from the attributes, and the connections that the policy allows for them, the pages
        // are the same.
        let mut stripped = String::new();
        for (at, piece) in page.split(" ping=\"").enumerate() {
            let (ping, rest) = if at == 0 { ("", piece) } else { piece.split_once('"').unwrap() };
            assert!(at == 0 || ids.iter().any(|id| id == ping), "{path}: {ping}");
            assert!(at == 0 || stripped.ends_with('"') && stripped.contains("<a "), "{path}");
            pings += at.min(1);
            stripped.push_str(rest);
        }
        let stripped = stripped.replacen(" connect-src 'self';", "", 1);
        assert!(stripped.as_bytes() == &plain[..] || path.contains("style"), "{path}");
    }
    assert!(pings > 100, "{pings}");
}
