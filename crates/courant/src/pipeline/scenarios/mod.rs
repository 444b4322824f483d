//! The manners of the fetcher, played against a server that follows a script.
//!
//! Each scenario is one line of JSON: what a server answers in turn, how much time passes, and what must be true
//! in the end. The real client, the real poll, the real store and the real pipeline are at work; only the clock,
//! the answers of the name server and the addresses are ours. Every address is on loopback: the script's
//! servers are at 127.0.0.4, the stand-in for a public address at 127.0.0.2, that for an owner's own network at
//! 127.0.0.3, and whoever connects to 127.0.0.1 has been let in where nobody may be.
//!
//! Two files are played: the shared one where it is present, and our own beside this module.

#![allow(clippy::disallowed_macros, reason = "tests print where their output is wanted")]

mod bodies;
mod checks;
mod hubs;
mod memory;
mod player;
mod server;

use serde_json::Value;

use player::Player;

/// Plays all scenarios of a test and fails with the names of those that did not end as they should.
async fn play_all(test: &str, scenarios: &[Value], wanted: usize) {
    #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
    let only = std::env::var("SCENARIO").ok();
    let mut failed = Vec::new();
    for scenario in scenarios {
        let id = scenario["id"].as_str().expect("a scenario has an id");
        if only.as_deref().is_some_and(|only| only != id) {
            continue;
        }
        let is_measured = scenario["expect"].get("max_rss_growth_mb").is_some();
        if is_measured && only.is_some() {
            // Tables and threads that a program makes once must not count as memory of the scenario.
            Player::play(&scenarios[0]).await;
        }
        let problems = if is_measured && only.is_none() {
            played_alone(test, id).err().into_iter().collect()
        } else {
            Player::play(scenario).await
        };
        if !problems.is_empty() {
            failed.push(format!("{id}: {}", problems.join("; ")));
        }
    }
    println!("{} of {} scenarios passed", scenarios.len() - failed.len(), scenarios.len());
    assert!(failed.is_empty(), "{} scenarios failed:\n{}", failed.len(), failed.join("\n"));
    assert!(scenarios.len() >= wanted, "{} scenarios, wanted {wanted}", scenarios.len());
}

/// Plays one scenario of a test in a process of its own, where no other test takes memory meanwhile; what it said where it
/// failed.
fn played_alone(test: &str, id: &str) -> Result<(), String> {
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    let output =
        alone.args(["--exact", &format!("pipeline::scenarios::{test}")]).env("SCENARIO", id).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    // With a renamed test nothing would run, which must not count as success.
    if output.status.success() && said.contains("1 passed") { Ok(()) } else { Err(said.into_owned()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shared_scenarios() {
    let Some(file) = courant_testkit::shared("feeds/fetch_scenarios.jsonl") else { return };
    play_all("the_shared_scenarios", &courant_testkit::read_jsonl(&file).unwrap(), 138).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_scenarios() {
    let lines = include_str!("manners.jsonl").lines().filter(|line| !line.trim().is_empty());
    let scenarios: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    play_all("our_own_scenarios", &scenarios, 60).await;
}

/// A player that lets everything pass would prove nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_player_notices_what_is_wrong() {
    let two = serde_json::json!({ "status": 200, "headers": { "ETag": "\"1\"" }, "body": "feed:2" });
    let wrong = [
        serde_json::json!({ "steps": [{ "respond": two }], "expect": { "entries": 3 } }),
        serde_json::json!({ "steps": [{ "respond": two }], "expect": { "error_class": "parse" } }),
        serde_json::json!({ "steps": [{ "respond": two }], "expect": { "next_poll_at_most_s": 60 } }),
        serde_json::json!({ "steps": [{ "respond": two }], "expect": { "no_such_wish": true } }),
        serde_json::json!({ "steps": [{ "no_such_step": true }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two }, { "respond": two, "advance_s": 9000,
            "expect_request": { "absent": ["If-None-Match"] } }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two }, { "respond": two, "advance_s": 9000,
            "expect_request": { "headers": { "If-None-Match": "\"2\"" } } }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two, "url": "/elsewhere.xml" }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two }], "expect": { "never_connects_to": ["127.0.0.4"] } }),
    ];
    for scenario in wrong {
        assert!(!Player::play(&scenario).await.is_empty(), "{scenario}");
    }
}
