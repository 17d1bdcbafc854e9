//! What was found in code: rule, file and code make the finding, so that code that moves stays the same.

use super::VERSION;
use super::entry::Entry;
use crate::import::detail::Detail;
use crate::import::limits::{clip_line, text};
use crate::import::loose::Word;
use crate::import::place;
use crate::import::record::{Fingerprint, Record, Span, digest};
use crate::import::secret;

/// Shortest run of hexadecimal digits that is a hash.
const HASH: usize = 32;

/// The hash of the code in a compare key (`file:hash:rule`).
fn hash_of(key: &str) -> Option<&str> {
    key.split(':')
        .find(|p| p.len() >= HASH && p.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// What tells the code apart: GitLab's own hash, the code, a signature, else what is said of it.
fn anchor(entry: &Entry<'_>) -> (&'static str, String) {
    let signature = || {
        let items = entry.tracking.items.iter().flat_map(|i| &i.signatures);
        items.filter_map(|s| s.value.text()).next_back().map(str::to_owned)
    };
    if let Some(hash) = entry.cve.text().and_then(hash_of) {
        return ("hash", clip_line(hash, text::WORD));
    }
    if let Some(code) = entry.raw_source_code_extract.text() {
        return ("code", place::code_hash(code));
    }
    if let Some(signature) = signature() {
        return ("signature", digest(&[&signature])[..16].to_owned());
    }
    let said = [
        &entry.location.class,
        &entry.location.method,
        &entry.description,
        &entry.message,
    ];
    let said: Vec<&str> = said.into_iter().filter_map(Word::text).collect();
    ("message", digest(&said)[..16].to_owned())
}

pub fn record(entry: &Entry<'_>, secrets: bool, tool: &str, span: Span) -> Option<Record> {
    let rule = entry.primary()?;
    let place = &entry.location;
    let path = place.file.text().or(entry.file.text()).unwrap_or("(no file given)");
    let path = clip_line(path, text::PLACE);
    let fields = vec![
        ("tool", tool.to_owned()),
        ("rule", clip_line(&rule, text::PLACE)),
        ("path", place::path_key(&path)),
        anchor(entry),
    ];
    let number = |w: &Word<'_>| w.text().and_then(|t| t.parse::<u32>().ok()).filter(|n| *n > 0);
    let line = number(&place.start_line).or_else(|| number(&entry.line));
    let mut occurrence = place::code(&path, line, number(&place.end_line), None);
    let sha = place.commit.sha.text().unwrap_or_default();
    // Of a secret the commit says where in the history it is; zeros are the work tree.
    if secrets && !sha.trim_matches('0').is_empty() {
        occurrence.key = digest(&[&occurrence.key, sha]);
    }
    let symbol = [&place.class, &place.method]
        .into_iter()
        .filter_map(Word::text)
        .collect::<Vec<_>>()
        .join(".");
    occurrence.parts.symbol = Some(clip_line(&symbol, text::PLACE)).filter(|s| !s.is_empty());
    let mut detail = Detail::default();
    if let Some(code) = entry.raw_source_code_extract.text() {
        let shown = if secrets { secret::mask(code) } else { code.to_owned() };
        detail.add(if secrets { "Secret (masked)" } else { "Code" }, Some(&shown));
    }
    detail.add("In", Some(&symbol));
    detail.add("Commit", Some(sha));
    detail.add("Author", place.commit.author.text());
    Some(Record {
        title: entry.title(),
        detail: detail.text(),
        ..Record::new(tool, Fingerprint::new(VERSION, fields), occurrence, span)
    })
}
