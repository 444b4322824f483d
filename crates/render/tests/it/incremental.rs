//! A publication to which deltas are applied renders the same bytes as a new one.

use std::{collections::BTreeMap, sync::Arc};

use courant_model::{ArticleId, Heat, Item, StoryId, Timestamp};
use courant_render::Snapshot;
use courant_render::{Invalidation, Publication, Templates};
use jiff::SignedDuration;

use crate::sample;

const EDITS: usize = 500;

/// After this number of edits all documents are compared; in between only invalidated ones are
/// rendered.
const COMPARED: usize = 50;

/// Pseudorandom numbers, the same on every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// The articles of a site that random edits change.
struct Newsroom {
    items: Vec<Item>,
    moved: Vec<(StoryId, StoryId)>,
    pinned: std::collections::BTreeSet<StoryId>,
    taken: Timestamp,
    arrived: u64,
    dice: Dice,
}

impl Newsroom {
    fn new() -> Self {
        let sample = sample::snapshot();
        Self {
            items: sample.items.iter().step_by(3).map(|item| Item::clone(item)).collect(),
            moved: sample.moved.clone(),
            pinned: std::collections::BTreeSet::new(),
            taken: sample.taken,
            arrived: 0,
            dice: Dice(0x2545_F491_4F6C_DD1D),
        }
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = sample::assemble(self.items.clone());
        snapshot.site.page_size = 7;
        snapshot.taken = self.taken;
        snapshot.moved.clone_from(&self.moved);
        for story in &mut snapshot.stories {
            if self.pinned.contains(&story.id) {
                Arc::make_mut(story).pinned = true;
            }
        }
        snapshot
    }

    fn any(&mut self) -> usize {
        self.dice.below(self.items.len())
    }

    fn hours(&mut self, max: usize) -> SignedDuration {
        SignedDuration::from_mins(self.dice.below(max * 60) as i64)
    }

    fn arrive(&mut self, joins: bool) {
        let at = self.any();
        let mut item = self.items[at].clone();
        self.arrived += 1;
        let mut id = [0xEE; 16];
        id[8..].copy_from_slice(&self.arrived.to_be_bytes());
        item.id = ArticleId::from_bytes(id);
        item.record.title = format!("Arrival {}", self.arrived);
        item.copy_of = None;
        // Some arrive late, and some have a date in the future.
        let age = self.hours(60);
        item.record.published_date_time = Some(self.taken - age + SignedDuration::from_hours(2));
        item.first_seen = self.taken;
        if joins {
            item.heat = None;
            item.verdict.published = false;
            item.verdict.rule = "not_lead".into();
        } else {
            item.story = StoryId::from_bytes(id);
            item.heat = Some(Heat::from_degrees(70 + self.dice.below(40) as i32));
            item.verdict.published = true;
            item.verdict.rule = "threshold".into();
        }
        if self.dice.below(3) == 0 {
            let name = format!("images/{:03}.jpg", self.dice.below(12));
            item.picture = Some(name);
        }
        if self.dice.below(5) == 0 {
            let number = self.dice.below(4);
            let provider = item.record.provider.as_mut().expect("the sample's articles have providers");
            provider.domain = format!("late-{number}.example");
            provider.name = format!("Late {number}, edition {}", self.arrived % 3);
        }
        self.items.push(item);
    }

    fn merge(&mut self) {
        let (from, into) = (self.any(), self.any());
        let (from, into) = (self.items[from].story, self.items[into].story);
        if from == into {
            return;
        }
        for item in self.items.iter_mut().filter(|item| item.story == from) {
            item.story = into;
            item.heat = None;
        }
        for (_, target) in self.moved.iter_mut().filter(|(_, target)| *target == from) {
            *target = into;
        }
        self.moved.retain(|(old, _)| *old != into);
        self.moved.push((from, into));
    }

