//! The folder of a predecessor becomes a site: nothing is lost, twice is once, and harm is refused.

use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};

use crate::harness::{TestSite, assert_ok, files};

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn news(number: u32, more: &str) -> String {
    format!(
        "---\ncategory: news\ntitle: \"The harbour opens gate {number}\"\nexcerpt: \"Gate {number} of the harbour.\\n\"\n\
         publishedDateTime: 2025-11-0{number}T08:00:16Z\noriginalUrl: \"https://port.example/gate-{number}\"\n\
         type: article\nquality: {}\nheat: {}\npublished: true\nmood: {{calm: yes}}\n{more}\nprovider:\n  name: Port\n  \
         domain: port.example\n\ntopics:\n  - Harbour\n\nimages:\n  - url: \"https://port.example/{number}.png\"\n    \
         width: 640\n    height: 480\n    isCached: true\n\n---\n\n",
        70 + number,
        73 + number,
    )
}

/// A predecessor's folder with something of everything, and the site that takes it in.
fn test_site() -> (TestSite, std::path::PathBuf) {
    let test_site = TestSite::new();
    let old = test_site.site().parent().unwrap().join("old");
    write(
        &old,
        "_data/topics/02-gates.yaml",
        "_id: gates\nname: Gates\nparent: Harbour\nkeywords:\n  - gate\n",
    );
    write(
        &old,
        "_data/topics/10-harbour.yaml",
        "_id: harbour\nname: Harbour\nkeywords:\n  - harbour\nodd: 1\n",
    );
    write(
        &old,
        "_data/organizations/port.example.md",
        "---\n_id: port.example\nname: Port\ndomain: port.example\n---\n",
    );
    for number in 1..=3 {
        write(&old, &format!("_news/2025-11-0{number}-gate-{number}.md"), &news(number, ""));
    }
    write(
        &old,
        "_learning/videos/a-film.md",
        "---\ntitle: A film\ntype: video\nheat: 3\nodd: [1, {x: y}]\n---\n\n",
    );
    write(&old, "_people/mara.md", "---\nname: Mara\ntype: profile\nheat: 60\ntopics:\n  - Harbour\n---\n\n");
    write(
        &old,
        "_newsletters/n-1.html",
        "---\ntitle: N\npublishedDateTime: 2025-11-01T00:00:00Z\n---\n<p>x</p>\n",
    );
    write(&old, "_recipes/soup.md", "---\ntitle: Soup\n---\n\n");
    write(
        &test_site.site(),
        "collections/recipes.toml",
        "id = \"recipes\"\ntitle = \"Recipes\"\nfolder = \"_recipes\"\n[api]\npage_size = 10\nfields = [\"title\"]\n\
         [api.list]\nlayout = \"compact\"\n",
    );
    let config = fs::read_to_string(test_site.site().join("courant.toml")).unwrap();
    let (head, classic) = config.split_once("[classic]").unwrap();
    let classic = classic.replacen("enabled = false", "enabled = true", 1);
    fs::write(test_site.site().join("courant.toml"), format!("{head}[classic]{classic}")).unwrap();
    (test_site, old)
}

fn kinds(done: &serde_json::Value) -> BTreeMap<String, [u64; 4]> {
    let kind = |kind: &serde_json::Value| {
        let number = |name: &str| kind[name].as_u64().unwrap();
        let refused = kind["refused"].as_array().unwrap().len() as u64;
        (
            kind["kind"].as_str().unwrap().to_owned(),
            [number("found"), number("new"), number("unchanged"), refused],
        )
    };
    done["kinds"].as_array().unwrap().iter().map(kind).collect()
}

fn build(test_site: &TestSite) -> serde_json::Value {
    test_site.json(&["build", "--out", test_site.site().join("public").to_str().unwrap()])
}

