//! What was acknowledged survives `kill -9`.
//!
//! The test starts itself as a child process that works on a store and writes to standard output
//! what was acknowledged; kills it with SIGKILL in the middle of its work, at a different point
//! each time; opens the store and looks for everything that was acknowledged.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use courant_model::{EditorDecision, Override, Value};
use courant_store::{CaptureOutcome, Store};

use crate::support::{at, batch, capture, id, in_story, page, stored, story};

const CHILD_STORE: &str = "COURANT_TEST_CHILD_STORE";
const CHILD_START: &str = "COURANT_TEST_CHILD_START";

#[tokio::test]
async fn acknowledged_work_survives_a_kill() {
    if let Some(path) = env::var_os(CHILD_STORE) {
        let start = env::var(CHILD_START).unwrap().parse().unwrap();
        work_until_killed(Path::new(&path), start).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("courant.db");
    let mut said = Vec::new();
    for (round, words) in [7usize, 64, 131].into_iter().enumerate() {
        let start = round as u32 * 10_000;
        said.extend(reports_of_a_killed_child(&path, start, words));
        let store = Store::open(&path).await.expect("the lock ends with the process");
        assert!(store.check().await.unwrap().is_sound());
        for word in &said {
            look_for(&store, word).await;
        }
        nothing_is_half_done(&store).await;
        store.close().await.unwrap();
    }
}

/// Works on the store without end and reports what was acknowledged.
async fn work_until_killed(path: &Path, start: u32) -> ! {
    let store = Store::open(path).await.unwrap();
    let say = |word: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nsaid {word}").and_then(|()| out.flush()).unwrap();
    };
    for number in start.. {
        store.enqueue_pages(&[page(&number.to_string(), 0)], at(0)).await.unwrap();
        say(format!("queued {number}"));
        store.captured_page(&number.to_string(), &capture(number), at(0)).await.unwrap();
        say(format!("captured {number}"));
        let claimed = store.claim_captures(1, at(0)).await.unwrap();
        // A story of its own for every second article, which the next batch merges into the common
        // one.
        let article = stored(number, "A title", "A text of some words.");
        let mut done = batch([if number % 2 == 0 { article } else { in_story(article, start) }]);
        if number % 2 == 1 && number > start + 1 {
            done.merged = vec![(story(number - 1), story(start))];
        }
        done.outcomes =
            claimed.iter().map(|claim| (claim.number, CaptureOutcome::Article(id(number)))).collect();
        store.commit(&done, at(0)).await.unwrap();
        say(format!("stored {number}"));
        let decision = EditorDecision::from_stored("title", Value::Int(1));
        let word = Override { article: id(number), decision, by: String::new(), at: at(0) };
        store.put_override(&word).await.unwrap();
        say(format!("overruled {number}"));
    }
    unreachable!("the numbers last longer than the test")
}

/// The reports of a child until it is killed, at least `at_least`.
fn reports_of_a_killed_child(path: &Path, start: u32, at_least: usize) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["crash::acknowledged_work_survives_a_kill", "--exact", "--nocapture"])
        .env(CHILD_STORE, path)
        .env(CHILD_START, start.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut words = Vec::new();
    while words.len() < at_least {
        let line = lines.next().expect("the child works until it is killed").unwrap();
        words.extend(line.strip_prefix("said ").map(str::to_owned));
    }
    child.kill().unwrap();
    // What it reported before it died counts too; the last line may be incomplete.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    child.wait().unwrap();
    let whole = rest.len().saturating_sub(1);
    words.extend(rest[..whole].iter().filter_map(|line| line.strip_prefix("said ")).map(str::to_owned));
    words
}

async fn look_for(store: &Store, word: &str) {
    let (what, number) = word.split_once(' ').unwrap();
    let number: u32 = number.parse().unwrap();
    match what {
        "queued" => {
            let again = store.enqueue_pages(&[page(&number.to_string(), 0)], at(0)).await.unwrap();
            assert_eq!(again, 0, "{word}");
        }
        "captured" => {
            assert_eq!(store.add_captures(&[capture(number)], at(0)).await.unwrap(), 0, "{word}");
            assert!(
                store.due_pages(at(9), 1000).await.unwrap().iter().all(|page| page.key != number.to_string())
            );
        }
        "stored" => {
            let row = store.article(id(number)).await.unwrap().expect(word);
            assert_eq!(row.row.article.text, "A text of some words.", "{word}");
            assert!(row.dirty, "{word}: its record is still to be written");
        }
        "overruled" => assert_eq!(store.overrides_of(&[id(number)]).await.unwrap().len(), 1, "{word}"),
        other => panic!("unknown report {other}"),
    }
}

/// Every step is complete: processed captures have their article, and no merge has left members
/// behind.
async fn nothing_is_half_done(store: &Store) {
    let counts = store.counts().await.unwrap();
    assert!(counts.pages_due + counts.captures_pending <= 3, "at most one step of each round: {counts:?}");
    for (old, present) in store.snapshot().await.unwrap().moved {
        assert_eq!(store.story_members(&[old]).await.unwrap(), []);
        assert!(!store.story_members(&[present]).await.unwrap().is_empty());
    }
}
