//! `cargo xtask screenshots`: builds the program and runs `docs/screenshots.sh`.

use std::{path::Path, process::Command};

use anyhow::{Context as _, ensure};

pub(crate) fn run() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (program, arguments) in
        [("cargo", &["build", "--release", "--package", "courant"][..]), ("docs/screenshots.sh", &[])]
    {
        // The path of a script is searched below this process's folder, not below that of the child.
        let path = if program == "cargo" { program.into() } else { root.join(program) };
        let status = Command::new(path).args(arguments).current_dir(&root).status();
        let status = status.with_context(|| format!("cannot start {program}"))?;
        ensure!(status.success(), "{program} failed: {status}");
    }
    Ok(())
}
