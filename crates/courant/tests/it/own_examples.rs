//! How a site uses what its owner has trained: a model of stories, a dictionary.

use std::fs;

use courant_analysis::group::Model;

use crate::harness::{TestSite, assert_ok};

#[test]
fn a_model_of_the_owner_is_used_and_a_broken_one_is_refused() {
    let test_site = TestSite::new();
    let model = test_site.site().join("stories.json");
    let trained = serde_json::to_string(Model::trained()).unwrap();
    fs::write(&model, &trained).unwrap();
    let config = test_site.site().join("courant.toml");
    let text =
        fs::read_to_string(&config).unwrap().replacen("[group]", "[group]\nmodel = \"stories.json\"", 1);
    fs::write(&config, text).unwrap();
    let feed = "<rss version='2.0'><channel><title>Tarn</title><item><title>Otters at the weir</title>\
        <link>https://one.example/otters</link></item></channel></rss>";
    let feed = test_site.file("feed.xml", feed);
    assert_ok(&test_site.run(&["ingest", "--feed", feed.to_str().unwrap()]));
    fs::write(&model, trained.replacen("all_max", "all_most", 1)).unwrap();
    let refused = test_site.run(&["ingest", "--feed", feed.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("stories.json"), "{told}");
}

#[test]
fn a_dictionary_is_read_and_a_broken_line_is_named() {
    let test_site = TestSite::new();
    let folder = test_site.site().join("words");
    fs::create_dir(&folder).unwrap();
    let dictionary = folder.join("es.tsv");
    fs::write(&dictionary, "rueda\twheel\t0.99\npuente\tbridge\t0.99\n").unwrap();
    assert_ok(&test_site.run(&["doctor"]));
    fs::write(&dictionary, "rueda\n").unwrap();
    let told = test_site.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("es.tsv:1"), "{told:?}");
}
