//! Reads one record after the other.

use std::io::{self, Read};

use courant_model::{Timestamp, parse_date};
use url::Url;

use super::{
    Problem, Response, WarcError, http,
    input::{Input, InputError, Next},
};

/// Maximum size of a record head in bytes.
const MAX_HEAD: usize = 256 << 10;
/// Default maximum size of a record and of its unpacked body, in bytes.
const MAX_BODY: u64 = 32 << 20;

/// The pages of an archive. Iterating gives `response` and `resource` records of `http` and `https`
/// targets; records of other types are skipped, and a record that cannot be read is an error among
/// the items. Nothing follows after an error of the input itself.
pub struct Reader<R> {
    input: Input<R>,
    limit: u64,
    /// The position of the next record is not known.
    lost: bool,
    /// What went wrong after a record that was complete; reported after that record.
    late: Option<Problem>,
    done: bool,
}

impl<R: Read> Reader<R> {
    /// A reader of an archive that is plain, or packed with one gzip member a record, or packed as
    /// a whole.
    pub const fn new(input: R) -> Self {
        Self { input: Input::new(input), limit: MAX_BODY, lost: false, late: None, done: false }
    }

    /// Sets the limit in bytes for a record and for its unpacked body, instead of 32 MiB.
    #[must_use]
    pub fn with_limit(self, bytes: u64) -> Self {
        Self { limit: bytes, ..self }
    }

    /// Bytes taken from the input so far (packed). It may be about 64 KiB ahead of the last record.
    pub fn consumed(&self) -> u64 {
        self.input.consumed()
    }

    /// Bytes unpacked so far.
    #[cfg(test)]
    pub(super) const fn unpacked(&self) -> u64 {
        self.input.position()
    }

    /// The next record: `None` at the end, `Some(None)` for a type that is skipped.
    #[expect(clippy::option_option, reason = "two different nothings")]
    fn record(&mut self) -> Result<Option<Option<Response>>, WarcError> {
        if let Some(problem) = self.late.take() {
            return Err(self.error_here(problem));
        }
        if !self.find_record()? {
            return Ok(None);
        }
        let position = self.input.position();
        let fail = |problem| WarcError { position, url: None, problem };
        let head = self.head().map_err(fail)?;
        let target = head.get("warc-target-uri").map(|uri| uri.trim_matches(['<', '>']).to_owned());
        let fail = |problem| WarcError { position, url: target.clone(), problem };
        let length = head.get("content-length").and_then(|length| length.parse().ok());
        let Some(length) = length else {
            self.lost = true;
            return Err(fail(Problem::Head("no Content-Length; expected a number of bytes".to_owned())));
        };
        let body = self.body(length).map_err(fail)?;
        interpret(&head, target.as_deref(), body, self.limit).map_err(fail).map(Some)
    }

    /// Goes to the start of the next record; `false` at the end.
    fn find_record(&mut self) -> Result<bool, WarcError> {
        if self.lost {
            let found = self.seek_record();
            return found.map_err(|problem| self.error_here(problem));
        }
        loop {
            match self.fill().map_err(|problem| self.error_here(problem))? {
                Next::End => return Ok(false),
                Next::MemberEnd => {}
                Next::Bytes => {
                    let bytes = self.input.buffered();
                    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                    let more = blank < bytes.len();
                    self.input.take(blank);
                    if more {
                        break;
                    }
                }
            }
        }
        while self.input.buffered().len() < 8 {
            if self.more().map_err(|problem| self.error_here(problem))? != Next::Bytes {
                break;
            }
        }
        if begins_record(self.input.buffered()) {
            return Ok(true);
        }
        let found =
            String::from_utf8_lossy(&self.input.buffered()[..self.input.buffered().len().min(16)]).into();
        self.lost = true;
        Err(self.error_here(Problem::NoRecord(found)))
    }

