//! Rounds that look only at what changed lead to what rounds lead to that look at everything.

use std::fs;

use courant_model::{ArticleId, Override, Topic, Value};
use courant_store::{Batch, DayClicks, ImageRow};
use jiff::SignedDuration;

use super::*;
use crate::{
    clock::Clock,
    pipeline::{
        article_edit,
        attention::Attention,
        check_static,
        fixtures::{desk, moment},
        hand_edits::HandEdits,
        publish::publication,
        story_edit,
    },
    sample,
};

/// A site at work, with somebody who does something to it from time to time.
struct Hand {
    desk: Desk,
    chance: u64,
    articles: usize,
}

impl Hand {
    fn one_of(&mut self, count: usize) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance % count.max(1) as u64) as usize
    }

    /// An article, mostly one of the newest.
    fn article(&mut self) -> ArticleId {
        let back = if self.one_of(3) == 0 { self.articles } else { self.articles.min(8) };
        sample::article_id(self.articles - 1 - self.one_of(back))
    }

    async fn new_articles(&mut self, count: usize) {
        let (now, topics) = (self.desk.clock.now(), self.desk.site.topics.clone());
        let mut articles = Vec::new();
        for _ in 0..count {
            let mut article = sample::article(self.articles, self.articles, now, &topics);
            if self.one_of(3) == 0 && self.articles > 0 {
                article.links = Some(vec![self.article(), self.article()]);
            }
            if self.one_of(6) == 0 {
                article.judgement.topics.clear();
            }
            articles.push(article);
            self.articles += 1;
        }
        self.desk.store.commit(&Batch { articles, ..Batch::default() }, now).await.unwrap();
    }

    async fn say(&self, article: ArticleId, field: &str, value: Value) {
        let (field, by, at) = (field.to_owned(), "Ann".to_owned(), self.desk.clock.now());
        self.desk.store.put_override(&Override { article, field, value, by, at }).await.unwrap();
    }

    async fn picture(&mut self) {
        let article = self.article();
        let row = self.desk.store.article(article).await.unwrap().unwrap();
        let held = self.one_of(3) > 0;
        let picture = ImageRow {
            url: row.row.article.images[0].url.clone(),
            hash: held.then(|| "ab".to_owned()),
            file: held.then(|| format!("ab/{article}.jpg")),
            width: Some(1_000),
            height: Some(500),
            mime: None,
            bytes: Some(9),
            fetched: self.desk.clock.now(),
            error: None,
            thumbnails: Vec::new(),
        };
        self.desk.store.put_image(&picture, &[article]).await.unwrap();
    }

    /// Changes, spoils, mends or deletes a record file, if the article has one.
    async fn touch_record(&mut self) {
        let article = self.article();
        let row = self.desk.store.article(article).await.unwrap().unwrap();
        let file = self.desk.site.records_dir().join(row.row.path.as_str());
        let Ok(text) = fs::read_to_string(&file) else { return };
        match self.one_of(4) {
            0 => fs::remove_file(&file).unwrap(),
            1 => fs::write(&file, text.replacen("---\n", "---\n  : [\n", 1)).unwrap(),
            2 => fs::write(&file, text.replace("  : [\n", "")).unwrap(),
            _ => fs::write(&file, text.replace("excerpt: ", "excerpt: Edited ")).unwrap(),
        }
    }

    async fn do_something(&mut self) {
        let (article, other) = (self.article(), self.article());
        match self.one_of(14) {
            0..3 => {
                let count = 1 + self.one_of(3);
                self.new_articles(count).await;
            }
            3 => self.say(article, "title", Value::Text(format!("Said at {}", self.articles))).await,
            4 => {
                let published = self.one_of(2) == 0;
                article_edit::decide(&self.desk, article, published, "Ann").await.unwrap();
            }
            5 => drop(article_edit::unset(&self.desk, article, "published").await),
            6 => {
                let hours = self.one_of(60) as u32;
                story_edit::boost(&self.desk, article, 20, hours, "Ann").await.unwrap();
            }
            7 => drop(story_edit::merge(&self.desk, &[article, other]).await),
            8 => drop(story_edit::split(&self.desk, &[article], "Ann").await),
            9 => {
                let day = moment(&format!("{}T00:00:00Z", self.desk.clock.now().strftime("%F")));
                let readers = 1 + self.one_of(9) as u32;
                self.desk.store.add_clicks(&[DayClicks { article, day, readers }]).await.unwrap();
            }
            10 => self.picture().await,
            11 => {
                let topics =
                    if self.one_of(2) == 0 { Vec::new() } else { vec![Value::Text("Rivers".into())] };
                self.say(article, "topics", Value::List(topics)).await;
            }
            12 => {
                let undo = self.one_of(2) == 0;
                story_edit::pin(&self.desk, article, undo, "Ann").await.unwrap();
            }
            _ => self.touch_record().await,
        }
    }

    fn let_time_pass(&mut self) {
        let minutes = [1, 7, 60, 600, 3_000][self.one_of(5)];
        let now = self.desk.clock.now() + SignedDuration::from_mins(minutes);
        self.desk.clock = Clock::new(Some(now));
    }
}

