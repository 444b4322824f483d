//! The unpacked bytes of an archive, packed or not, with recovery after damage.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

const BUFFER: usize = 64 << 10;
/// How gzip members begin (RFC 1952, §2.3.1), with deflate as the only method.
const MAGIC: &[u8] = &[0x1F, 0x8B, 8];
/// Length of a member's fixed head.
const HEAD: usize = 10;
/// Maximum number of empty members in a row; after more, reading ends.
const MAX_EMPTY_MEMBERS: u32 = 1_000;
/// A member that unpacks to more bytes than this, and to more than [`MAX_RATIO`] times its size, is
/// skipped. Pages usually pack to a tenth of their size.
const MAX_UNPACKED: u64 = 64 << 20;
const MAX_RATIO: u64 = 200;

/// What follows in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Bytes are available.
    Bytes,
    /// A gzip member ended; another may follow.
    MemberEnd,
    /// Nothing follows.
    End,
}

/// Why bytes could not be read. After `Gzip` reading may continue.
#[derive(Debug)]
pub(super) enum InputError {
    Io(io::Error),
    Gzip(io::Error),
}

pub(super) struct Input<R> {
    source: Source<R>,
    /// Unpacked bytes; those before `start` are used.
    buffer: Vec<u8>,
    start: usize,
    /// Unpacked bytes used so far.
    position: u64,
    /// How many bytes were returned so far.
    given_back: u64,
    /// The member that is being unpacked.
    member: Member,
    /// How many members before it were empty.
    empty_members: u32,
}

/// What a gzip member has cost so far.
struct Member {
    /// Bytes consumed before it.
    start: u64,
    unpacked: u64,
}

enum Source<R> {
    Unknown(Raw<R>),
    Plain(Raw<R>),
    Member(Box<GzDecoder<Raw<R>>>),
    Between {
        raw: Raw<R>,
        /// Damage was reported already, so that skipped bytes are not reported again.
        damaged: bool,
    },
    Gone {
        consumed: u64,
    },
}

impl<R: Read> Input<R> {
    pub(super) const fn new(input: R) -> Self {
        let raw =
            Raw { input, buffer: Vec::new(), start: 0, consumed: 0, member: 0, rewound: 0, failed: false };
        Self {
            source: Source::Unknown(raw),
            buffer: Vec::new(),
            start: 0,
            position: 0,
            given_back: 0,
            member: Member { start: 0, unpacked: 0 },
            empty_members: 0,
        }
    }

