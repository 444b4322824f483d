//! Reads batch lines from standard input and prints the neutral form of each document.

use std::{
    fs,
    io::{self, BufRead, Write},
};

use courant_formats::feed::BatchLine;
use serde_json::Value;

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let line = BatchLine::from_json(&value).map_err(io::Error::other)?;
        let bytes = match &line.path {
            Some(path) => fs::read(path)?,
            None => line.text.clone().unwrap_or_default().into_bytes(),
        };
        writeln!(out, "{}", line.answer(&bytes))?;
    }
    out.flush()
}
