//! A pull reader over XML text that holds one entry at a time.
//!
//! [`Reader`] steps through elements ([`Reader::child`]), passes over what nobody asked for ([`Reader::skip`]) and takes
//! single entries out as small trees ([`Reader::element`]) whose place in the text it knows. The parser is quick-xml's;
//! the caps are ours: depth, attributes, bytes and elements of one entry.
//!
//! There are no entities but XML's own five and characters by number. A document type declaration is passed over where
//! it only names one (nothing is ever fetched); one that declares something itself is refused. Formats whose tool
//! writes element declarations into every report may allow those ([`Reader::with_declarations`]); an entity never is.
//! Prefixes of names are dropped: no scanner uses two of them for the same name.

mod node;

use std::io::Read;

use quick_xml::errors::Error;
use quick_xml::events::{BytesStart, Event as Raw};

pub use self::node::Node;
use super::Out;
use super::limits::{Kind, Limits, Refusal, clip_line};
use super::metered::Metered;
use super::record::Span;
use super::source::{self, Text};

/// Most attributes of one element.
const ATTRIBUTES: usize = 256;

/// Longest name or number between an ampersand and its semicolon, in an attribute.
const REFERENCE: usize = 12;

/// Most elements of one entry that is held as a tree.
const NODES: usize = 50_000;

/// An element's opening tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Where it begins in the text.
    pub offset: u64,
}

impl Tag {
    /// An attribute that says something.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&str> {
        node::attribute(&self.attributes, name)
    }
}

#[derive(Debug)]
enum Event {
    Start(Tag),
    Text(String),
    End,
    Eof,
}

pub struct Reader<R: Read> {
    inner: quick_xml::Reader<Metered<R>>,
    buf: Vec<u8>,
    base: u64,
    depth: usize,
    limits: Limits,
    declarations: Declarations,
}

/// What a document type declaration may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declarations {
    Nothing,
    /// Elements and attributes, which change nothing that is read.
    Elements,
    /// Whatever: only names of elements are looked at.
    Anything,
}

impl<'s> Reader<Box<dyn Read + 's>> {
    #[must_use]
    pub fn open(text: Text<'s>, limits: &Limits) -> Self {
        Self::new(text.reader, text.base, limits)
    }
}

impl<R: Read> Reader<R> {
    /// `base`: the offset that the first byte counts as.
    pub fn new(input: R, base: u64, limits: &Limits) -> Self {
        let mut inner = quick_xml::Reader::from_reader(Metered::new(input, limits));
        let config = inner.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self {
            inner,
            buf: Vec::new(),
            base,
            depth: 0,
            limits: *limits,
            declarations: Declarations::Nothing,
        }
    }

    /// Takes element and attribute declarations (never entities) as something to pass over.
    #[must_use]
    pub fn with_declarations(mut self) -> Self {
        self.declarations = Declarations::Elements;
        self
    }

    /// For those who only look at names: declarations are passed over, whatever they hold.
    #[must_use]
    pub(super) fn with_any_declaration(mut self) -> Self {
        self.declarations = Declarations::Anything;
        self
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.base + self.inner.buffer_position()
    }

    /// A refusal at the current place.
    pub fn refuse(&self, kind: Kind, reason: impl Into<String>) -> Refusal {
        Refusal::new(kind, reason).at(self.inner.get_ref().line(), self.offset())
    }

    fn malformed(&self, reason: impl Into<String>) -> Refusal {
        self.refuse(Kind::Malformed, reason)
    }

    fn broken(&self, error: &Error) -> Refusal {
        if let Error::Io(e) = error {
            return source::refusal_in(e).map_or_else(
                || self.refuse(Kind::Machinery, format!("the report could not be read: {e}")),
                |r| self.refuse(r.kind, r.reason),
            );
        }
        let text = clip_line(&error.to_string(), 160);
        if matches!(error, Error::Syntax(_)) {
            return self.malformed(format!(
                "not well-formed XML: {text}; if the report was cut short, export it again"
            ));
        }
        self.malformed(format!("not well-formed XML: {text}"))
    }