#[test]
fn everything_comes_in_and_twice_is_once() {
    let (test_site, old) = test_site();
    let old_name = old.to_str().unwrap();
    let first = kinds(&test_site.json(&["import", old_name]));
    let wanted = [
        ("learning", [1, 1, 0, 0]),
        ("news", [3, 3, 0, 0]),
        ("newsletters", [1, 1, 0, 0]),
        ("people", [1, 1, 0, 0]),
        ("providers", [1, 1, 0, 0]),
        ("recipes", [1, 1, 0, 0]),
        ("topics", [2, 2, 0, 0]),
    ];
    assert_eq!(first, wanted.map(|(kind, counts)| (kind.to_owned(), counts)).into());
    let records = test_site.records();
    for (name, text) in files(&old) {
        let Some((kind, file)) = name.strip_prefix('_').and_then(|name| name.split_once('/')) else {
            continue;
        };
        if !matches!(kind, "data" | "news") {
            assert_eq!(records[&format!("{kind}/{file}")], text, "{name} came in byte for byte");
        }
    }
    let again = test_site.json(&["import", old_name]);
    assert!(
        kinds(&again).values().all(|[found, new, unchanged, _]| *new == 0 && found == unchanged),
        "{again}"
    );
    assert_eq!(again["publish"]["written"], 0);
    assert_eq!(test_site.records(), records);
}

#[test]
fn imported_news_equal_their_records() {
    let (test_site, old) = test_site();
    assert_ok(&test_site.run(&["import", old.to_str().unwrap()]));
    for number in 1..=3 {
        let name = format!("2025-11-0{number}-gate-{number}.md");
        let read = |path: &Path| {
            let output = crate::harness::run(&["inspect", "record", path.to_str().unwrap()]);
            assert_ok(&output);
            let mut record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            // What the machine may add.
            record.as_object_mut().unwrap().remove("language");
            record.as_object_mut().unwrap().remove("related");
            record
        };
        let (before, after) =
            (read(&old.join("_news").join(&name)), read(&test_site.site().join("records/news").join(&name)));
        assert_eq!(before, after, "{name}");
    }
    build(&test_site);
    let list = fs::read_to_string(test_site.site().join("public/api/news/index.json")).unwrap();
    insta::assert_snapshot!("imported_news", list);
    assert!(test_site.site().join("public/api/recipes/index.json").exists());
}

#[test]
fn what_an_editor_changed_survives_another_import() {
    let (test_site, old) = test_site();
    let old_name = old.to_str().unwrap();
    assert_ok(&test_site.run(&["import", old_name]));
    for (name, from, to) in [
        ("news/2025-11-01-gate-1.md", "The harbour opens gate 1", "Gate one opens"),
        ("people/mara.md", "name: Mara", "name: Mara Lindqvist"),
    ] {
        let file = test_site.site().join("records").join(name);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
    }
    build(&test_site);
    let again = test_site.json(&["import", old_name]);
    let people = again["kinds"].as_array().unwrap().iter().find(|kind| kind["kind"] == "people").unwrap();
    assert_eq!(people["kept"], serde_json::json!(["mara.md"]));
    assert!(test_site.records()["news/2025-11-01-gate-1.md"].contains("Gate one opens"));
    assert!(test_site.records()["people/mara.md"].contains("Mara Lindqvist"));
    assert_ok(&test_site.run(&["import", "--replace", old_name]));
    assert!(
        !test_site.records()["people/mara.md"].contains("Lindqvist"),
        "asked for, the imported version comes back"
    );
}

#[test]
fn a_taxonomy_that_the_site_has_stays_in_order() {
    let (test_site, old) = test_site();
    let site = test_site.site();
    write(&site, "topics/harbour.yaml", "_id: harbour\nname: Harbour\nkeywords:\n  - quay\n");
    write(&site, "topics/02-gates.yaml", "_id: other\nname: Other\n");
    write(&site, "providers/p.yaml", "domain: port.example\nname: The port\n");
    for args in [&["import"][..], &["import", "--replace"]] {
        let done = test_site.json(&[args, &[old.to_str().unwrap()]].concat());
        let kept = |kind: &str| {
            done["kinds"].as_array().unwrap().iter().find(|done| done["kind"] == kind).unwrap()["kept"]
                .clone()
        };
        assert_eq!(kept("topics"), serde_json::json!(["02-gates.yaml", "10-harbour.yaml"]));
        assert_eq!(kept("providers"), serde_json::json!(["port.example.md"]));
    }
    assert!(fs::read_to_string(site.join("topics/harbour.yaml")).unwrap().contains("quay"));
    build(&test_site);
}

