//! Notes the day of which the program is, so that it can refuse a clock that is older than itself.
//!
//! `SOURCE_DATE_EPOCH` sets it, as for other programs that are to be built byte for byte again; else it is the time of
//! the last commit, and where there is no repository that of this file.
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
    // Not with each commit: a build that goes on from an earlier one may keep its date, which refuses less.
    let asked = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.trim().parse().ok());
    let built = asked.unwrap_or_else(|| committed().or_else(written).unwrap_or_default().min(now()));
    println!("cargo:rustc-env=COURANT_BUILT={built}");
}

/// When the last commit was made.
fn committed() -> Option<u64> {
    let said = Command::new("git").args(["log", "-1", "--format=%ct"]).output().ok()?;
    String::from_utf8(said.stdout).ok()?.trim().parse().ok()
}

/// When this file was written.
fn written() -> Option<u64> {
    seconds(fs::metadata("build.rs").ok()?.modified().ok()?)
}

/// A commit of a machine whose clock is ahead must not make a program that refuses every right clock.
fn now() -> u64 {
    seconds(SystemTime::now()).unwrap_or_default()
}

fn seconds(time: SystemTime) -> Option<u64> {
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}