    fn next(&mut self) -> Result<Event, Refusal> {
        let mut buf = std::mem::take(&mut self.buf);
        loop {
            buf.clear();
            let offset = self.offset();
            let event = match self.inner.read_event_into(&mut buf) {
                Ok(event) => event,
                Err(e) => return Err(self.broken(&e)),
            };
            let event = match event {
                Raw::Start(start) | Raw::Empty(start) => {
                    self.depth += 1;
                    if self.depth > self.limits.depth {
                        let reason = format!(
                            "nested deeper than {} levels; this is no scanner's report",
                            self.limits.depth
                        );
                        return Err(self.refuse(Kind::Limit, reason));
                    }
                    Some(Event::Start(self.tag(&start, offset)?))
                }
                Raw::End(_) => {
                    self.depth -= 1;
                    Some(Event::End)
                }
                Raw::Text(text) => self.text(&text)?,
                Raw::CData(text) => self.text(&text)?,
                Raw::GeneralRef(name) => {
                    let name = self.utf8(&name)?;
                    let mut text = String::new();
                    self.resolve(name, &mut text)?;
                    Some(Event::Text(text))
                }
                Raw::DocType(text) => {
                    self.check_declaration(&text)?;
                    None
                }
                Raw::Comment(_) | Raw::PI(_) | Raw::Decl(_) => None,
                Raw::Eof if self.depth > 0 => {
                    return Err(self
                        .malformed("the report ends in the middle of an element; it was cut short, export it again"));
                }
                Raw::Eof => Some(Event::Eof),
            };
            self.inner.get_mut().settle();
            if let Some(event) = event {
                self.buf = buf;
                return Ok(event);
            }
        }
    }