fn topic(id: &str, name: &str) -> Topic {
    Topic { id: id.to_owned(), name: name.to_owned(), ..Topic::default() }
}

async fn rounds(seed: u64, topics: Vec<Topic>) {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), |site| {
        site.config.beacon.enabled = true;
        site.topics = topics;
    })
    .await;
    let mut hand = Hand { desk, chance: seed, articles: 0 };
    hand.new_articles(12).await;
    let out = folder.path().join("public");
    let (mut presses, _) = Presses::start(&hand.desk, Some(out.clone())).await.unwrap();
    let images = hand.desk.site.images_dir();
    for step in 1..=48 {
        for _ in 0..hand.one_of(4) {
            hand.do_something().await;
        }
        hand.let_time_pass();
        let printed = presses.publish(&hand.desk).await.unwrap();
        printed.files.unwrap();
        assert!(presses.board.is_some(), "step {step}");
        if step % 4 != 0 {
            continue;
        }
        let (whole, snapshot, _) = whole_round(&hand.desk).await.unwrap();
        assert_eq!(
            whole.written, 0,
            "seed {seed}, step {step}: records that a part of a round left as they were"
        );
        let counts = |records: &PublishSummary| (records.published, records.broken.clone());
        assert_eq!(counts(&printed.records), counts(&whole), "seed {seed}, step {step}");
        let fresh = publication(&hand.desk, snapshot).unwrap();
        let check = check_static(&fresh, &images, &out).unwrap();
        assert!(check.is_clean(), "seed {seed}, step {step}: {check:?}");
    }
}

#[tokio::test]
async fn a_round_that_looks_at_what_changed_leads_to_what_a_whole_round_leads_to() {
    for seed in [1, 22] {
        rounds(seed * 0x9E37_79B9, Vec::new()).await;
    }
}

#[tokio::test]
async fn so_does_one_on_a_site_with_topics() {
    for seed in [4, 55] {
        rounds(seed * 0x9E37_79B9, vec![topic("rivers", "Rivers"), topic("mills", "Mills")]).await;
    }
}

#[tokio::test]
async fn what_has_no_place_on_the_site_is_looked_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), |site| site.topics = vec![topic("mills", "Mills")]).await;
    let mut articles = Vec::new();
    for number in 0..12 {
        articles.push(sample::article(number, 11, desk.clock.now(), &[]));
    }
    desk.store.commit(&Batch { articles, ..Batch::default() }, desk.clock.now()).await.unwrap();
    let (mut presses, _) = Presses::start(&desk, None).await.unwrap();
    // What was weighed in the first round is dirty once more.
    presses.publish(&desk).await.unwrap();
    assert_eq!(desk.store.dirty_articles().await.unwrap(), []);
    assert!(presses.publication().snapshot().items.is_empty());
}

