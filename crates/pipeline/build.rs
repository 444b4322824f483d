//! Stores the build date in the program, so that it can refuse a system clock before that date.
//!
//! `SOURCE_DATE_EPOCH` sets the date, as usual for reproducible builds. The default is the time of
//! the last commit, or without a repository the modification time of this file.
#![allow(clippy::disallowed_macros, reason = "cargo reads what is printed")]
#![allow(clippy::disallowed_methods, reason = "cargo gives settings in the environment")]

use std::{
    env, fs,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

fn main() {
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo:rerun-if-changed=build.rs");
    // Not run again for each commit: an incremental build may keep an older date, which only
    // refuses fewer clocks.
    let given = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.trim().parse().ok());
    let built = given.unwrap_or_else(|| committed().or_else(written).unwrap_or_default().min(now()));
    println!("cargo:rustc-env=COURANT_BUILT={built}");
}

/// The time of the last commit, in seconds since 1970.
fn committed() -> Option<u64> {
    let output = Command::new("git").args(["log", "-1", "--format=%ct"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The modification time of this file, in seconds since 1970.
fn written() -> Option<u64> {
    seconds(fs::metadata("build.rs").ok()?.modified().ok()?)
}

/// The current time. It limits the build date: a commit from a machine whose clock is ahead must
/// not make a program that refuses a correct clock.
fn now() -> u64 {
    seconds(SystemTime::now()).unwrap_or_default()
}

fn seconds(time: SystemTime) -> Option<u64> {
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}
