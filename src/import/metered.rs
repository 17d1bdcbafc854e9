//! A buffered input that knows its lines and ends what swallows too much at once.
//!
//! Parsers of other crates gather one token, tag or row at a time without a cap of their own. They read through
//! [`Metered`]: whoever drives them calls [`Metered::settle`] between two items, and an item that takes more than the
//! cap in between ends with a refusal instead of memory.

use std::io::{self, BufRead, BufReader, Read};

use super::json::size;
use super::limits::{Kind, Limits, Refusal};

const BUFFER: usize = 256 << 10;

#[derive(Debug)]
pub struct Metered<R> {
    inner: BufReader<R>,
    /// Bytes since the last item.
    since: usize,
    max: usize,
    lines: u64,
}

impl<R: Read> Metered<R> {
    pub fn new(input: R, limits: &Limits) -> Self {
        Self {
            inner: BufReader::with_capacity(BUFFER, input),
            since: 0,
            max: limits.record,
            lines: 0,
        }
    }

    /// An item is complete.
    pub fn settle(&mut self) {
        self.since = 0;
    }

    /// The line that was reached, from 1.
    pub fn line(&self) -> u64 {
        self.lines + 1
    }

    /// What was read ahead and not taken yet; reads once where nothing was.
    pub fn ahead(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }
}

impl<R: Read> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > self.max {
            let reason = format!(
                "an entry is larger than {}; split the report or leave bodies out of it",
                size(self.max as u64)
            );
            return Err(io::Error::other(Refusal::new(Kind::Limit, reason)));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        let taken = &self.inner.buffer()[..n.min(self.inner.buffer().len())];
        self.lines += memchr::memchr_iter(b'\n', taken).count() as u64;
        self.since += n;
        self.inner.consume(n);
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ahead = self.fill_buf()?;
        let n = ahead.len().min(out.len());
        out[..n].copy_from_slice(&ahead[..n]);
        self.consume(n);
        Ok(n)
    }
}
