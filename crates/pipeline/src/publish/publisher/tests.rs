//! Rounds that handle only what changed give the same result as full rounds.

use std::fs;

use courant_model::{ArticleId, EditorDecision, Override, Topic, Value};
use courant_store::{Batch, DayClicks, ImageRow};
use courant_testkit::generated;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    editor::{article_edit, record_edits::RecordEdits, story_edit},
    fixtures::{context, timestamp},
    publish::{publisher::*, round::publication, static_site::check_static},
    stories::heat_inputs::HeatInputs,
};

/// A site to which random things happen.
struct RandomSite {
    context: Context,
    state: u64,
    articles: usize,
}

impl RandomSite {
    /// A pseudo-random number below the limit, by xorshift.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % limit.max(1) as u64) as usize
    }

    /// An article, mostly one of the newest.
    fn article(&mut self) -> ArticleId {
        let back = if self.below(3) == 0 { self.articles } else { self.articles.min(8) };
        generated::article_id(self.articles - 1 - self.below(back))
    }

    async fn new_articles(&mut self, count: usize) {
        let (now, topics) = (self.context.clock.now(), self.context.site.topics.clone());
        let mut articles = Vec::new();
        for _ in 0..count {
            let mut article = generated::article(self.articles, self.articles, now, &topics);
            if self.below(3) == 0 && self.articles > 0 {
                article.links = Some(vec![self.article(), self.article()]);
            }
            if self.below(6) == 0 {
                article.judgement.topics.clear();
            }
            articles.push(article);
            self.articles += 1;
        }
        self.context
            .store
            .commit(&Batch { articles, ..Batch::default() }, self.context.clock.now())
            .await
            .unwrap();
    }

    async fn put_override(&self, article: ArticleId, field: &str, value: Value) {
        let decision = EditorDecision::from_stored(field, value);
        let (by, at) = ("Ann".to_owned(), self.context.clock.now());
        self.context.store.put_override(&Override { article, decision, by, at }).await.unwrap();
    }

    async fn put_image(&mut self) {
        let article = self.article();
        let row = self.context.store.article(article).await.unwrap().unwrap();
        let is_copied = self.below(3) > 0;
        let image = ImageRow {
            url: row.row.article.images[0].url.clone(),
            hash: is_copied.then(|| "ab".to_owned()),
            file: is_copied.then(|| format!("ab/{article}.jpg")),
            width: Some(1_000),
            height: Some(500),
            mime: None,
            bytes: Some(9),
            fetched: self.context.clock.now(),
            error: None,
            thumbnails: Vec::new(),
        };
        self.context.store.put_image(&image, &[article]).await.unwrap();
    }

    /// Edits, breaks, repairs or deletes a record file, if the article has one.
    async fn change_record_file(&mut self) {
        let article = self.article();
        let row = self.context.store.article(article).await.unwrap().unwrap();
        let file = self.context.site.records_dir().join(row.row.path.as_str());
        let Ok(text) = fs::read_to_string(&file) else { return };
        match self.below(4) {
            0 => fs::remove_file(&file).unwrap(),
            1 => fs::write(&file, text.replacen("---\n", "---\n  : [\n", 1)).unwrap(),
            2 => fs::write(&file, text.replace("  : [\n", "")).unwrap(),
            _ => fs::write(&file, text.replace("excerpt: ", "excerpt: Edited ")).unwrap(),
        }
    }

    async fn act(&mut self) {
        let (article, other) = (self.article(), self.article());
        match self.below(14) {
            0..3 => {
                let count = 1 + self.below(3);
                self.new_articles(count).await;
            }
            3 => self.put_override(article, "title", Value::Text(format!("Said at {}", self.articles))).await,
            4 => {
                let published = self.below(2) == 0;
                article_edit::decide(&self.context, article, published, "Ann").await.unwrap();
            }
            5 => drop(article_edit::unset(&self.context, article, "published").await),
            6 => {
                let hours = self.below(60) as u32;
                story_edit::boost(&self.context, article, 20, hours, "Ann").await.unwrap();
            }
            7 => drop(story_edit::merge(&self.context, &[article, other]).await),
            8 => drop(story_edit::split(&self.context, &[article], "Ann").await),
            9 => {
                let day = timestamp(&format!("{}T00:00:00Z", self.context.clock.now().strftime("%F")));
                let readers = 1 + self.below(9) as u32;
                self.context.store.add_clicks(&[DayClicks { article, day, readers }]).await.unwrap();
            }
            10 => self.put_image().await,
            11 => {
                let topics = if self.below(2) == 0 { Vec::new() } else { vec![Value::Text("Rivers".into())] };
                self.put_override(article, "topics", Value::List(topics)).await;
            }
            12 => {
                let undo = self.below(2) == 0;
                story_edit::pin(&self.context, article, undo, "Ann").await.unwrap();
            }
            _ => self.change_record_file().await,
        }
    }

    fn advance_time(&mut self) {
        let minutes = [1, 7, 60, 600, 3_000][self.below(5)];
        let now = self.context.clock.now() + SignedDuration::from_mins(minutes);
        self.context.clock = Clock::new(Some(now));
    }
}

