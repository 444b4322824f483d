//! Tests of the public API of the store, one topic per file.
#![allow(clippy::disallowed_macros, reason = "tests print where their output is wanted")]
#![expect(clippy::unwrap_used, reason = "a test ends where one of its steps fails")]
#![allow(clippy::disallowed_methods, reason = "a test is configured by its environment")]

mod api_keys;
mod clicks;
mod commands;
mod commit;
mod correct_times;
mod crash;
mod damage;
mod health;
mod keep;
mod links;
mod open;
mod overrides;
mod publish;
mod queues;
mod schema;
mod search;
mod sources;
mod stories;
mod support;
mod waiting_articles;
mod year;
