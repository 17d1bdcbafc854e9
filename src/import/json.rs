//! A pull reader over JSON text that holds one entry at a time.
//!
//! [`Walker`] steps through objects and arrays, skips what nobody asked for and copies single entries out as raw bytes,
//! whose offsets it knows; serde then reads those. So a report of hundreds of megabytes costs the memory of its largest
//! entry, one array, JSON lines and a lone object are the same to a decoder, and depth, size and truncation are caught
//! in one place. What is skipped is checked for its brackets, strings and literals only.

mod lenient;
mod shape;

use std::io::Read;

pub use self::lenient::parse;
pub use self::shape::Shape;

use serde::Deserialize;

use super::limits::{Kind, Limits, Refusal};
use super::record::Span;
use super::source::Text;

const BUFFER: usize = 256 << 10;

/// Longest key that is still a key of a report.
const KEY_MAX: usize = 1_000;

/// Longest number or literal: the moduli of keys are numbers of thousands of digits.
const SCALAR_MAX: usize = 5_000;

#[derive(Debug)]
pub struct Walker<R> {
    input: R,
    buf: Vec<u8>,
    pos: usize,
    end: usize,
    /// Offset of `buf[0]` in the text.
    base: u64,
    /// Line ends before `buf[0]`.
    lines: u64,
    depth: usize,
    limits: Limits,
    /// Where the running capture began in `buf`.
    mark: Option<usize>,
    captured: Vec<u8>,
    capture_max: usize,
    /// Whether what was passed over holds what serde would refuse: half a character, a number beyond all numbers.
    odd: bool,
}

impl<'s> Walker<Box<dyn Read + 's>> {
    /// Over a report's text.
    #[must_use]
    pub fn open(text: Text<'s>, limits: &Limits) -> Self {
        Self::new(text.reader, text.base, limits)
    }
}

impl<R: Read> Walker<R> {
    /// `base`: the offset that the first byte counts as.
    pub fn new(input: R, base: u64, limits: &Limits) -> Self {
        Self {
            input,
            buf: vec![0; BUFFER],
            pos: 0,
            end: 0,
            base,
            lines: 0,
            depth: 0,
            limits: *limits,
            mark: None,
            captured: Vec::new(),
            capture_max: 0,
            odd: false,
        }
    }

    /// Reads a value that was just captured.
    pub fn read<'r, T: Deserialize<'r>>(&self, raw: &'r [u8], span: Span) -> Result<T, Refusal> {
        parse(raw).map_err(|e| self.inside(span, raw, &e))
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.base + self.pos as u64
    }

    fn line(&self) -> u64 {
        1 + self.lines + count_lines(&self.buf[..self.pos])
    }

    /// A refusal at the current place.
    pub fn refuse(&self, kind: Kind, reason: impl Into<String>) -> Refusal {
        Refusal::new(kind, reason).at(self.line(), self.offset())
    }

    fn malformed(&self, reason: impl Into<String>) -> Refusal {
        self.refuse(Kind::Malformed, reason)
    }

    fn cut_short(&self) -> Refusal {
        self.malformed("the report ends in the middle of a value; it was cut short, export it again")
    }

