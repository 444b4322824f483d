//! JSON Lines in, JSON Lines out: keeps the order, and one bad line never stops the rest.

use std::{
    io::{self, BufRead, Write},
    panic::{self, AssertUnwindSafe},
};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::output::{self, Stdout};

/// Number of lines that are answered in parallel before the next are read: keeps all cores busy and
/// bounds memory.
const CHUNK: usize = 256;
/// Maximum length of a line in bytes; a longer one is answered with an error.
const MAX_LINE: u64 = 64 << 20;

/// A line as read, or why it could not be read.
enum Line {
    Value(Value),
    Bad(String),
}

/// Answers each line of standard input with `answer`, in parallel.
pub(super) fn each_line(answer: impl Fn(&Value) -> Value + Sync) -> anyhow::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::BufWriter::new(Stdout);
    loop {
        let lines = read_chunk(&mut input)?;
        if lines.is_empty() {
            break;
        }
        let answers: Vec<Value> = lines.par_iter().map(|line| answer_line(line, &answer)).collect();
        write_all(&mut output, &answers)?;
        // Nobody reads the other answers.
        if output::is_closed() {
            break;
        }
    }
    Ok(output.flush()?)
}

/// Answers each line of standard input with `answer` in order: for stages with state, whose answers
/// can change until the last line is read. `prepare` does what can be done in parallel before.
pub(super) fn in_order<P: Send>(
    prepare: impl Fn(&Value) -> Result<P, String> + Sync,
    mut answer: impl FnMut(&Value, P) -> Value,
) -> io::Result<Vec<Value>> {
    let mut input = io::stdin().lock();
    let mut answers = Vec::new();
    loop {
        let lines = read_chunk(&mut input)?;
        if lines.is_empty() {
            return Ok(answers);
        }
        let prepared: Vec<Result<P, String>> = lines
            .par_iter()
            .map(|line| match line {
                Line::Value(value) => prepare(value),
                Line::Bad(error) => Err(error.clone()),
            })
            .collect();
        answers.extend(lines.iter().zip(prepared).map(|(line, prepared)| match (line, prepared) {
            (Line::Value(value), Ok(prepared)) => answer(value, prepared),
            (Line::Value(value), Err(error)) => failure(value.get("id"), &error),
            (Line::Bad(error), _) => failure(None, error),
        }));
    }
}

/// Writes answers to standard output, one per line.
pub(super) fn write(answers: &[Value]) -> io::Result<()> {
    let mut output = io::BufWriter::new(Stdout);
    write_all(&mut output, answers)?;
    output.flush()
}

fn write_all(output: &mut impl Write, answers: &[Value]) -> io::Result<()> {
    for answer in answers {
        serde_json::to_writer(&mut *output, answer)?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

fn answer_line(line: &Line, answer: &(impl Fn(&Value) -> Value + Sync)) -> Value {
    match line {
        Line::Bad(error) => failure(None, error),
        Line::Value(value) => panic::catch_unwind(AssertUnwindSafe(|| answer(value))).unwrap_or_else(|_| {
            failure(value.get("id"), "this line could not be processed; please report it")
        }),
    }
}

/// The answer for a line that failed.
pub(super) fn failure(id: Option<&Value>, error: &str) -> Value {
    json!({ "id": id, "ok": false, "error": error })
}

fn read_chunk(input: &mut impl BufRead) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    while lines.len() < CHUNK {
        match read_line(input)? {
            None => break,
            Some(line) => lines.push(line),
        }
    }
    Ok(lines)
}

/// The next line that is not empty; `None` at the end.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    while bytes.iter().all(u8::is_ascii_whitespace) {
        bytes.clear();
        let read = io::Read::take(&mut *input, MAX_LINE).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == MAX_LINE && bytes.last() != Some(&b'\n') {
            skip_line(input)?;
            return Ok(Some(Line::Bad(format!("the line is longer than {MAX_LINE} bytes"))));
        }
    }
    Ok(Some(match serde_json::from_slice(&bytes) {
        Ok(value) => Line::Value(value),
        Err(error) => Line::Bad(format!("the line is not JSON: {error}")),
    }))
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_one_answer() {
        let mut input = &b"{\"id\":1}\n\nnot json\n{\"id\":2}"[..];
        let lines = read_chunk(&mut input).unwrap();
        let kinds: Vec<bool> = lines.iter().map(|line| matches!(line, Line::Value(_))).collect();
        assert_eq!(kinds, [true, false, true]);
    }
}
