//! Steps that JSON reports of one object share: a list of entries below a key, each taken out on its own.

use std::io::Read;

use super::Out;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal, clip_line};
use super::record::Span;

/// What happens at the value of a key.
pub type AtKey<'f, R> = dyn FnMut(&mut Walker<R>, &str) -> Result<(), Refusal> + 'f;

/// What happens with an entry: its bytes and their place.
pub type WithEntry<'f, R> = dyn FnMut(&Walker<R>, &[u8], Span, &mut Out<'_>) -> Result<(), Refusal> + 'f;

/// Steps through the root object and calls `then` at the value of each key.
pub fn each_key<R: Read>(walker: &mut Walker<R>, then: &mut AtKey<'_, R>) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        return Err(walker.refuse(
            Kind::Malformed,
            "the report should be one JSON object; this is something else",
        ));
    }
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        then(walker, &key)?;
    }
    walker.finish()
}

/// The keys of an object inside the report; what is no object is passed over.
pub fn keys_inside<R: Read>(walker: &mut Walker<R>, then: &mut AtKey<'_, R>) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        return walker.skip();
    }
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        then(walker, &key)?;
    }
    Ok(())
}

/// Whether an object (or list) follows, as `open` says. What is nothing (null, an empty text, list or object) is passed
/// over; something else in its place is passed over and named: it may say what nobody here understands.
pub fn opens<R: Read>(walker: &mut Walker<R>, open: u8, what: &str, out: &mut Out<'_>) -> Result<bool, Refusal> {
    if walker.peek()? == Some(open) {
        return Ok(true);
    }
    let mut raw = Vec::new();
    let span = walker.capture(&mut raw)?;
    if !matches!(raw.as_slice(), b"null" | b"\"\"" | b"[]" | b"{}") {
        let kind = if open == b'[' { "list" } else { "object" };
        out.unknown_inside(&format!("`{}` that is no {kind}", clip_line(what, 60)), span.offset);
    }
    Ok(false)
}

/// Takes every object of a list, or a lone one. What is no object is counted as unreadable; `null` is an empty list.
pub fn each_entry<R: Read>(
    walker: &mut Walker<R>,
    out: &mut Out<'_>,
    what: &str,
    then: &mut WithEntry<'_, R>,
) -> Result<(), Refusal> {
    let mut raw = Vec::new();
    let mut one = |walker: &mut Walker<R>, out: &mut Out<'_>| {
        let object = walker.peek()? == Some(b'{');
        let span = walker.capture(&mut raw)?;
        if raw == b"null" && !object {
            out.summary.leave_out(&format!("{what} that are null"));
            return Ok(());
        }
        out.summary.count(what, 1);
        out.beside(walker.offset())?;
        if object {
            then(walker, &raw, span, out)
        } else {
            out.unreadable(&format!("{what} that are no objects"), span.offset);
            Ok(())
        }
    };
    if walker.peek()? == Some(b'n') {
        return walker.skip();
    }
    if !walker.enter(b'[')? {
        return one(walker, out);
    }
    let mut first = true;
    while walker.next_item(&mut first)? {
        one(walker, out)?;
    }
    Ok(())
}

/// [`each_entry`] of a list of results: a report that has it is understood, even where it is empty.
pub fn results<R: Read>(
    walker: &mut Walker<R>,
    out: &mut Out<'_>,
    what: &str,
    then: &mut WithEntry<'_, R>,
) -> Result<(), Refusal> {
    out.list();
    each_entry(walker, out, what, then)
}

/// A key nobody knows: counted by name.
pub fn unknown<R: Read>(walker: &mut Walker<R>, key: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    unknown_of(walker, key, "", out)
}

/// A key nobody knows; `of` says where it stands (` of a site`).
pub fn unknown_of<R: Read>(walker: &mut Walker<R>, key: &str, of: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    walker.peek()?;
    let offset = walker.offset();
    let holds = walker.pass()?;
    out.unknown(&format!("keys `{}`{of}", clip_line(key, 60)), holds, offset);
    Ok(())
}

/// A key nobody needs to know, unless it holds entries: those are counted as [`unknown_of`] does.
pub fn strange_of<R: Read>(walker: &mut Walker<R>, key: &str, of: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    walker.peek()?;
    let offset = walker.offset();
    if walker.pass()? {
        out.unknown(&format!("keys `{}`{of}", clip_line(key, 60)), true, offset);
    }
    Ok(())
}

/// What may stand in an entry, apart from what is read of it.
#[derive(Debug, Clone, Copy)]
pub struct Inside {
    /// ` of a host`
    pub of: &'static str,
    /// Keys of which nothing is missed.
    pub known: &'static [&'static str],
    /// Keys whose values are looked into as well.
    pub into: &'static [&'static str],
}

impl Inside {
    /// Looks into an entry of which nothing came: what stands there under no known key and holds entries of its own may
    /// be what was looked for. `raw` was read before.
    pub fn strange(&self, raw: &[u8], span: Span, out: &mut Out<'_>) {
        let mut walker = Walker::new(raw, span.offset, &Limits::default());
        // What cannot be read here was refused before.
        let _ = self.look(&mut walker, out);
    }

    fn look(&self, walker: &mut Walker<&[u8]>, out: &mut Out<'_>) -> Result<(), Refusal> {
        if walker.enter(b'[')? {
            let mut first = true;
            while walker.next_item(&mut first)? {
                self.look(walker, out)?;
            }
            return Ok(());
        }
        keys_inside(walker, &mut |walker, key| {
            if self.into.contains(&key) {
                return self.look(walker, out);
            }
            walker.peek()?;
            let offset = walker.offset();
            if walker.pass()? && !self.known.contains(&key) {
                out.unknown_inside(&format!("keys `{}`{}", clip_line(key, 60), self.of), offset);
            }
            Ok(())
        })
    }
}