    /// Reads more; false at the end of the text. All of `buf` must have been consumed.
    fn fill(&mut self) -> Result<bool, Refusal> {
        if let Some(mark) = self.mark {
            self.captured.extend_from_slice(&self.buf[mark..self.end]);
            self.mark = Some(0);
            if self.captured.len() > self.capture_max {
                return Err(self.too_large());
            }
        }
        self.lines += count_lines(&self.buf[..self.end]);
        self.base += self.end as u64;
        self.pos = 0;
        self.end = 0;
        loop {
            match self.input.read(&mut self.buf) {
                Ok(n) => {
                    self.end = n;
                    return Ok(n > 0);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => {
                    return Err(super::source::refusal_in(&e).map_or_else(
                        || self.refuse(Kind::Machinery, format!("the report could not be read: {e}")),
                        |r| r.at(self.line(), self.offset()),
                    ));
                }
            }
        }
    }

    fn too_large(&self) -> Refusal {
        self.refuse(
            Kind::Limit,
            format!(
                "an entry is larger than {}; split the report or leave bodies out of it",
                size(self.capture_max as u64)
            ),
        )
    }

    /// The next byte that is not white space, without taking it; none at the end of the text.
    pub fn peek(&mut self) -> Result<Option<u8>, Refusal> {
        loop {
            while let Some(&b) = self.buf[self.pos..self.end].first() {
                if !matches!(b, b' ' | b'\t' | b'\n' | b'\r') {
                    return Ok(Some(b));
                }
                self.pos += 1;
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn need(&mut self) -> Result<u8, Refusal> {
        self.peek()?.ok_or_else(|| self.cut_short())
    }

    fn deeper(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            let depth = self.limits.depth;
            return Err(self.refuse(
                Kind::Limit,
                format!("nested deeper than {depth} levels; this is no scanner's report"),
            ));
        }
        Ok(())
    }

    /// Takes the opening bracket of an object or array. Returns whether it was there; another value is left alone.
    pub fn enter(&mut self, open: u8) -> Result<bool, Refusal> {
        if self.need()? != open {
            return Ok(false);
        }
        self.pos += 1;
        self.deeper()?;
        Ok(true)
    }

    /// Within an object: the next key; none where the object ends. `first` starts as true.
    pub fn next_key(&mut self, first: &mut bool) -> Result<Option<String>, Refusal> {
        if !self.step(first, b'}')? {
            return Ok(None);
        }
        if self.need()? != b'"' {
            return Err(self.malformed("expected a key in quotes"));
        }
        let (raw, span) = self.capture_into(Vec::new(), KEY_MAX)?;
        let key = serde_json::from_slice(&raw).map_err(|e| self.inside(span, &raw, &e))?;
        if self.need()? != b':' {
            return Err(self.malformed("expected a colon after a key"));
        }
        self.pos += 1;
        Ok(Some(key))
    }

    /// Within an array: whether another element follows. `first` starts as true.
    pub fn next_item(&mut self, first: &mut bool) -> Result<bool, Refusal> {
        self.step(first, b']')
    }

    fn step(&mut self, first: &mut bool, close: u8) -> Result<bool, Refusal> {
        let b = self.need()?;
        if b == close {
            self.pos += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if *first {
            *first = false;
        } else if b == b',' {
            self.pos += 1;
            self.need()?;
        } else {
            return Err(self.malformed("expected a comma"));
        }
        Ok(true)
    }

    /// Passes over one value of any kind.
    pub fn skip(&mut self) -> Result<(), Refusal> {
        self.pass().map(drop)
    }

    /// Passes over one value of any kind. Returns whether objects stand inside it.
    pub fn pass(&mut self) -> Result<bool, Refusal> {
        let floor = self.depth;
        let mut open: Vec<u8> = Vec::new();
        let mut holds = false;
        loop {
            match self.need()? {
                b'"' => self.string()?,
                b @ (b'{' | b'[') => {
                    self.pos += 1;
                    self.deeper()?;
                    holds |= b == b'{' && !open.is_empty();
                    open.push(b);
                    continue;
                }
                b @ (b'}' | b']') => {
                    let wanted = if b == b'}' { b'{' } else { b'[' };
                    if open.pop() != Some(wanted) {
                        return Err(self.malformed(format!("unexpected `{}`", b as char)));
                    }
                    self.pos += 1;
                    self.depth -= 1;
                }
                b',' | b':' if !open.is_empty() => {
                    self.pos += 1;
                    continue;
                }
                _ => self.scalar()?,
            }
            if open.is_empty() {
                debug_assert_eq!(self.depth, floor);
                return Ok(holds);
            }
        }
    }

    fn string(&mut self) -> Result<(), Refusal> {
        self.pos += 1;
        loop {
            match memchr::memchr2(b'"', b'\\', &self.buf[self.pos..self.end]) {
                None => {
                    self.pos = self.end;
                    if !self.fill()? {
                        return Err(self.cut_short());
                    }
                }
                Some(at) => {
                    let quote = self.buf[self.pos + at] == b'"';
                    self.pos += at + 1;
                    if quote {
                        return Ok(());
                    }
                    if self.pos == self.end && !self.fill()? {
                        return Err(self.cut_short());
                    }
                    // Only surrogates begin so; whether they are whole is looked at where it matters.
                    let code = self.buf[self.pos..self.end].get(..2).unwrap_or(b"ud");
                    self.odd |= code[0] == b'u' && code[1].eq_ignore_ascii_case(&b'd');
                    self.pos += 1;
                }
            }
        }
    }

    fn scalar(&mut self) -> Result<(), Refusal> {
        let mut word: Vec<u8> = Vec::new();
        loop {
            while let Some(&b) = self.buf[self.pos..self.end].first() {
                if !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
                    return self.checked(&word, b);
                }
                if word.len() == SCALAR_MAX {
                    return Err(self.refuse(Kind::Limit, "a number of thousands of digits"));
                }
                word.push(b);
                self.pos += 1;
            }
            if !self.fill()? {
                return self.checked(&word, b' ');
            }
        }
    }

    /// A scalar holds no line end, so that its line can be counted after it, and only where it is needed.
    fn checked(&mut self, word: &[u8], after: u8) -> Result<(), Refusal> {
        self.odd |= lenient::is_beyond(word);
        check_scalar(word, after).map_err(|r| r.at(self.line(), self.offset() - word.len() as u64))
    }

    /// Copies one value out of the text, at most the limit of one entry. The bytes go into `raw`, replacing it.
    pub fn capture(&mut self, raw: &mut Vec<u8>) -> Result<Span, Refusal> {
        let (out, span) = self.capture_into(std::mem::take(raw), self.limits.record)?;
        *raw = out;
        Ok(span)
    }

    /// Copies a whole table out of the text, out of a budget all tables share.
    pub fn capture_table(&mut self, raw: &mut Vec<u8>, budget: &mut usize) -> Result<Span, Refusal> {
        let (out, span) = self.capture_into(std::mem::take(raw), *budget)?;
        *raw = out;
        self.spend(budget, raw.len())?;
        Ok(span)
    }

    /// Takes from a budget.
    pub fn spend(&self, budget: &mut usize, n: usize) -> Result<(), Refusal> {
        *budget = budget.checked_sub(n).ok_or_else(|| {
            self.refuse(
                Kind::Limit,
                format!(
                    "the report's tables are larger than {}",
                    size(self.limits.table_bytes as u64)
                ),
            )
        })?;
        Ok(())
    }

    fn capture_into(&mut self, mut out: Vec<u8>, max: usize) -> Result<(Vec<u8>, Span), Refusal> {
        self.need()?;
        out.clear();
        self.captured = out;
        self.capture_max = max;
        self.mark = Some(self.pos);
        let offset = self.offset();
        self.odd = false;
        let outcome = self.skip();
        let mark = self.mark.take().unwrap_or(self.pos);
        outcome?;
        self.captured.extend_from_slice(&self.buf[mark..self.pos]);
        if self.captured.len() > max {
            return Err(self.too_large());
        }
        let mut out = std::mem::take(&mut self.captured);
        if self.odd {
            lenient::mend(&mut out);
        }
        let length = out.len() as u64;
        Ok((out, Span { offset, length }))
    }

    /// Places an error of serde's inside a value that was just captured.
    pub fn inside(&self, span: Span, raw: &[u8], error: &serde_json::Error) -> Refusal {
        let first_line = self.line().saturating_sub(count_lines(raw));
        let row = (error.line() as u64).max(1);
        let start = raw
            .split_inclusive(|&b| b == b'\n')
            .take(row as usize - 1)
            .map(<[u8]>::len)
            .sum::<usize>();
        let text = error.to_string();
        let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
        let reason = if std::str::from_utf8(raw).is_err() {
            "not valid UTF-8; export the report again as UTF-8".to_owned()
        } else {
            format!("not valid JSON: {}", super::limits::clip_line(reason, 160))
        };
        let column = (error.column() as u64).saturating_sub(1);
        Refusal::new(Kind::Malformed, reason).at(first_line + row - 1, span.offset + start as u64 + column)
    }

    /// After the root value: only white space may follow.
    pub fn finish(&mut self) -> Result<(), Refusal> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the end of the report")),
        }
    }
}

fn check_scalar(word: &[u8], after: u8) -> Result<(), Refusal> {
    let numeric = |w: &[u8]| {
        w.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-')
            && w.iter()
                .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'))
    };
    if matches!(word, b"true" | b"false" | b"null") || numeric(word) {
        return Ok(());
    }
    let shown = if word.is_empty() {
        if after.is_ascii_graphic() {
            (after as char).to_string()
        } else {
            format!("byte 0x{after:02x}")
        }
    } else {
        String::from_utf8_lossy(&word[..word.len().min(40)]).into_owned()
    };
    Err(Refusal::new(Kind::Malformed, format!("`{shown}` is not JSON")))
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Bytes as people read them.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 => format!("{} KiB", b >> 10),
        b => format!("{b} bytes"),
    }
}

#[cfg(test)]
mod tests;