fn topic(id: &str, name: &str) -> Topic {
    Topic { id: id.to_owned(), name: name.to_owned(), ..Topic::default() }
}

async fn rounds(seed: u64, topics: Vec<Topic>) {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), |site| {
        site.config.beacon.enabled = true;
        site.topics = topics;
    })
    .await;
    let mut random_site = RandomSite { context, state: seed, articles: 0 };
    random_site.new_articles(12).await;
    let out = folder.path().join("public");
    let (mut publisher, _) =
        Publisher::start(&random_site.context, Some(out.clone()), CancellationToken::new()).await.unwrap();
    let images = random_site.context.site.images_dir();
    for step in 1..=48 {
        for _ in 0..random_site.below(4) {
            random_site.act().await;
        }
        random_site.advance_time();
        let report = publisher.publish(&random_site.context).await.unwrap();
        report.files.unwrap();
        assert!(publisher.round_state.is_some(), "step {step}");
        if step % 4 != 0 {
            continue;
        }
        let (full, snapshot, _) = full_round(&random_site.context).await.unwrap();
        assert_eq!(full.written, 0, "seed {seed}, step {step}: a partial round did not write all records");
        let counts = |records: &PublishSummary| (records.published, records.broken.clone());
        assert_eq!(counts(&report.records), counts(&full), "seed {seed}, step {step}");
        let fresh = publication(&random_site.context, snapshot).unwrap();
        let check = check_static(&fresh, &images, &out, &CancellationToken::new()).unwrap();
        assert!(check.is_clean(), "seed {seed}, step {step}: {check:?}");
    }
}

#[tokio::test]
async fn a_partial_round_gives_the_same_as_a_full_round() {
    for seed in [1, 22] {
        rounds(seed * 0x9E37_79B9, Vec::new()).await;
    }
}

#[tokio::test]
async fn a_partial_round_gives_the_same_on_a_site_with_topics() {
    for seed in [4, 55] {
        rounds(seed * 0x9E37_79B9, vec![topic("rivers", "Rivers"), topic("mills", "Mills")]).await;
    }
}

#[tokio::test]
async fn articles_without_a_topic_are_handled_once() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), |site| site.topics = vec![topic("mills", "Mills")]).await;
    let mut articles = Vec::new();
    for number in 0..12 {
        articles.push(generated::article(number, 11, context.clock.now(), &[]));
    }
    context.store.commit(&Batch { articles, ..Batch::default() }, context.clock.now()).await.unwrap();
    let (mut publisher, _) = Publisher::start(&context, None, CancellationToken::new()).await.unwrap();
    // What was scored in the first round is dirty once more.
    publisher.publish(&context).await.unwrap();
    assert_eq!(context.store.dirty_articles().await.unwrap(), []);
    assert!(publisher.publication().snapshot().items.is_empty());
}

