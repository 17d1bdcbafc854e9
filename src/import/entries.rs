//! Steps that JSON reports of one object share: a list of entries below a key, each taken out on its own.

use std::io::Read;

use super::Out;
use super::json::Walker;
use super::limits::{Kind, Refusal, clip_line};
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
        out.entry(walker.offset())?;
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

/// A key nobody knows: counted by name.
pub fn unknown<R: Read>(walker: &mut Walker<R>, key: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.leave_out(&format!("keys `{}`", clip_line(key, 60)));
    walker.skip()
}
