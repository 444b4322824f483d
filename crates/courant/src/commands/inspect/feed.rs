//! `inspect feed`: the entries of a feed or sitemap.

use std::path::Path;

use courant_formats::feed::{self, BatchLine, FeedContext};
use courant_net::Purpose;
use serde_json::{Value, json};

use super::{
    batch,
    input::{self, StageInput},
};
use crate::{exit::Exit, output::print_json, session::Session};

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
    let request = match BatchLine::from_json(line) {
        Ok(request) => request,
        Err(error) => return batch::failure(id, &error.to_string()),
    };
    match (&request.text, &request.path) {
        (Some(text), _) => request.answer(text.as_bytes()),
        (None, Some(path)) => match input::read_file(Path::new(path)) {
            Ok(bytes) => request.answer(&bytes),
            Err(error) => batch::failure(id, &format!("cannot read {path}: {error}")),
        },
        (None, None) => batch::failure(id, "a line needs id and path"),
    }
}
