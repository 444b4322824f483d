//! The site of the demo: its folder, written from the sample newswire.

use std::{fmt::Write, fs, io, path::Path};

use courant_formats::{
    opml::{self, Opml, OpmlFeed},
    taxonomy,
};
use courant_model::{KnownProvider, Provider};
use include_dir::{Dir, include_dir};

use super::newswire::{FeedKind, Newswire};

static TOPICS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/newswire/topics");

/// Writes the demo's site into `dir`.
pub(crate) fn create(dir: &Path, wire: &Newswire, url: &str) -> io::Result<()> {
    fs::create_dir_all(dir.join("topics"))?;
    fs::create_dir_all(dir.join("providers"))?;
    fs::write(dir.join("courant.toml"), config(url))?;
    fs::write(dir.join("sources.opml"), opml::write(&sources(wire)))?;
    for file in TOPICS.files() {
        if let Some(name) = file.path().file_name() {
            fs::write(dir.join("topics").join(name), file.contents())?;
        }
    }
    for provider in &wire.providers {
        if let Some(trust) = provider.trust {
            let known = KnownProvider {
                provider: Provider {
                    name: provider.name.clone(),
                    domain: provider.domain.clone(),
                    images: Vec::new(),
                },
                trust,
                ..KnownProvider::default()
            };
            fs::write(
                dir.join("providers").join(format!("{}.yaml", provider.domain)),
                taxonomy::write_provider(&known),
            )?;
        }
    }
    Ok(())
}

fn config(url: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "# The demo's site. The newswire is invented; everything else is what a real site does.\n\
         [site]\ntitle = \"The Current\"\ndescription = \"Energy and the grid, from a newswire that does not exist\"\nurl = {url:?}\n\n\
         [fetch]\ncontact = \"https://courant.example/about\"\nhost_pause_ms = 0\nhost_requests = 8\n\n\
         [gate]\nwindow_days = 30\n\n\
         [seal]\nkeys = []\n"
    );
    text
}

fn sources(wire: &Newswire) -> Opml {
    let feeds = wire
        .providers
        .iter()
        .map(|provider| OpmlFeed {
            xml_url: format!("https://{}/feed", provider.domain),
            html_url: Some(format!("https://{}/", provider.domain)),
            title: Some(provider.name.clone()),
            kind: Some(if provider.feed == FeedKind::Sitemap { "sitemap" } else { "rss" }.to_owned()),
            folders: vec![provider.language.clone()],
            line: 0,
        })
        .collect();
    Opml { title: Some("The sample newswire".to_owned()), feeds }
}
