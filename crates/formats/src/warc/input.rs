//! The unpacked bytes of an archive, packed or not, with a way back after damage.

use std::{
    cell::Cell,
    io::{self, BufRead, BufReader, Read},
    rc::Rc,
};

use flate2::bufread::GzDecoder;

const BUFFER: usize = 64 << 10;
/// How gzip members begin (RFC 1952, §2.3.1), with deflate as the only method.
const MAGIC: [u8; 3] = [0x1F, 0x8B, 8];

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Bytes are in the buffer.
    Bytes,
    /// A gzip member ended; another may follow.
    MemberEnd,
    /// Nothing follows.
    End,
}

/// Why bytes could not be had.
#[derive(Debug)]
pub(super) enum InputError {
    Io(io::Error),
    Gzip(io::Error),
}

pub(super) struct Input<R> {
    source: Source<BufReader<Counted<R>>>,
    /// Unpacked bytes; those before `start` are used.
    buffer: Vec<u8>,
    start: usize,
    /// Unpacked bytes used so far.
    position: u64,
    consumed: Rc<Cell<u64>>,
    /// How many bytes were put back so far.
    put_back: u64,
}

enum Source<B> {
    Unknown(B),
    Plain(B),
    Member(Box<GzDecoder<B>>),
    Between(B),
    Gone,
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R) -> Self {
        let consumed = Rc::new(Cell::new(0));
        let counted = Counted { input, count: Rc::clone(&consumed), failed: false };
        Self {
            source: Source::Unknown(BufReader::with_capacity(BUFFER, counted)),
            buffer: Vec::new(),
            start: 0,
            position: 0,
            consumed,
            put_back: 0,
        }
    }

    pub(super) fn consumed(&self) -> u64 {
        self.consumed.get()
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// The unpacked bytes that are at hand.
    pub(super) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    pub(super) fn take(&mut self, count: usize) {
        self.start += count;
        self.position += count as u64;
    }

    /// Gives bytes back that were taken last, and says whether that was possible: it is not where the sum of
    /// what was given back is out of proportion, so that an archive of lies costs no more than linear time.
    pub(super) fn give_back(&mut self, bytes: &[u8]) -> bool {
        let total = self.put_back + bytes.len() as u64;
        if total > 4 * self.position.max(16 << 20) {
            return false;
        }
        self.put_back = total;
        let mut buffer = Vec::with_capacity(bytes.len() + self.buffered().len());
        buffer.extend_from_slice(bytes);
        buffer.extend_from_slice(self.buffered());
        self.buffer = buffer;
        self.start = 0;
        self.position -= bytes.len() as u64;
        true
    }

    /// Sees to it that there are unpacked bytes at hand.
    pub(super) fn fill(&mut self) -> Result<Next, InputError> {
        if !self.buffered().is_empty() {
            return Ok(Next::Bytes);
        }
        self.more()
    }

    /// Adds to the bytes at hand.
    pub(super) fn more(&mut self) -> Result<Next, InputError> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        loop {
            match std::mem::replace(&mut self.source, Source::Gone) {
                Source::Gone => return Ok(Next::End),
                Source::Unknown(mut input) => {
                    let head = input.fill_buf().map_err(InputError::Io)?;
                    let packed = head.starts_with(&MAGIC[..head.len().clamp(1, 2)]);
                    self.source = if packed { Source::Between(input) } else { Source::Plain(input) };
                }
                Source::Plain(mut input) => {
                    let bytes = input.fill_buf().map_err(InputError::Io)?;
                    let count = bytes.len();
                    if count == 0 {
                        return Ok(Next::End);
                    }
                    self.buffer.extend_from_slice(bytes);
                    input.consume(count);
                    self.source = Source::Plain(input);
                    return Ok(Next::Bytes);
                }
                Source::Between(mut input) => {
                    if !seek_member(&mut input).map_err(InputError::Io)? {
                        return Ok(Next::End);
                    }
                    self.source = Source::Member(Box::new(GzDecoder::new(input)));
                }
                Source::Member(mut decoder) => {
                    let old = self.buffer.len();
                    self.buffer.resize(old + BUFFER, 0);
                    let read = decoder.read(&mut self.buffer[old..]);
                    self.buffer.truncate(old + read.as_ref().map_or(0, |count| *count));
                    match read {
                        Ok(0) => {
                            self.source = Source::Between(decoder.into_inner());
                            return Ok(Next::MemberEnd);
                        }
                        Ok(_) => {
                            self.source = Source::Member(decoder);
                            return Ok(Next::Bytes);
                        }
                        Err(error) if decoder.get_ref().get_ref().failed => return Err(InputError::Io(error)),
                        Err(error) => {
                            self.source = Source::Between(decoder.into_inner());
                            return Err(InputError::Gzip(error));
                        }
                    }
                }
            }
        }
    }

    /// Whether the archive is packed in members.
    pub(super) const fn is_packed(&self) -> bool {
        matches!(self.source, Source::Member(_) | Source::Between(_))
    }
}

/// Goes on to the next bytes that look like the start of a gzip member; `false` at the end. Between members
/// there may be padding, and after damage anything.
fn seek_member(input: &mut impl BufRead) -> io::Result<bool> {
    let mut matched = 0;
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        // Within one buffer the whole magic can be looked for; at its end it may be cut.
        if matched == 0 {
            match bytes.windows(MAGIC.len()).position(|window| window == MAGIC) {
                Some(0) => return Ok(true),
                Some(at) => {
                    input.consume(at);
                    return Ok(true);
                }
                None => {}
            }
        }
        matched = 0;
        let count = bytes.len();
        input.consume(count);
    }
}

/// Counts what is read, and remembers whether reading itself failed.
struct Counted<R> {
    input: R,
    count: Rc<Cell<u64>>,
    failed: bool,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.input.read(buffer) {
                Ok(count) => {
                    self.count.set(self.count.get() + count as u64);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
    }
}