#[test]
fn what_could_do_harm_is_refused_and_named() {
    let (test_site, old) = test_site();
    write(
        &old,
        "_people/deep.md",
        &format!("---\nname: x\na: {}1{}\n---\n\n", "[".repeat(500), "]".repeat(500)),
    );
    write(&old, "_people/none.md", "no front matter");
    write(&old, "_people/big.md", &format!("---\nname: x\n---\n{}", "x".repeat(9 << 20)));
    write(&old, "_people/mara.html", "---\nname: Mara again\n---\n\n");
    write(&old, "_people/a:b.md", "---\nname: x\n---\n\n");
    write(&old, "_data/topics/11-orphan.yaml", "_id: orphan\nname: Orphan\nparent: Nobody\n");
    write(&old, "_data/topics/12-circle.yaml", "_id: round\nname: Round\nparent: Round\n");
    write(&old, "_news/2025-11-09-other.md", "---\ncategory: people\ntitle: x\n---\n\n");
    write(&old, "_puzzles/one.md", "---\ntitle: x\n---\n\n");
    #[cfg(unix)]
    {
        write(&old, "secret.md", "---\nname: secret\n---\n\n");
        std::os::unix::fs::symlink(old.join("secret.md"), old.join("_people/link.md")).unwrap();
        std::os::unix::fs::symlink(&old, old.join("_samples")).unwrap();
    }
    let output = test_site.run(&["import", "--json", old.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let refused: BTreeMap<String, String> = done["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|kind| kind["refused"].as_array().unwrap())
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
        .collect();
    for (name, reason) in [
        ("deep.md", "recursion limit"),
        ("none.md", "front matter"),
        ("big.md", "larger than"),
        ("mara.md", "same name"),
        ("a:b.md", "cannot be part of a URL"),
        ("11-orphan.yaml", "does not exist"),
        ("2025-11-09-other.md", "category"),
        #[cfg(unix)]
        ("link.md", "symbolic link"),
        #[cfg(unix)]
        ("_samples", "symbolic link"),
    ] {
        assert!(refused.get(name).is_some_and(|said| said.contains(reason)), "{name}: {refused:?}");
    }
    assert!(refused.contains_key("12-circle.yaml"), "{refused:?}");
    assert!(refused.keys().all(|name| !name.starts_with("_people")), "no link was followed: {refused:?}");
    assert_eq!(done["unknown"], serde_json::json!(["_puzzles"]));
    assert!(test_site.records().values().all(|text| !text.contains("secret")));
    build(&test_site);
}

#[test]
fn a_check_says_what_differs_and_equal_files_are_not_touched() {
    let (test_site, old) = test_site();
    assert_ok(&test_site.run(&["import", old.to_str().unwrap()]));
    build(&test_site);
    let public = test_site.site().join("public");
    let check = |code: i32| {
        let output = test_site.run(&["build", "--json", "--check", public.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let clean = check(0);
    assert!(clean["equal"].as_u64().unwrap() > 20, "{clean}");
    let times = |folder: &Path| -> BTreeMap<String, SystemTime> {
        let time = |name: &String| fs::metadata(folder.join(name)).unwrap().modified().unwrap();
        files(folder).keys().map(|name| (name.clone(), time(name))).collect()
    };
    let before = times(&public);
    assert_eq!(build(&test_site)["written"], 0);
    assert_eq!(times(&public), before);

    fs::write(public.join("api/people/index.json"), "{}").unwrap();
    fs::remove_file(public.join("api/topics/index.json")).unwrap();
    write(&public, "mine/notes.txt", "x");
    let differences = check(5);
    assert_eq!(differences["missing"], serde_json::json!(["api/topics/index.json"]));
    assert_eq!(differences["differing"], serde_json::json!(["api/people/index.json"]));
    assert_eq!(differences["surplus"], serde_json::json!(["mine/notes.txt"]));
    assert_eq!(build(&test_site)["written"], 2);
    fs::remove_dir_all(public.join("mine")).unwrap();
    check(0);

    fs::remove_file(test_site.site().join("records/learning/videos/a-film.md")).unwrap();
    assert!(build(&test_site)["removed"].as_u64().unwrap() >= 1);
    assert!(!public.join("api/learning/videos/a-film").exists(), "a folder that became empty goes too");
    check(0);
    assert!(!test_site.run(&["build"]).status.success(), "a folder must be named");
}