    fn edit(&mut self) {
        let at = self.any();
        match self.dice.below(14) {
            0..=2 => self.arrive(false),
            3 | 4 => self.arrive(true),
            5 => {
                // Some clocks are fast.
                let by = self.hours(6);
                let record = &mut self.items[at].record;
                record.title.push_str(" (corrected)");
                record.updated_date_time = Some(self.taken - SignedDuration::from_hours(1) + by);
            }
            6 => {
                let item = &mut self.items[at];
                item.verdict.published = !item.verdict.published;
                item.verdict.rule = if item.verdict.published { "threshold" } else { "editor" }.into();
            }
            7 if self.items[at].heat.is_some() => {
                self.items[at].heat = Some(Heat::from_degrees(60 + self.dice.below(60) as i32));
            }
            8 | 11 => drop(self.items.swap_remove(at)),
            9 => self.merge(),
            13 => {
                let story = self.items[at].story;
                if !self.pinned.remove(&story) {
                    self.pinned.insert(story);
                }
            }
            10 => {
                let by = self.hours(50);
                let item = &mut self.items[at];
                item.record.published_date_time = item.record.published_date_time.map(|time| time - by);
            }
            _ => {
                let other = self.any();
                self.items[at].record.topics = self.items[other].record.topics.clone();
            }
        }
        let later = self.hours(1);
        self.taken += later;
    }
}

type Files = BTreeMap<String, Vec<u8>>;

fn all(publication: &Publication) -> Files {
    let body = |path: &String| publication.get(path).expect("it is listed").expect("it renders").body;
    publication.paths().map(|path| (path.clone(), body(&path))).collect()
}

fn write(files: &mut Files, publication: &Publication, touched: &Invalidation) {
    if touched.all {
        *files = all(publication);
        return;
    }
    for path in &touched.paths {
        match publication.get(path) {
            Some(document) => drop(files.insert(path.clone(), document.expect("it renders").body)),
            None => drop(files.remove(path)),
        }
    }
}

fn first_difference(files: &Files, fresh: &Files) -> Option<String> {
    let paths = files.keys().chain(fresh.keys());
    paths.into_iter().find(|path| files.get(*path) != fresh.get(*path)).cloned()
}

#[test]
fn many_edits_give_the_bytes_of_a_full_build() {
    let templates = Arc::new(Templates::bundled());
    let mut room = Newsroom::new();
    let mut publication = Publication::new(Arc::new(room.snapshot()), Arc::clone(&templates)).unwrap();
    let mut files = all(&publication);
    let mut pictures: std::collections::BTreeSet<String> = publication.images().into_iter().collect();
    let mut partly = 0;
    for edit in 1..=EDITS {
        room.edit();
        let next = Arc::new(room.snapshot());
        let touched = publication.update(Arc::clone(&next)).unwrap();
        partly += usize::from(!touched.all);
        write(&mut files, &publication, &touched);
        for name in &touched.images {
            if !pictures.remove(name) {
                pictures.insert(name.clone());
            }
        }
        if edit % COMPARED == 0 {
            let fresh = Publication::new(next, Arc::clone(&templates)).unwrap();
            assert_eq!(first_difference(&files, &all(&fresh)), None, "after edit {edit}");
            if !touched.all {
                assert_eq!(pictures, fresh.images().into_iter().collect(), "after edit {edit}");
            }
            pictures = fresh.images().into_iter().collect();
        }
    }
    assert!(partly > EDITS * 9 / 10, "{partly} edits invalidated only a part");
}

#[test]
fn two_full_builds_give_equal_bytes() {
    assert_eq!(all(&sample::publication()), all(&sample::publication()));
}

#[test]
fn a_new_story_invalidates_few_documents() {
    let mut room = Newsroom::new();
    for _ in 0..300 {
        room.arrive(false);
    }
    let mut publication =
        Publication::new(Arc::new(room.snapshot()), Arc::new(Templates::bundled())).unwrap();
    let mut newest = room.items[0].clone();
    newest.id = ArticleId::from_bytes([0xAA; 16]);
    newest.story = StoryId::from_bytes([0xAA; 16]);
    newest.record.published_date_time = Some(room.taken + SignedDuration::from_hours(1));
    newest.heat = Some(Heat::from_degrees(90));
    newest.verdict.published = true;
    room.taken += SignedDuration::from_hours(2);
    room.items.push(newest);
    let touched = publication.update(Arc::new(room.snapshot())).unwrap();
    assert!(!touched.all);
    assert!(touched.paths.len() < 150, "{:#?}", touched.paths);
}
