//! Keys of the API: made, shown once, listed, revoked.

use std::fs;

use crate::harness::{TestSite, assert_ok};

#[test]
fn a_key_is_shown_once_and_kept_nowhere() {
    let test_site = TestSite::new();
    let made = test_site.json(&["api-key", "new", "weather desk", "--rate", "90"]);
    let key = made["key"].as_str().expect("a key").to_owned();
    assert_eq!((key.len(), key.starts_with("courant_")), (72, true));
    let again = test_site.run(&["api-key", "new", "weather desk"]);
    assert_eq!(again.status.code(), Some(1), "a name is given once");
    let listed = test_site.json(&["api-key", "list"]);
    assert_eq!(
        (&listed["keys"][0]["name"], &listed["keys"][0]["rate"]),
        (&"weather desk".into(), &90.into())
    );
    assert!(!listed.to_string().contains(&key));
    for entry in fs::read_dir(test_site.site().join(".courant")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "{}", path.display());
    }
    assert_ok(&test_site.run(&["api-key", "revoke", "weather desk"]));
    assert_eq!(test_site.run(&["api-key", "revoke", "weather desk"]).status.code(), Some(1));
    assert_eq!(test_site.json(&["api-key", "list"])["keys"].as_array().map(Vec::len), Some(0));
}
