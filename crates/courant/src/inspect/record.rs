//! `inspect record`: a record as JSON, or written again.

use std::{fs, io::Write, path::Path};

use courant_formats::record;
use courant_model::Record;
use serde_json::{Value, json};

use super::batch;
use crate::{
    cli::RecordArgs,
    output::{Exit, Stdout, print_json, tell},
};

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
        return batch::failure(id, "a line wants id and path");
    };
    match read(Path::new(path)) {
        Err(error) => batch::failure(id, &format!("{path}: {error}")),
        Ok(parsed) if write => json!({ "id": id, "text": record::write(&parsed) }),
        Ok(parsed) => json!({ "id": id, "record": record::to_json(&parsed) }),
    }
}
