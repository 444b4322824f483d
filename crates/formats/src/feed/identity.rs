//! Keys that recognise an entry when its feed is read again.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use url::Url;

use super::values::{Entry, Text};

/// One key for each entry, in order: its id if that is unique in the feed, else its URL without
/// fragment and trackers, else a hash of title, text and date. Entries that agree in all of these
/// share a key.
pub fn entry_keys(entries: &[Entry]) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for id in entries.iter().filter_map(|entry| entry.id.as_deref()) {
        *seen.entry(id).or_default() += 1;
    }
    let unique = |id: &&str| seen.get(*id) == Some(&1);
    entries
        .iter()
        .map(|entry| match (entry.id.as_deref().filter(unique), entry.link.as_deref()) {
            (Some(id), _) => format!("id:{id}"),
            (None, Some(link)) => format!("link:{}", without_trackers(link)),
            (None, None) => format!("hash:{}", digest(entry)),
        })
        .collect()
}

/// The URL without fragment and without the parameters that only tell where a reader came from.
fn without_trackers(link: &str) -> String {
    const TRACKERS: [&str; 8] = ["fbclid", "gclid", "mc_cid", "mc_eid", "cmp", "ncid", "igshid", "dclid"];
    let Ok(mut url) = Url::parse(link) else { return link.to_owned() };
    url.set_fragment(None);
    if url.query().is_some() {
        let is_tracker = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with("utm_") || name.starts_with("at_") || TRACKERS.contains(&name.as_str())
        };
        let kept: Vec<&str> = url
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !is_tracker(pair.split('=').next().unwrap_or_default()))
            .collect();
        let query = kept.join("&");
        url.set_query((!query.is_empty()).then_some(&query));
    }
    url.into()
}

fn digest(entry: &Entry) -> String {
    let mut hash = Sha256::new();
    let texts = [&entry.title, &entry.summary].into_iter().flatten().chain(&entry.content);
    for Text { value, .. } in texts {
        hash.update(value.as_bytes());
        hash.update([0]);
    }
    for instant in [entry.published, entry.updated].into_iter().flatten() {
        hash.update(instant.as_second().to_be_bytes());
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_reliable_key_is_taken() {
        let entry = |id: Option<&str>, link: Option<&str>| Entry {
            id: id.map(str::to_owned),
            link: link.map(str::to_owned),
            ..Entry::default()
        };
        let keys = entry_keys(&[
            entry(Some("1"), Some("https://lake.example/a")),
            entry(Some("x"), Some("https://lake.example/b?utm_source=rss&id=2#c")),
            entry(Some("x"), Some("https://lake.example/c")),
            entry(None, None),
        ]);
        assert_eq!(keys[..3], ["id:1", "link:https://lake.example/b?id=2", "link:https://lake.example/c"]);
        assert!(keys[3].starts_with("hash:"));
    }
}
