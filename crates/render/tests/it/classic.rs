//! The classic API byte for byte: its clients were written for another program.

use courant_classic::{ClassicApi, Collection, CollectionRecord, bundled, read_entry, read_schema};
use courant_render::Publication;
use courant_render::Snapshot;

use crate::sample;

const VIDEO: &str = "---\ntitle: \"Reading a tide table\"\nexcerpt: \"From “springs” to neaps\"\n\
originalUrl: https://video.example/watch?v=1\ntype: video\nprice: Free\nlength: PT5M\n\
publishedDateTime: 2025-07-01T17:00:00Z\nheat: 61\nodd: kept\n\nprovider:\n  name: Ada Quill\n  \
domain: quill.example\n\ntopics:\n  - Coast\n\nimages:\n  - url: /assets/table.jpg\n    width: 640\n    height: 360\n\n---\n\n";

const COURSE: &str = "---\ntitle: Knots\nwebUrl: https://school.example/knots\ntype: course\nheat: 61\nratings:\n  \
count: 3\n  average: 5\nlevels:\n  - Beginner\ntopics:\n  - Coast\n  - Ports\n---\n\n";

const PATH: &str = "---\ntitle: \"All of it\"\ntype: collection\nheat: 70\nwebUrl: https://elsewhere.example/\nitems:\n  \
- courses/knots\n  - videos/gone\n  - videos/tide-table\n  - ../../secret\ntopics:\n  - Coast\n---\n\n";

const HELD: &str =
    "---\ntitle: Withdrawn\ntype: video\nheat: 99\npublished: false\ntopics:\n  - Coast\n---\n\n";

const ISSUE: &str = "---\ntitle: \"Tides (2025-07-0N)\"\nexcerpt: \"One  /  two\"\n\
publishedDateTime: 2025-07-0NT18:00:00Z\nwebUrl: https://pages.example/newsletter/n/\ntype: article\ntopics:\n  - Coast\n  \
- Ports\n---\n<p>{% raw %}Hello{% endraw %} & \"you\"</p>\n";

fn entries(files: &[(&str, &str)]) -> Vec<CollectionRecord> {
    let mut entries: Vec<CollectionRecord> =
        files.iter().map(|(path, text)| read_entry(path, text).unwrap()).collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}

/// The sample with the classic API and some records of other kinds.
fn snapshot() -> Snapshot {
    let issues: Vec<String> = (1..=3).map(|day| ISSUE.replace('N', &day.to_string())).collect();
    let mut snapshot = sample::snapshot();
    let mut collections: Vec<Collection> = bundled()
        .unwrap()
        .into_iter()
        .map(|schema| {
            let entries = match &*schema.id {
                "learning" => entries(&[
                    ("videos/tide-table.md", VIDEO),
                    ("videos/withdrawn.md", HELD),
                    ("courses/knots.md", COURSE),
                    ("collections/all.md", PATH),
                ]),
                "newsletters" => {
                    entries(&[("n-1.html", &issues[0]), ("n-2.html", &issues[1]), ("n-3.html", &issues[2])])
                }
                "people" => entries(&[(
                    "ada-quill.md",
                    "---\nname: Ada Quill\nbio: Reads the water\ntype: profile\nheat: 55\ntwitter:\n  username: ada\n  \
                     followers: 12\naffiliation:\n  name: Harbour\n  images:\n    - url: /a.png\ntopics:\n  - Coast\n\
                     images:\n  - url: https://a.example/p.jpg\n    width: 4\n    height: 4\n---\n\n",
                )]),
                "sponsorships" => entries(&[
                    ("a.yaml", "sponsor:\n  name: Rope & Sons\nschedules:\n  - 2000-01-01\n"),
                    ("b.yaml", &format!("sponsor:\n  name: Tar\nschedules:\n  - {}\n", today(&sample::snapshot()))),
                ]),
                _ => Vec::new(),
            };
            Collection { schema, entries }
        })
        .collect();
    for collection in &mut collections {
        if let Some(api) = &mut collection.schema.api {
            api.page_size = api.page_size.min(2);
        }
    }
    snapshot.classic = Some(ClassicApi {
        api_url: "https://api.example/tides/".into(),
        pages_url: "https://pages.example/".into(),
        collections,
    });
    snapshot.topics[0].services = vec![("news".into(), "https://api.example/tides/api/news/".into())];
    snapshot
}

fn today(snapshot: &Snapshot) -> String {
    snapshot.taken.strftime("%Y-%m-%d").to_string()
}

fn publication() -> Publication {
    sample::publish(snapshot())
}

fn text(publication: &Publication, path: &str) -> String {
    let document = publication.get(path).unwrap_or_else(|| panic!("{path} exists")).unwrap();
    String::from_utf8(document.body).unwrap()
}

#[test]
fn lists_are_pinned() {
    let publication = publication();
    insta::assert_snapshot!("classic_learning", text(&publication, "/api/learning/"));
    insta::assert_snapshot!("classic_learning_page_2", text(&publication, "/api/learning/page/2/"));
    insta::assert_snapshot!("classic_members", text(&publication, "/api/learning/collections/all/"));
    insta::assert_snapshot!("classic_people", text(&publication, "/api/people/"));
    insta::assert_snapshot!("classic_newsletters", text(&publication, "/api/newsletters/"));
    insta::assert_snapshot!("classic_newsletters_last", text(&publication, "/api/newsletters/page2/"));
    insta::assert_snapshot!("classic_sponsorships", text(&publication, "/api/sponsorships/today/"));
    insta::assert_snapshot!("classic_topics", text(&publication, "/api/topics/"));
}

