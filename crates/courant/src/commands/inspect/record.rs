//! `inspect record`: a record as JSON, or written again.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use courant_formats::record;
use courant_model::Record;
use serde_json::{Value, json};

use super::batch;
use crate::{
    exit::Exit,
    output::{Stdout, print_json, tell},
};

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// Record files
    #[arg(value_name = "FILE", required_unless_present = "batch")]
    pub(crate) files: Vec<PathBuf>,
    /// Print the record again instead of JSON
    #[arg(long)]
    pub(crate) write: bool,
    /// Read `{id, path}` as JSON Lines from standard input, answer JSON Lines in the same order
    #[arg(long, conflicts_with = "files")]
    pub(crate) batch: bool,
}

pub(super) fn run(args: &RecordArgs) -> anyhow::Result<Exit> {
    if args.batch {
        batch::each_line(|line| answer(line, args.write))?;
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for file in &args.files {
        match read(file) {
            Ok(parsed) if args.write => Stdout.write_all(record::write(&parsed).as_bytes())?,
            Ok(parsed) => print_json(&record::to_json(&parsed))?,
            Err(error) => {
                tell(format_args!("courant: {}: {error}", file.display()));
                exit = Exit::Partly;
            }
        }
    }
    Ok(exit)
}

fn read(file: &Path) -> Result<Record, String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    record::read(&text).map_err(|error| error.to_string())
}

fn answer(line: &Value, write: bool) -> Value {
    let id = line.get("id");
    let Some(path) = line.get("path").and_then(Value::as_str) else {
        return batch::failure(id, "a line needs id and path");
    };
    match read(Path::new(path)) {
        Err(error) => batch::failure(id, &format!("{path}: {error}")),
        Ok(parsed) if write => json!({ "id": id, "text": record::write(&parsed) }),
        Ok(parsed) => json!({ "id": id, "record": record::to_json(&parsed) }),
    }
}
