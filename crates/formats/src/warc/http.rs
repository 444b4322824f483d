//! HTTP/1 responses as crawlers store them, read leniently (RFC 9112).

use super::{Problem, coding};
use crate::decode::{Budget, packings};

/// Maximum size of an HTTP head in bytes; the rest is read as body.
const MAX_HEAD: usize = 256 << 10;
/// Maximum number of headers that are kept.
const MAX_HEADERS: usize = 1000;

pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The response, its body without transfer and content codings.
pub(super) fn parse(mut bytes: Vec<u8>, limit: u64) -> Result<Response, Problem> {
    let (head_end, body_start) = head_end(&bytes);
    let (status, mut headers) = head(&bytes[..head_end])?;
    bytes.drain(..body_start);
    let mut body = bytes;
    let values = |name: &'static str| {
        let headers = headers.iter().filter(move |(other, _)| other == name);
        headers.map(|(_, value)| value.as_str())
    };
    let codings = |name| {
        let names = values(name).flat_map(|value| value.split(',')).map(str::trim);
        names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"))
    };
    if codings("transfer-encoding").any(|coding| coding.eq_ignore_ascii_case("chunked")) {
        body = coding::without_chunks(body);
    }
    let packings = packings(values("transfer-encoding").chain(values("content-encoding")));
    match &packings[..] {
        [] => {
            for unknown in codings("content-encoding") {
                body = coding::plain(unknown, body)?;
            }
        }
        [only] => body = coding::undo(only, body, &mut Budget::new(limit, &|| None))?,
        _ => return Err(Problem::TooManyCodings(packings.len())),
    }
    let is_coded = codings("transfer-encoding").chain(codings("content-encoding")).next().is_some();
    if is_coded {
        let coded = ["transfer-encoding", "content-encoding", "content-length"];
        headers.retain(|(name, _)| !coded.contains(&name.as_str()));
    }
    Ok(Response { status, headers, body })
}

/// Where the head ends and where the body begins.
fn head_end(bytes: &[u8]) -> (usize, usize) {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().take(MAX_HEAD).position(|&byte| byte == b'\n') {
        let line = &bytes[from..from + at];
        if line.is_empty() || line == b"\r" {
            return (from, from + at + 1);
        }
        from += at + 1;
        if from > MAX_HEAD {
            return (from, from);
        }
    }
    (bytes.len(), bytes.len())
}

type Headers = Vec<(String, String)>;

fn head(bytes: &[u8]) -> Result<(u16, Headers), Problem> {
    let mut lines = bytes.split(|&byte| byte == b'\n').map(text);
    let first = lines.next().unwrap_or_default();
    let status = status(&first).ok_or_else(|| Problem::Http(first.chars().take(40).collect()))?;
    let mut headers = Headers::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':')
            && headers.len() < MAX_HEADERS
        {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Ok((status, headers))
}

/// `HTTP/1.1 200 OK`, with or without a reason.
fn status(line: &str) -> Option<u16> {
    let (version, rest) = line.trim().split_once(' ')?;
    let code = rest.trim_start().get(..3)?;
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    (version.get(..4)?.eq_ignore_ascii_case("http") && digits).then(|| code.parse().ok())?
}

/// UTF-8 if valid, else Latin-1, as browsers read header bytes.
fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    std::str::from_utf8(line)
        .map_or_else(|_| line.iter().map(|&byte| char::from(byte)).collect(), str::to_owned)
}