#[tokio::test]
async fn where_nothing_happened_only_what_cools_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), |_| {}).await;
    let mut desk = desk;
    let start = desk.clock.now();
    let articles = (0..30).map(|number| sample::article(number, 29, start, &[])).collect();
    desk.store.commit(&Batch { articles, ..Batch::default() }, desk.clock.now()).await.unwrap();
    let (mut presses, _) = Presses::start(&desk, None).await.unwrap();
    // What the first round weighed is looked at once more by the second.
    presses.publish(&desk).await.unwrap();
    // What has cooled is looked at once more, as its records were written.
    for (hours, looked_at) in [(1, 5), (24 * 29, 5), (24 * 30, 5), (24 * 31, 0)] {
        desk.clock = Clock::new(Some(start + SignedDuration::from_hours(hours)));
        let board = presses.board.as_mut().unwrap();
        let mut reading = desk.store.begin_read().await.unwrap();
        let nothing = (Attention::default(), HandEdits::default());
        let due = board.due(&mut reading, &nothing.0, &nothing.1).await.unwrap();
        drop(reading);
        assert_eq!(due.stories.len(), looked_at, "{hours} hours later");
        presses.publish(&desk).await.unwrap();
    }
}

/// The articles whose record files say that they are held.
fn held(desk: &Desk) -> usize {
    let files = fs::read_dir(desk.site.records_dir().join("news")).unwrap();
    let texts = files.filter_map(|file| fs::read_to_string(file.unwrap().path()).ok());
    texts.filter(|text| text.contains("published: false")).count()
}

#[tokio::test]
async fn a_record_that_cannot_be_written_stops_no_other_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), |site| site.config.gate.threshold = 0).await;
    let articles = (0..6).map(|number| sample::article(number, 5, desk.clock.now(), &[])).collect();
    desk.store.commit(&Batch { articles, ..Batch::default() }, desk.clock.now()).await.unwrap();
    let (mut presses, _) = Presses::start(&desk, None).await.unwrap();
    presses.publish(&desk).await.unwrap();
    let before = held(&desk);
    let mut ids = Vec::new();
    for item in &presses.publication().snapshot().items {
        if item.verdict.published {
            ids.push((item.id, desk.site.records_dir().join(item.path.as_str())));
        }
    }
    let [(blocked, file), (free, _)] = &ids[..2] else { panic!("two published articles") };
    // A folder in its place, which nobody can write over, whatever their rights.
    let text = fs::read(file).unwrap();
    fs::remove_file(file).unwrap();
    fs::create_dir_all(file.join("in the way")).unwrap();
    for article in [*blocked, *free] {
        article_edit::decide(&desk, article, false, "Ann").await.unwrap();
    }
    for round in 1..=3 {
        let printed = presses.publish(&desk).await.unwrap();
        let shown = |id| presses.publication().item(id).unwrap().verdict.published;
        assert_eq!((shown(*blocked), shown(*free)), (false, false), "readers get what was decided");
        assert_eq!(printed.records.unwritten.articles().collect::<Vec<_>>(), [*blocked], "round {round}");
        assert_eq!((printed.problems(&[*blocked]).len(), printed.problems(&[*free]).len()), (1, 0));
    }
    assert_eq!(held(&desk), before + 1, "the other record was written");
    fs::remove_dir_all(file).unwrap();
    fs::write(file, text).unwrap();
    let printed = presses.publish(&desk).await.unwrap();
    assert!(printed.records.unwritten.is_empty(), "{}", printed.records.unwritten);
    assert_eq!(held(&desk), before + 2);
}

#[tokio::test]
async fn new_records_wait_for_a_folder_that_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), |site| site.config.gate.threshold = 0).await;
    fs::create_dir(desk.site.records_dir()).unwrap();
    let news = desk.site.records_dir().join("news");
    fs::write(&news, "").unwrap();
    let articles = (0..3).map(|number| sample::article(number, 2, desk.clock.now(), &[])).collect();
    desk.store.commit(&Batch { articles, ..Batch::default() }, desk.clock.now()).await.unwrap();
    let (mut presses, printed) = Presses::start(&desk, None).await.unwrap();
    assert_eq!((printed.records.unwritten.articles().count(), printed.records.written), (3, 0));
    assert_eq!(presses.publication().snapshot().items.len(), 3, "they are shown");
    assert_eq!(presses.publish(&desk).await.unwrap().records.unwritten.articles().count(), 3);
    fs::remove_file(&news).unwrap();
    let printed = presses.publish(&desk).await.unwrap();
    assert_eq!((printed.records.unwritten.articles().count(), printed.records.written), (0, 3));
    assert_eq!(fs::read_dir(&news).unwrap().count(), 3);
}
