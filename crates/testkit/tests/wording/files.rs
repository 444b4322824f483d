//! Which files are checked, and to which area each belongs.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// All files that are checked: their area, their path from the root, and where they are.
pub(crate) fn files() -> Vec<(String, String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("the repository can be read");
        for entry in entries.map(|entry| entry.expect("the repository can be read")) {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let below =
                path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                if !is_skipped(&name) {
                    folders.push(path);
                }
            } else if let Some(area) = area_of(&below) {
                found.push((area, below, path));
            }
        }
    }
    found.sort();
    found
}

/// Folders that hold what others wrote, or what is generated.
fn is_skipped(name: &str) -> bool {
    let skipped = [
        "target",
        "fixtures",
        "data",
        "snapshots",
        "node_modules",
        ".git",
        "fuzz",
        "corpus",
        "migrations",
        "newswire",
        "screenshots",
        "stores",
    ];
    skipped.contains(&name)
}

fn area_of(path: &str) -> Option<String> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    if let Some(below) = path.strip_prefix("crates/") {
        let (name, file) = below.split_once('/')?;
        let is_checked = ends(&[".rs", ".md", ".html", "openapi.json"])
            || ends(&[".toml"]) && (file.starts_with("src/") || file.starts_with("collections/"));
        return is_checked.then(|| name.to_owned());
    }
    let area = if path.starts_with("xtask/") && ends(&[".rs"]) {
        "xtask"
    } else if ["bench/", "conformance/", ".ci/", "docs/"].iter().any(|folder| path.starts_with(folder))
        && (ends(&[".sh", ".py", ".mjs", ".lua", ".rb", "floors.toml"]) || path.starts_with(".ci/"))
    {
        "scripts"
    } else if path.starts_with("docs/") && ends(&[".md"]) || !path.contains('/') && ends(&[".md"]) {
        "docs"
    } else if !path.contains('/') && ends(&[".toml", "justfile"]) || path.starts_with(".github/") {
        "config"
    } else if path == "examples/ai/courant.toml" {
        "examples"
    } else {
        return None;
    };
    Some(area.to_owned())
}