#[test]
fn items_are_pinned() {
    let publication = publication();
    insta::assert_snapshot!("classic_video", text(&publication, "/api/learning/videos/tide-table/"));
    insta::assert_snapshot!("classic_person", text(&publication, "/api/people/ada-quill/"));
    insta::assert_snapshot!("classic_newsletter", text(&publication, "/api/newsletters/n-3/"));
}

#[test]
fn news_are_the_published_articles_newest_first_with_nulls_and_without_scores() {
    let publication = publication();
    insta::assert_snapshot!("classic_news_last", {
        let first: serde_json::Value = serde_json::from_str(&text(&publication, "/api/news/")).unwrap();
        assert_eq!((&first["page"], &first["nextPage"]), (&1.into(), &2.into()));
        let last =
            (1..1000).take_while(|page| publication.get(&format!("/api/news/page/{page}/")).is_some()).last();
        text(&publication, &format!("/api/news/page/{}/", last.unwrap()))
    });
    let mut times: Vec<String> = Vec::new();
    for page in 1.. {
        let Some(document) = publication.get(&format!("/api/news/page/{page}/")) else { break };
        let page: serde_json::Value = serde_json::from_slice(&document.unwrap().body).unwrap();
        for item in page["value"].as_array().unwrap() {
            assert!(
                item.get("quality").is_none()
                    && item.get("secured").is_none()
                    && item.get("related").is_none()
            );
            times.push(item["publishedDateTime"].as_str().unwrap().to_owned());
        }
    }
    let published =
        publication.snapshot().items.iter().filter(|item| item.record.published == Some(true)).count();
    assert_eq!(times.len(), published);
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
}

#[test]
fn a_document_has_two_urls_and_a_file() {
    let publication = publication();
    for (live, file) in [
        ("/api/news/", "/api/news/index.json"),
        ("/api/news/", "/api/news/page/1/index.json"),
        ("/api/news/ports/", "/api/news/ports/page/1/"),
        ("/api/newsletters/", "/api/newsletters/page1/"),
    ] {
        assert_eq!(text(&publication, live), text(&publication, file), "{live}");
    }
    let paths: Vec<String> = publication.paths().collect();
    for path in
        ["/api/news/index.json", "/api/learning/videos/tide-table/index.json", "/api/topics/index.json"]
    {
        assert_eq!(paths.iter().filter(|listed| *listed == path).count(), 1, "{path}");
    }
    assert!(paths.iter().all(|path| publication.get(path).is_some()));
}

#[test]
fn held_and_missing_records_are_not_listed() {
    let publication = publication();
    assert!(!text(&publication, "/api/learning/").contains("Withdrawn"));
    assert!(publication.get("/api/learning/videos/withdrawn/").is_some(), "a record keeps its URL");
    for path in [
        "/api/news/coast/",
        "/api/news/page/0/",
        "/api/news/page/01/",
        "/api/learning/videos/",
        "/api/newsletters/page/1/",
        "/api/learning/collections/all/page/1/",
        "/api/nothing/",
        "/api/",
    ] {
        assert!(publication.get(path).is_none(), "{path}");
    }
    let without = sample::publication();
    assert!(
        without.get("/api/news/").is_none() && without.paths().all(|path| !path.starts_with("/api/news"))
    );
}

#[test]
fn the_schema_can_limit_the_number_of_pages() {
    let mut snapshot = snapshot();
    let classic = snapshot.classic.as_mut().unwrap();
    let newsletters = classic.collections.iter_mut().find(|held| held.schema.id == "newsletters").unwrap();
    newsletters.schema.api.as_mut().unwrap().max_pages = Some(1);
    let publication = sample::publish(snapshot);
    assert!(publication.get("/api/newsletters/page2/").is_none());
    assert!(text(&publication, "/api/newsletters/").contains("\"nextPage\": null"));
}

#[test]
fn a_site_can_define_its_own_kind() {
    let schema = read_schema(
        "id = \"recipes\"\ntitle = \"Recipes\"\nfolder = \"_recipes\"\n[api]\npage_size = 10\n\
         fields = [{ name = \"path\", take = \"path\" }, \"title\", { name = \"picture\", absolute = true }]\n\
         [api.list]\nlayout = \"compact\"\nhead = [\"title\"]\n",
    )
    .unwrap();
    let mut snapshot = snapshot();
    let held = entries(&[("soup.md", "---\ntitle: Soup\npicture: /soup.jpg\n---\n\n")]);
    snapshot.classic.as_mut().unwrap().collections.push(Collection { schema, entries: held });
    let publication = sample::publish(snapshot);
    assert_eq!(
        text(&publication, "/api/recipes/"),
        "{\"title\":\"Recipes\",\"value\":[{\"path\":\"_recipes/soup.md\",\"title\":\"Soup\",\
         \"picture\":\"https://api.example/tides/soup.jpg\"}]}"
    );
}