    fn utf8<'t>(&self, bytes: &'t [u8]) -> Result<&'t str, Refusal> {
        std::str::from_utf8(bytes).map_err(|_| self.malformed("not valid UTF-8; export the report again as UTF-8"))
    }

    /// Text inside the root; white space outside of it is nothing.
    fn text(&self, bytes: &[u8]) -> Result<Option<Event>, Refusal> {
        if self.depth == 0 {
            return if bytes.trim_ascii().is_empty() {
                Ok(None)
            } else {
                Err(self.malformed("there is text outside of the report's elements"))
            };
        }
        Ok(Some(Event::Text(self.utf8(bytes)?.to_owned())))
    }

    /// A declaration may name a document type. It may not declare anything that changes what is read.
    fn check_declaration(&self, text: &[u8]) -> Result<(), Refusal> {
        let Some(inside) = memchr::memchr(b'[', text).map(|at| &text[at..]) else {
            return Ok(());
        };
        if self.declarations == Declarations::Anything {
            return Ok(());
        }
        let harmless = memchr::memmem::find(inside, b"<!ENTITY").is_none() && !inside.contains(&b'%');
        if self.declarations == Declarations::Elements && harmless {
            return Ok(());
        }
        Err(self.malformed("the report declares a document type of its own (DTD); no scanner needs one, take it out"))
    }

    fn tag(&self, start: &BytesStart<'_>, offset: u64) -> Result<Tag, Refusal> {
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|e| self.broken(&Error::InvalidAttr(e)))?;
            if attributes.len() == ATTRIBUTES {
                return Err(self.refuse(Kind::Limit, format!("an element has more than {ATTRIBUTES} attributes")));
            }
            let name = self.utf8(attribute.key.local_name().into_inner())?.to_owned();
            attributes.push((name, self.unescape(&attribute.value)?));
        }
        Ok(Tag {
            name: self.utf8(start.local_name().into_inner())?.to_owned(),
            attributes,
            offset,
        })
    }

    fn unescape(&self, value: &[u8]) -> Result<String, Refusal> {
        let mut rest = self.utf8(value)?;
        let mut out = String::with_capacity(rest.len());
        while let Some((before, after)) = rest.split_once('&') {
            out.push_str(before);
            // Looked for no further than a name reaches: a row of ampersands must not be walked once for each of them.
            let end = after.bytes().take(REFERENCE + 1).position(|b| b == b';');
            match end.map(|at| (&after[..at], &after[at + 1..])) {
                Some((name, more)) if !name.contains([' ', '&', '=']) => {
                    self.resolve(name, &mut out)?;
                    rest = more;
                }
                // A lone ampersand, as tools write it into addresses.
                _ => {
                    out.push('&');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// One of XML's own entities, or a character by number; a number that is no character becomes a visible mark.
    fn resolve(&self, name: &str, out: &mut String) -> Result<(), Refusal> {
        let numbered = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let c = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let Some(n) = name.strip_prefix('#') else {
                    let name = clip_line(name, 40);
                    return Err(self.malformed(format!("`&{name};` is no entity of XML's own, and no other is read")));
                };
                let c = match n.strip_prefix(['x', 'X']) {
                    Some(hex) => numbered(hex, 16),
                    None => numbered(n, 10),
                };
                c.unwrap_or('\u{FFFD}')
            }
        };
        out.push(c);
        Ok(())
    }

    /// The root's opening tag.
    pub fn root(&mut self) -> Result<Tag, Refusal> {
        match self.next()? {
            Event::Start(tag) => Ok(tag),
            _ => Err(self.malformed("there is no element in the report")),
        }
    }

    /// The opening tag of the next element inside the current one; none where that ends. What is returned must be taken
    /// ([`Reader::element`]), passed over ([`Reader::skip`]) or walked to its own end.
    pub fn child(&mut self) -> Result<Option<Tag>, Refusal> {
        loop {
            match self.next()? {
                Event::Start(tag) => return Ok(Some(tag)),
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(None),
            }
        }
    }

    /// Passes over the rest of the element whose tag was returned last.
    pub fn skip(&mut self) -> Result<(), Refusal> {
        self.pass().map(drop)
    }

    /// [`Reader::skip`]. Returns whether elements stand inside it.
    fn pass(&mut self) -> Result<bool, Refusal> {
        let floor = self.depth;
        let mut holds = false;
        while self.depth >= floor {
            holds |= matches!(self.next()?, Event::Start(_));
        }
        Ok(holds)
    }

    /// Passes over an element nobody knows, counted by its name; `of` says where it stands (` of a host`).
    pub fn unknown(&mut self, tag: &Tag, of: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
        let holds = self.pass()? || !tag.attributes.is_empty();
        out.unknown(
            &format!("elements `{}`{of}", clip_line(&tag.name, 60)),
            holds,
            tag.offset,
        );
        Ok(())
    }

    /// Passes over an element nobody needs to know, unless it holds others: those are counted as by [`Reader::unknown`].
    pub fn strange(&mut self, tag: &Tag, of: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.pass()? {
            out.unknown(
                &format!("elements `{}`{of}", clip_line(&tag.name, 60)),
                true,
                tag.offset,
            );
        }
        Ok(())
    }

    /// Takes the element whose tag was returned last as a tree.
    pub fn element(&mut self, tag: Tag) -> Result<Node, Refusal> {
        let start = tag.offset;
        let mut nodes = 1;
        let mut open = vec![Node::of(tag)];
        loop {
            let event = self.next()?;
            if self.offset() - start > self.limits.record as u64 || nodes > NODES {
                let size = super::json::size(self.limits.record as u64);
                let reason =
                    format!("an entry is larger than {size} or has more than {NODES} elements; split the report");
                return Err(self.refuse(Kind::Limit, reason));
            }
            match event {
                Event::Start(tag) => {
                    nodes += 1;
                    open.push(Node::of(tag));
                }
                Event::Text(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                Event::End | Event::Eof => {
                    let Some(mut done) = open.pop() else {
                        return Err(self.malformed("an element ends that never began"));
                    };
                    done.span = Span {
                        offset: done.span.offset,
                        length: self.offset() - done.span.offset,
                    };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
            }
        }
    }

    /// After the root: nothing may follow.
    pub fn finish(&mut self) -> Result<(), Refusal> {
        match self.next()? {
            Event::Eof => Ok(()),
            _ => Err(self.malformed("something follows the end of the report")),
        }
    }
}

#[cfg(test)]
mod tests;
