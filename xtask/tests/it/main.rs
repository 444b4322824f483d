//! The tasks as developers start them.

#![allow(clippy::unwrap_used, reason = "a test ends where one of its steps fails")]

mod sample;
mod train;

use std::process::{Command, Output};

/// Runs a task.
fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap()
}

fn assert_ok(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}