    /// Skips everything up to a line that begins a record; `false` at the end.
    fn seek_record(&mut self) -> Result<bool, Problem> {
        let mut line_start = true;
        loop {
            let bytes = self.input.buffered();
            let found = if line_start && begins_record(bytes) {
                Some(0)
            } else {
                find_record_line(bytes).map(|at| at + 1)
            };
            if let Some(at) = found {
                self.input.take(at);
                self.lost = false;
                return Ok(true);
            }
            // The start of a record may be cut at the end of the available bytes.
            let keep = bytes.len().min(7);
            let passed = bytes.len() - keep;
            if passed > 0 {
                line_start = bytes[passed - 1] == b'\n';
                self.input.take(passed);
            }
            match self.more()? {
                Next::Bytes => {}
                Next::MemberEnd => {
                    let rest = self.input.buffered().len();
                    self.input.take(rest);
                    line_start = true;
                }
                Next::End => {
                    self.lost = false;
                    return Ok(false);
                }
            }
        }
    }

    fn head(&mut self) -> Result<RecordHead, Problem> {
        let mut head = RecordHead(Vec::new());
        let mut size = 0;
        let mut first = true;
        loop {
            let line = self.line(MAX_HEAD - size)?;
            size += line.len();
            if !first && begins_record(&line) {
                // The head before was cut off; the line belongs to the next record.
                self.lost = !self.input.give_back(&line);
                return Err(Problem::Head("the head ends before its empty line".to_owned()));
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                return Ok(head);
            }
            if first {
                first = false;
            } else if text.starts_with([' ', '\t']) {
                if let Some((_, value)) = head.0.last_mut() {
                    value.push(' ');
                    value.push_str(text.trim());
                }
            } else if let Some((name, value)) = text.split_once(':') {
                head.0.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
    }

    /// One line with its line break.
    fn line(&mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        let mut looked = 0;
        loop {
            let bytes = self.input.buffered();
            if let Some(at) = bytes[looked..].iter().position(|&byte| byte == b'\n') {
                let line = bytes[..=looked + at].to_vec();
                self.input.take(line.len());
                return Ok(line);
            }
            looked = bytes.len();
            if looked > limit {
                self.lost = true;
                return Err(Problem::Head(format!("a head of more than {MAX_HEAD} bytes")));
            }
            match self.more()? {
                Next::Bytes => {}
                Next::MemberEnd => self.expect_no_record(looked)?,
                Next::End => {
                    self.input.take(looked);
                    return Err(Problem::Head("the archive ends within the head".to_owned()));
                }
            }
        }
    }

    /// A gzip member ended in the middle of a head, `cut` bytes from here. That is an error if the
    /// next one begins a record.
    fn expect_no_record(&mut self, cut: usize) -> Result<(), Problem> {
        while self.input.buffered().len() < cut + 8 && self.more()? == Next::Bytes {}
        if begins_record(&self.input.buffered()[cut..]) {
            self.input.take(cut);
            return Err(Problem::Head("the head ends before its empty line".to_owned()));
        }
        Ok(())
    }

    /// The body of a record, once it is certain that the next record begins after it.
    fn body(&mut self, length: u64) -> Result<Vec<u8>, Problem> {
        let keep = length <= self.limit;
        let mut body = Vec::new();
        let mut left = length;
        while left > 0 {
            match self.fill()? {
                Next::Bytes => {
                    let bytes = self.input.buffered();
                    let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    if keep {
                        body.extend_from_slice(&bytes[..count]);
                    }
                    self.input.take(count);
                    left -= count as u64;
                }
                Next::MemberEnd => {
                    // Members may be blocks of any size; but one that begins a record ends this
                    // one.
                    if self.fill()? == Next::Bytes && begins_record(self.input.buffered()) {
                        return Err(Problem::Truncated { found: length - left, wanted: length });
                    }
                }
                Next::End => {
                    let cut = Problem::Truncated { found: length - left, wanted: length };
                    return Err(self.swallowed(&body, length).unwrap_or(cut));
                }
            }
        }
        if !self.at_boundary()? {
            self.lost = true;
            let wrong = Problem::Head("no record begins at the end given by Content-Length".to_owned());
            return Err(self.swallowed(&body, length).unwrap_or(wrong));
        }
        if keep { Ok(body) } else { Err(Problem::TooLarge { limit: self.limit }) }
    }

    /// Whether a record can end here: at an empty line, a member's end, or the end of the archive.
    fn at_boundary(&mut self) -> Result<bool, Problem> {
        if self.fill()? != Next::Bytes {
            return Ok(true);
        }
        let bytes = self.input.buffered();
        let ends = matches!(bytes[0], b'\r' | b'\n') || begins_record(bytes);
        if ends {
            self.pass_end()?;
        }
        Ok(ends)
    }

    /// Skips the empty lines after a record. If its gzip member ends with them, the member's
    /// checksum is compared here: damaged data that can be unpacked is not a record. A member that
    /// is merely cut off here is accepted, because the record is before the cut.
    fn pass_end(&mut self) -> Result<(), Problem> {
        loop {
            match self.input.fill() {
                Ok(Next::Bytes) => {
                    let bytes = self.input.buffered();
                    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                    let more = blank < bytes.len();
                    self.input.take(blank);
                    if more {
                        return Ok(());
                    }
                }
                Ok(Next::MemberEnd | Next::End) => return Ok(()),
                Err(InputError::Gzip(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                    return Err(self.damaged(InputError::Gzip(error)));
                }
                Err(error) => {
                    self.late = Some(self.damaged(error));
                    return Ok(());
                }
            }
        }
    }

    /// If the length of a body is wrong and it contains the start of another record, goes back
    /// there.
    fn swallowed(&mut self, body: &[u8], wanted: u64) -> Option<Problem> {
        let at = find_record_line(body)? + 1;
        if !self.input.give_back(&body[at..]) {
            return None;
        }
        self.lost = false;
        Some(Problem::WrongLength { found: at as u64, wanted })
    }

    fn fill(&mut self) -> Result<Next, Problem> {
        self.input.fill().map_err(|error| self.damaged(error))
    }

    fn more(&mut self) -> Result<Next, Problem> {
        self.input.more().map_err(|error| self.damaged(error))
    }

    fn damaged(&mut self, error: InputError) -> Problem {
        match error {
            InputError::Io(error) => {
                self.done = true;
                Problem::Io(error)
            }
            InputError::Gzip(error) => {
                self.lost = true;
                let rest = self.input.buffered().len();
                self.input.take(rest);
                Problem::Gzip(error)
            }
        }
    }

    const fn error_here(&self, problem: Problem) -> WarcError {
        WarcError { position: self.input.position(), url: None, problem }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Response, WarcError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done || self.late.is_some() {
            match self.record() {
                Ok(Some(Some(response))) => return Some(Ok(response)),
                Ok(Some(None)) => {}
                Ok(None) => self.done = true,
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }
}

/// Named fields of a record, names in lower case.
struct RecordHead(Vec<(String, String)>);

impl RecordHead {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

fn begins_record(bytes: &[u8]) -> bool {
    bytes.starts_with(b"WARC/1.") || bytes.starts_with(b"WARC/0.")
}

/// The position of the line break before the start of a record.
fn find_record_line(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|&byte| byte == b'\n') {
        let at = from + at;
        if begins_record(&bytes[at + 1..]) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// The page in a record; `None` if the record is of another type.
fn interpret(
    head: &RecordHead,
    target: Option<&str>,
    body: Vec<u8>,
    limit: u64,
) -> Result<Option<Response>, Problem> {
    let kind = head.get("warc-type").unwrap_or_default();
    let is_response = kind.eq_ignore_ascii_case("response");
    if !is_response && !kind.eq_ignore_ascii_case("resource") {
        return Ok(None);
    }
    let target = target.ok_or_else(|| Problem::Head("no WARC-Target-URI".to_owned()))?;
    let url =
        Url::parse(target).map_err(|error| Problem::Head(format!("WARC-Target-URI {target:?}: {error}")))?;
    // The answer of a name server (`dns:`) or a file is not a page.
    if !matches!(url.scheme(), "http" | "https") {
        return Ok(None);
    }
    let date = date(head)?;
    if is_response {
        let http::Response { status, headers, body } = http::parse(body, limit)?;
        return Ok(Some(Response { url, date, status, headers, body }));
    }
    let headers = head.get("content-type").map(|kind| ("content-type".to_owned(), kind.to_owned()));
    Ok(Some(Response { url, date, status: 200, headers: headers.into_iter().collect(), body }))
}

fn date(head: &RecordHead) -> Result<Timestamp, Problem> {
    let text = head.get("warc-date").ok_or_else(|| Problem::Head("no WARC-Date".to_owned()))?;
    parse_date(text).ok_or_else(|| Problem::Head(format!("WARC-Date {text:?}; expected a date")))
}
