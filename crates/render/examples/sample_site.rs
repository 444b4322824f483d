//! Writes the sample publication of the tests as static files, to be looked at:
//! `cargo run -p courant-render --example sample_site -- target/sample-site`.

#![allow(clippy::disallowed_macros, reason = "what is measured is printed")]

use std::{env, error::Error, fs, path::Path, sync::Arc};

use courant_render::Snapshot;
use courant_render::{FoundArticle, Publication, SearchView, Templates};
use courant_testkit::sample;

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::args().nth(1).ok_or("the folder to write is missing")?;
    let publication = publish(sample::snapshot());
    let mut bytes = 0;
    for path in publication.paths() {
        let document = publication.get(&path).ok_or("a listed path has no document")??;
        let file = if path.ends_with('/') { format!("{path}index.html") } else { path };
        bytes += document.body.len();
        write(&out, &file, &document.body)?;
    }
    let snapshot = publication.snapshot();
    let hits = snapshot.items.iter().step_by(9).map(|item| FoundArticle {
        article: item.id,
        snippet:
            "… the gates of the \u{2}harbour\u{3} were shut at dawn, and the <old> \u{2}harbour\u{3} pilots …"
                .to_owned(),
    });
    let view = SearchView {
        query: "harbour".to_owned(),
        topic: Some("ports".to_owned()),
        page: 1,
        page_size: 20,
        total: 43,
        hits: hits.collect(),
    };
    write(&out, "/search/results/index.html", &publication.search_page(&view)?.body)?;
    let mut bare = (**snapshot).clone();
    bare.items.iter_mut().for_each(|item| Arc::make_mut(item).record.images.clear());
    let bare = publish(bare).get("/").ok_or("a front page is missing")??;
    write(&out, "/bare/index.html", &bare.body)?;
    let mut empty = (**snapshot).clone();
    empty.items.clear();
    empty.stories.clear();
    let empty = publish(empty).get("/").ok_or("a front page is missing")??;
    write(&out, "/empty/index.html", &empty.body)?;
    println!("{bytes} bytes");
    Ok(())
}

fn publish(snapshot: Snapshot) -> Publication {
    Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).expect("the sample renders")
}

fn write(out: &str, file: &str, body: &[u8]) -> std::io::Result<()> {
    let path = Path::new(out).join(&file[1..]);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, body)
}