    /// Bytes taken from the input, packed as it is.
    pub(super) fn consumed(&self) -> u64 {
        match &self.source {
            Source::Unknown(raw) | Source::Plain(raw) | Source::Between { raw, .. } => raw.consumed,
            Source::Member(decoder) => decoder.get_ref().consumed,
            Source::Gone { consumed } => *consumed,
        }
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// The unpacked bytes that are available.
    pub(super) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    pub(super) fn take(&mut self, count: usize) {
        self.start += count;
        self.position += count as u64;
    }

    /// Returns bytes that were taken last, and tells whether that was possible: not if the sum of
    /// all returned bytes is out of proportion, so that a hostile archive costs no more than linear
    /// time.
    pub(super) fn give_back(&mut self, bytes: &[u8]) -> bool {
        let total = self.given_back + bytes.len() as u64;
        if total > 4 * self.position.max(16 << 20) {
            return false;
        }
        self.given_back = total;
        let mut buffer = Vec::with_capacity(bytes.len() + self.buffered().len());
        buffer.extend_from_slice(bytes);
        buffer.extend_from_slice(self.buffered());
        self.buffer = buffer;
        self.start = 0;
        self.position -= bytes.len() as u64;
        true
    }

    /// Makes unpacked bytes available.
    pub(super) fn fill(&mut self) -> Result<Next, InputError> {
        if self.buffered().is_empty() { self.more() } else { Ok(Next::Bytes) }
    }

    /// Adds to the available bytes.
    pub(super) fn more(&mut self) -> Result<Next, InputError> {
        self.buffer.drain(..self.start);
        self.start = 0;
        loop {
            let consumed = self.consumed();
            match std::mem::replace(&mut self.source, Source::Gone { consumed }) {
                Source::Gone { .. } => return Ok(Next::End),
                Source::Unknown(mut raw) => {
                    let packed = raw.at_least(2).map_err(InputError::Io)?.starts_with(&MAGIC[..2]);
                    self.source =
                        if packed { Source::Between { raw, damaged: false } } else { Source::Plain(raw) };
                }
                Source::Plain(mut raw) => {
                    let bytes = raw.fill_buf().map_err(InputError::Io)?;
                    self.buffer.extend_from_slice(bytes);
                    let count = bytes.len();
                    raw.consume(count);
                    self.source = Source::Plain(raw);
                    return Ok(if count == 0 { Next::End } else { Next::Bytes });
                }
                Source::Between { mut raw, damaged } => {
                    if raw.fill_buf().map_err(InputError::Io)?.is_empty() {
                        self.source = Source::Between { raw, damaged: true };
                        return Ok(Next::End);
                    }
                    let garbage = raw.seek_member(damaged).map_err(InputError::Io)?;
                    if garbage && !damaged {
                        self.source = Source::Between { raw, damaged: true };
                        let what = "bytes between its members that are not a member";
                        return Err(InputError::Gzip(io::Error::new(io::ErrorKind::InvalidData, what)));
                    }
                    if raw.fill_buf().map_err(InputError::Io)?.is_empty() {
                        self.source = Source::Between { raw, damaged };
                    } else {
                        raw.member = raw.start;
                        self.member = Member { start: raw.consumed, unpacked: 0 };
                        self.source = Source::Member(Box::new(GzDecoder::new(raw)));
                    }
                }
                Source::Member(decoder) => return self.unpack(decoder),
            }
        }
    }

    fn unpack(&mut self, mut decoder: Box<GzDecoder<Raw<R>>>) -> Result<Next, InputError> {
        let old = self.buffer.len();
        self.buffer.resize(old + BUFFER, 0);
        let read = decoder.read(&mut self.buffer[old..]);
        self.buffer.truncate(old + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => {
                self.empty_members = if self.member.unpacked > 0 { 0 } else { self.empty_members + 1 };
                if self.empty_members > MAX_EMPTY_MEMBERS {
                    let what = format!("more than {MAX_EMPTY_MEMBERS} gzip members in a row are empty");
                    return Err(InputError::Io(io::Error::new(io::ErrorKind::InvalidData, what)));
                }
                self.source = Source::Between { raw: decoder.into_inner(), damaged: false };
                Ok(Next::MemberEnd)
            }
            Ok(count) => {
                self.member.unpacked += count as u64;
                let packed = decoder.get_ref().consumed.saturating_sub(self.member.start);
                if self.member.unpacked > MAX_UNPACKED.max(packed.saturating_mul(MAX_RATIO)) {
                    // The next member is searched for after what was unpacked of this one.
                    self.source = Source::Between { raw: decoder.into_inner(), damaged: true };
                    let what = format!("a member unpacks to more than {MAX_RATIO} times its size");
                    return Err(InputError::Gzip(io::Error::new(io::ErrorKind::InvalidData, what)));
                }
                self.source = Source::Member(decoder);
                Ok(Next::Bytes)
            }
            Err(error) if decoder.get_ref().failed => Err(InputError::Io(error)),
            Err(error) => {
                let mut raw = decoder.into_inner();
                raw.rewind();
                self.source = Source::Between { raw, damaged: true };
                Err(InputError::Gzip(error))
            }
        }
    }
}

/// The input as it is, with a look ahead.
struct Raw<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    consumed: u64,
    /// Where the member that is being unpacked begins in the buffer, or 0 if it began before.
    member: usize,
    /// How many bytes were read again so far.
    rewound: u64,
    /// Whether reading itself failed, rather than unpacking.
    failed: bool,
}

impl<R: Read> Raw<R> {
    /// At least this many bytes; fewer only at the end.
    fn at_least(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.start < count {
            self.buffer.drain(..self.start);
            self.member = self.member.saturating_sub(self.start);
            self.start = 0;
            let old = self.buffer.len();
            self.buffer.resize(old + BUFFER, 0);
            let read = self.input.read(&mut self.buffer[old..]);
            self.buffer.truncate(old + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        Ok(&self.buffer[self.start..])
    }

    /// Goes back to just after the start of a damaged member, because unpacking may have read past
    /// the heads of intact ones. Goes back as far as the buffer reaches, and not if the sum is out
    /// of proportion.
    fn rewind(&mut self) {
        let back = self.start.saturating_sub(self.member + 1);
        let total = self.rewound + back as u64;
        if total <= 4 * self.consumed.max(16 << 20) {
            self.rewound = total;
            self.start -= back;
            self.consumed -= back as u64;
        }
    }

    /// Advances to the next bytes that begin a gzip member, or to the end, and tells whether bytes
    /// other than padding were skipped. After damage, when any bytes may follow, the whole head is
    /// checked.
    fn seek_member(&mut self, damaged: bool) -> io::Result<bool> {
        let mut garbage = false;
        loop {
            let strict = damaged || garbage;
            let bytes = self.at_least(HEAD)?;
            if bytes.is_empty() {
                return Ok(garbage);
            }
            let last = bytes.len().saturating_sub(HEAD - 1).max(1);
            let found = (0..last).find(|&at| begins_member(&bytes[at..], strict || at > 0));
            let skipped = &bytes[..found.unwrap_or(last)];
            garbage |= skipped.iter().any(|&byte| byte != 0);
            let count = skipped.len();
            self.consume(count);
            if found.is_some() {
                return Ok(garbage);
            }
        }
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Raw<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.at_least(1)
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.consumed += count as u64;
    }
}

/// Strictly: no reserved flags, and the values of XFL and OS that RFC 1952 (§2.3.1) knows, so that
/// packed data is rarely taken for a member's head.
fn begins_member(bytes: &[u8], strict: bool) -> bool {
    let known = || match bytes.get(..HEAD) {
        Some(head) => head[3] & 0xE0 == 0 && matches!(head[8], 0 | 2 | 4) && matches!(head[9], 0..=13 | 255),
        None => false,
    };
    bytes.starts_with(MAGIC) && (!strict || known())
}