#[tokio::test]
async fn without_changes_only_cooling_stories_are_handled() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), |_| {}).await;
    let mut context = context;
    let start = context.clock.now();
    let articles = (0..30).map(|number| generated::article(number, 29, start, &[])).collect();
    context.store.commit(&Batch { articles, ..Batch::default() }, context.clock.now()).await.unwrap();
    let (mut publisher, _) = Publisher::start(&context, None, CancellationToken::new()).await.unwrap();
    // What the first round scored is handled once more by the second.
    publisher.publish(&context).await.unwrap();
    // Cooled stories are handled once more, because their records were written.
    for (hours, handled) in [(1, 5), (24 * 29, 5), (24 * 30, 5), (24 * 31, 0)] {
        context.clock = Clock::new(Some(start + SignedDuration::from_hours(hours)));
        let round_state = publisher.round_state.as_mut().unwrap();
        let mut reading = context.store.begin_read().await.unwrap();
        let (heat_inputs, edits) = (HeatInputs::default(), RecordEdits::default());
        let due = round_state.due(&mut reading, &heat_inputs, &edits).await.unwrap();
        drop(reading);
        assert_eq!(due.stories.len(), handled, "{hours} hours later");
        publisher.publish(&context).await.unwrap();
    }
}

/// Number of articles whose record files say that they are held.
fn held(context: &Context) -> usize {
    let files = fs::read_dir(context.site.records_dir().join("news")).unwrap();
    let texts = files.filter_map(|file| fs::read_to_string(file.unwrap().path()).ok());
    texts.filter(|text| text.contains("published: false")).count()
}

#[tokio::test]
async fn a_record_that_cannot_be_written_is_tried_again_and_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), |site| site.config.gate.threshold = 0).await;
    let articles = (0..6).map(|number| generated::article(number, 5, context.clock.now(), &[])).collect();
    context.store.commit(&Batch { articles, ..Batch::default() }, context.clock.now()).await.unwrap();
    let (mut publisher, _) = Publisher::start(&context, None, CancellationToken::new()).await.unwrap();
    publisher.publish(&context).await.unwrap();
    let before = held(&context);
    let mut ids = Vec::new();
    for item in &publisher.publication().snapshot().items {
        if item.verdict.published {
            ids.push((item.id, context.site.records_dir().join(item.path.as_str())));
        }
    }
    let [(blocked, file), (free, _)] = &ids[..2] else { panic!("two published articles") };
    // A folder at its path, which nobody can overwrite, whatever their permissions.
    let text = fs::read(file).unwrap();
    fs::remove_file(file).unwrap();
    fs::create_dir_all(file.join("blocking")).unwrap();
    for article in [*blocked, *free] {
        article_edit::decide(&context, article, false, "Ann").await.unwrap();
    }
    for round in 1..=3 {
        let report = publisher.publish(&context).await.unwrap();
        let shown = |id| publisher.publication().item(id).unwrap().verdict.published;
        assert_eq!((shown(*blocked), shown(*free)), (false, false), "readers see the decision");
        assert_eq!(report.records.unwritten.articles().collect::<Vec<_>>(), [*blocked], "round {round}");
        assert_eq!((report.problems(&[*blocked]).len(), report.problems(&[*free]).len()), (1, 0));
    }
    assert_eq!(held(&context), before + 1, "the other record was written");
    fs::remove_dir_all(file).unwrap();
    fs::write(file, text).unwrap();
    let report = publisher.publish(&context).await.unwrap();
    assert!(report.records.unwritten.is_empty(), "{}", report.records.unwritten);
    assert_eq!(held(&context), before + 2);
}

#[tokio::test]
async fn new_records_wait_for_a_folder_that_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), |site| site.config.gate.threshold = 0).await;
    fs::create_dir(context.site.records_dir()).unwrap();
    let news = context.site.records_dir().join("news");
    fs::write(&news, "").unwrap();
    let articles = (0..3).map(|number| generated::article(number, 2, context.clock.now(), &[])).collect();
    context.store.commit(&Batch { articles, ..Batch::default() }, context.clock.now()).await.unwrap();
    let (mut publisher, report) = Publisher::start(&context, None, CancellationToken::new()).await.unwrap();
    assert_eq!((report.records.unwritten.articles().count(), report.records.written), (3, 0));
    assert_eq!(publisher.publication().snapshot().items.len(), 3, "they are shown");
    assert_eq!(publisher.publish(&context).await.unwrap().records.unwritten.articles().count(), 3);
    fs::remove_file(&news).unwrap();
    let report = publisher.publish(&context).await.unwrap();
    assert_eq!((report.records.unwritten.articles().count(), report.records.written), (0, 3));
    assert_eq!(fs::read_dir(&news).unwrap().count(), 3);
}
