//! `inspect feed`: what is in a feed or sitemap.

use std::path::Path;

use courant_formats::feed::{self, FeedContext};
use courant_net::Purpose;
use serde_json::{Value, json};

use super::{batch, input};
use crate::{
    cli::StageInput,
    commands::Session,
    output::{Exit, print_json},
};

pub(super) async fn run(session: &Session, args: &StageInput) -> anyhow::Result<Exit> {
    if args.batch {
        batch::each_line(answer)?;
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for name in &args.inputs {
        let read = input::read(session, name, Purpose::Feed).await?;
        let context = FeedContext {
            base_url: read.url.as_ref().map(url::Url::as_str),
            content_type: read.header("content-type"),
            content_location: read.header("content-location"),
            content_language: read.header("content-language"),
        };
        let result = feed::parse(&read.bytes, &context);
        if result.is_err() {
            exit = Exit::Partly;
        }
        print_json(&feed::neutral(&result, &json!(name)))?;
    }
    Ok(exit)
}

fn answer(line: &Value) -> Value {
    let id = line.get("id");
    let Some(path) = line.get("path").and_then(Value::as_str) else {
        return batch::failure(id, "a line wants id and path");
    };
    match input::read_file(Path::new(path)) {
        Err(error) => batch::failure(id, &format!("cannot read {path}: {error}")),
        Ok(bytes) => {
            let context = FeedContext::from_batch_line(line);
            feed::neutral(&feed::parse(&bytes, &context), id.unwrap_or(&Value::Null))
        }
    }
}
