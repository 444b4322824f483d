//! Splits Rust source into comments and string literals.

use std::collections::BTreeSet;

use crate::check::Passage;

/// One token that matters: its first line and its text.
enum Token {
    LineComment(usize, String),
    BlockComment(usize, String),
    Literal(usize, String),
}

/// Comments that follow each other as one passage, string literals (before the tests) one each.
pub(crate) fn passages(source: &str, tests_begin: usize) -> Vec<Passage> {
    let mut all = Vec::new();
    let mut comment = Passage::default();
    for token in tokens(source) {
        match token {
            Token::LineComment(number, text) => {
                let follows = comment.lines.last().is_some_and(|(last, _)| last + 1 == number);
                if !follows {
                    all.push(std::mem::take(&mut comment));
                }
                let text = text.trim_start_matches(['/', '!']).trim();
                comment.lines.push((number, text.to_owned()));
            }
            Token::BlockComment(number, text) => {
                let lines = text.lines().enumerate().map(|(at, line)| (number + at, line.trim().to_owned()));
                all.push(Passage { lines: lines.collect(), is_message: false });
            }
            Token::Literal(number, text) if number < tests_begin => {
                // A single word is a name or data.
                if text.trim().contains(' ') {
                    all.push(Passage { lines: vec![(number, text)], is_message: true });
                }
            }
            Token::Literal(..) => {}
        }
    }
    all.push(comment);
    all.into_iter().map(without_blocks).collect()
}

/// A comment without its code blocks.
fn without_blocks(passage: Passage) -> Passage {
    let mut in_code = false;
    let keep = |(number, line): (usize, String)| {
        let is_fence = line.starts_with("```");
        in_code ^= is_fence;
        (!in_code && !is_fence).then_some((number, line))
    };
    Passage { lines: passage.lines.into_iter().filter_map(keep).collect(), is_message: passage.is_message }
}

/// Lines of a Rust file that are nothing but a comment.
pub(crate) fn comment_lines(source: &str) -> Vec<(usize, String)> {
    let numbers: BTreeSet<usize> = tokens(source)
        .into_iter()
        .filter_map(|token| if let Token::LineComment(number, _) = token { Some(number) } else { None })
        .collect();
    let lines = source.lines().enumerate().map(|(at, line)| (at + 1, line.to_owned()));
    lines.filter(|(number, line)| numbers.contains(number) && line.trim_start().starts_with("//")).collect()
}

/// Comments and string literals of Rust source, in order.
fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { text: source.chars().collect(), at: 0, line: 1 };
    let mut tokens = Vec::new();
    while let Some(c) = reader.peek(0) {
        let line = reader.line;
        let after_name = reader.at > 0 && is_name(reader.text[reader.at - 1]);
        match (c, reader.peek(1)) {
            ('/', Some('/')) => tokens.push(Token::LineComment(line, reader.until_line_end())),
            ('/', Some('*')) => tokens.push(Token::BlockComment(line, reader.block_comment())),
            ('"', _) => tokens.push(Token::Literal(line, reader.string())),
            ('r', Some('"' | '#')) if !after_name && reader.raw_hashes(1).is_some() => {
                tokens.push(Token::Literal(line, reader.raw_string(1)));
            }
            ('b' | 'c', Some('r')) if !after_name && reader.raw_hashes(2).is_some() => {
                tokens.push(Token::Literal(line, reader.raw_string(2)));
            }
            ('\'', _) => reader.skip_char_or_lifetime(),
            _ => {
                reader.next();
            }
        }
    }
    tokens
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A position in Rust source.
struct Reader {
    text: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn until_line_end(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek(0).filter(|c| *c != '\n') {
            text.push(c);
            self.next();
        }
        text
    }

    fn block_comment(&mut self) -> String {
        let mut text = String::new();
        let mut depth = 0;
        while let Some(c) = self.next() {
            match (c, self.peek(0)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    text.push(c);
                    continue;
                }
            }
            self.next();
            if depth == 0 {
                break;
            }
        }
        text
    }

    /// A string literal at its opening quote, with escapes as they are written.
    fn string(&mut self) -> String {
        self.next();
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => {
                    self.next();
                    text.push(' ');
                }
                _ => text.push(c),
            }
        }
        text
    }

    /// The number of `#` of a raw string whose prefix has this length, if one begins here.
    fn raw_hashes(&self, prefix: usize) -> Option<usize> {
        let hashes = self.text.iter().skip(self.at + prefix).take_while(|c| **c == '#').count();
        (self.peek(prefix + hashes) == Some('"')).then_some(hashes)
    }

    fn raw_string(&mut self, prefix: usize) -> String {
        let hashes = self.raw_hashes(prefix).unwrap_or_default();
        for _ in 0..=prefix + hashes {
            self.next();
        }
        let mut text = String::new();
        while let Some(c) = self.next() {
            if c == '"' && (0..hashes).all(|at| self.peek(at) == Some('#')) {
                for _ in 0..hashes {
                    self.next();
                }
                break;
            }
            text.push(c);
        }
        text
    }

    fn skip_char_or_lifetime(&mut self) {
        self.next();
        if self.peek(0) == Some('\\') {
            self.next();
            self.next();
            while self.peek(0).is_some_and(|c| c != '\'') {
                self.next();
            }
            self.next();
        } else if self.peek(1) == Some('\'') {
            self.next();
            self.next();
        }
    }
}
