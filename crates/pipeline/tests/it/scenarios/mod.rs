//! Scenarios of polling and fetching, run against a scripted server.
//!
//! Each scenario is one line of JSON: the responses of a server in turn, how much time passes, and
//! what must be true at the end. Client, polling, store and pipeline are the real ones; only the
//! clock, DNS and the IP addresses are fake. All addresses are on loopback: the scripted hosts are
//! at 127.0.0.4, 127.0.0.2 stands for a public address, 127.0.0.3 for the owner's own network, and
//! any connection to 127.0.0.1 is a violation, because that address is never allowed.
//!
//! Two files are run: the shared one if it is present, and the one beside this module.

#![allow(clippy::disallowed_macros, reason = "tests print their progress")]

mod bodies;
mod checks;
mod hubs;
mod memory;
mod network;
mod polling;
mod responses;
mod runner;
mod server;

pub(crate) use runner::ScenarioRunner;
use serde_json::Value;

/// Runs all scenarios of a test and fails with the ids of those that failed. There must be at least
/// `min_count` scenarios; `SCENARIO` in the environment selects a single one.
async fn run_all(test: &str, scenarios: &[Value], min_count: usize) {
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
            // Run another scenario first: tables and threads that are created once must not count.
            ScenarioRunner::run(&scenarios[0]).await;
        }
        let problems = if is_measured && only.is_none() {
            run_alone(test, id).err().into_iter().collect()
        } else {
            ScenarioRunner::run(scenario).await
        };
        if !problems.is_empty() {
            failed.push(format!("{id}: {}", problems.join("; ")));
        }
    }
    println!("{} of {} scenarios passed", scenarios.len() - failed.len(), scenarios.len());
    assert!(failed.is_empty(), "{} scenarios failed:\n{}", failed.len(), failed.join("\n"));
    assert!(scenarios.len() >= min_count, "{} scenarios, expected at least {min_count}", scenarios.len());
}

/// Runs one scenario of a test in its own process, so that no other test uses memory at the same
/// time.
///
/// Errors: the output of the process.
fn run_alone(test_name: &str, id: &str) -> Result<(), String> {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", &format!("scenarios::{test_name}")]).env("SCENARIO", id).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    // If the test was renamed, nothing would run, which must not count as success.
    if output.status.success() && text.contains("1 passed") { Ok(()) } else { Err(text.into_owned()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shared_scenarios_pass() {
    let Some(file) = courant_testkit::shared("feeds/fetch_scenarios.jsonl") else { return };
    run_all("shared_scenarios_pass", &courant_testkit::read_jsonl(&file).unwrap(), 138).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_scenarios_pass() {
    let lines = include_str!("fetch_scenarios.jsonl").lines().filter(|line| !line.trim().is_empty());
    let scenarios: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    run_all("own_scenarios_pass", &scenarios, 60).await;
}

/// A runner that lets everything pass would prove nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runner_reports_failures() {
    let two_entries = serde_json::json!({ "status": 200, "headers": { "ETag": "\"1\"" }, "body": "feed:2" });
    let wrong = [
        serde_json::json!({ "steps": [{ "respond": two_entries }], "expect": { "entries": 3 } }),
        serde_json::json!({ "steps": [{ "respond": two_entries }], "expect": { "error_class": "parse" } }),
        serde_json::json!({ "steps": [{ "respond": two_entries }], "expect": { "next_poll_at_most_s": 60 } }),
        serde_json::json!({ "steps": [{ "respond": two_entries }], "expect": { "no_such_expectation": true } }),
        serde_json::json!({ "steps": [{ "no_such_step": true }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two_entries }, { "respond": two_entries, "advance_s": 9000,
            "expect_request": { "absent": ["If-None-Match"] } }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two_entries }, { "respond": two_entries, "advance_s": 9000,
            "expect_request": { "headers": { "If-None-Match": "\"2\"" } } }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two_entries, "url": "/elsewhere.xml" }], "expect": {} }),
        serde_json::json!({ "steps": [{ "respond": two_entries }], "expect": { "never_connects_to": ["127.0.0.4"] } }),
    ];
    for scenario in wrong {
        assert!(!ScenarioRunner::run(&scenario).await.is_empty(), "{scenario}");
    }
}
