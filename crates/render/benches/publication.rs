//! What a publication costs: building its indices, and rendering single documents and whole builds,
//! by the number of stories. `cargo bench -p courant-render`.

use std::sync::Arc;

use courant_model::{ArticleId, Item, StoryId};
use courant_render::Snapshot;
use courant_render::{Publication, Templates};
use courant_testkit::sample;
use divan::Bencher;

const SIZES: [usize; 3] = [1_000, 20_000, 100_000];

fn main() {
    divan::main();
}

fn publish(snapshot: Snapshot) -> Publication {
    Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).expect("the sample renders")
}

/// This number of articles, each a story of its own, ten an hour.
fn snapshot(stories: usize) -> Arc<Snapshot> {
    let sample = sample::snapshot();
    let leads: Vec<_> = sample.items.iter().filter(|item| item.heat.is_some()).collect();
    let items = (0..stories).map(|number| {
        let mut item = Item::clone(leads[number % leads.len()]);
        let bytes = (number as u128 + 1).to_be_bytes();
        item.id = ArticleId::from_bytes(bytes);
        item.story = StoryId::from_bytes(bytes);
        let age = jiff::SignedDuration::from_mins(6 * number as i64);
        item.record.published_date_time = Some(sample::taken() - age);
        item
    });
    Arc::new(sample::assemble(items))
}

fn publication(stories: usize) -> Publication {
    publish(Arc::unwrap_or_clone(snapshot(stories)))
}

#[divan::bench(args = SIZES, max_time = 5)]
fn indices(bencher: Bencher<'_, '_>, stories: usize) {
    let (snapshot, templates) = (snapshot(stories), Arc::new(Templates::bundled()));
    bencher.bench_local(|| Publication::new(Arc::clone(&snapshot), Arc::clone(&templates)));
}

fn document(bencher: Bencher<'_, '_>, stories: usize, path: &str) {
    let publication = publication(stories);
    bencher.bench_local(|| publication.get(path));
}

#[divan::bench(args = SIZES, max_time = 2)]
fn front_page(bencher: Bencher<'_, '_>, stories: usize) {
    document(bencher, stories, "/");
}

#[divan::bench(args = SIZES, max_time = 2)]
fn story_page(bencher: Bencher<'_, '_>, stories: usize) {
    document(bencher, stories, "/stories/00000000000000000000000000000001/");
}

#[divan::bench(args = SIZES, max_time = 2)]
fn stories_json(bencher: Bencher<'_, '_>, stories: usize) {
    document(bencher, stories, "/api/v1/stories.json");
}

#[divan::bench(args = SIZES, max_time = 2)]
fn rss(bencher: Bencher<'_, '_>, stories: usize) {
    document(bencher, stories, "/feed.xml");
}

/// Every document in memory, on one core.
#[divan::bench(args = SIZES, sample_count = 1, sample_size = 1)]
fn whole_build(bencher: Bencher<'_, '_>, stories: usize) {
    let publication = publication(stories);
    bencher.bench_local(|| {
        publication
            .paths()
            .filter_map(|path| publication.get(&path))
            .map(|document| document.map_or(0, |document| document.body.len()))
            .sum::<usize>()
    });
}
