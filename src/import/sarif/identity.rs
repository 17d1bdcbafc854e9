//! What makes two results of a code scanner one finding, and two locations one place.

use super::model::{Location, Result as Entry};
use crate::import::limits::{clip_line, text};
use crate::import::loose::Bag;
use crate::import::place::code_hash;
pub use crate::import::place::path_key;
use crate::import::record::digest;

/// Of the rule below; a new rule gets a new number.
pub const VERSION: u32 = 1;

/// What a finding's line is recognised by, strongest first.
pub enum Anchor {
    /// The tool's hash of the line, with its own counter for equal lines: tells places apart without line numbers.
    LineHash(String),
    /// Another tool hash of the line or location, which equal lines may share.
    ToolHash(String),
    /// The code itself.
    Code(String),
    /// The tool's identity of the whole result.
    ToolFingerprint(String),
    /// The function or class, and what the message says.
    Message(String),
    /// Nothing else is known.
    Line(String),
}

impl Anchor {
    /// `index`: which of the result's locations this is; the tool's hashes speak of the first alone.
    pub fn of(result: &Entry<'_>, location: &Location<'_>, index: usize, message: &str) -> Self {
        let physical = &location.physical;
        if index == 0 {
            if let Some(hash) = named(&result.partial_fingerprints, |n| n == "primarylocationlinehash") {
                return Self::LineHash(hash);
            }
            let hash_of_place =
                |n: &str| n.contains("hash") && (n.contains("line") || n.contains("location")) && !n.contains("file");
            if let Some(hash) = named(&result.partial_fingerprints, hash_of_place) {
                return Self::ToolHash(hash);
            }
        }
        for code in [&physical.region.snippet.text, &physical.context_region.snippet.text] {
            if let Some(code) = code.text() {
                return Self::Code(code_hash(code));
            }
        }
        let line = physical.region.start_line.text();
        if line.is_some()
            && let Some(whole) = named(&result.fingerprints, |n| !n.contains("row"))
        {
            return Self::ToolFingerprint(whole);
        }
        if !message.is_empty() {
            let symbol = symbol(location).unwrap_or_default();
            return Self::Message(digest(&[symbol, &clip_line(message, text::PARAGRAPH)])[..16].to_owned());
        }
        Self::Line(line.unwrap_or("0").to_owned())
    }

    /// The field of the fingerprint.
    pub fn field(self) -> (&'static str, String) {
        match self {
            Self::LineHash(v) => ("line_hash", v),
            Self::ToolHash(v) => ("location_hash", v),
            Self::Code(v) => ("code", v),
            Self::ToolFingerprint(v) => ("fingerprint", v),
            Self::Message(v) => ("message", v),
            Self::Line(v) => ("line", v),
        }
    }

    /// The place within the finding. A line hash with a counter stays where code above it grows; all else needs the line.
    pub fn place(&self, location: &Location<'_>) -> String {
        let region = &location.physical.region;
        let column = region.start_column.text().unwrap_or_default();
        let end = region.end_column.text().unwrap_or_default();
        match self {
            Self::LineHash(hash) => digest(&["hash", hash, column, end]),
            _ => digest(&[
                "line",
                region.start_line.text().unwrap_or_default(),
                region.end_line.text().unwrap_or_default(),
                column,
                end,
                region.char_offset.text().unwrap_or_default(),
                symbol(location).unwrap_or_default(),
            ]),
        }
    }
}

/// The first value (by name, for a stable choice) whose name fits; version suffixes (`/v1`) and case do not count.
/// Placeholders that tools print instead of a value are no value.
fn named(bag: &Bag<'_>, fits: impl Fn(&str) -> bool) -> Option<String> {
    bag.0
        .iter()
        .filter_map(|(name, words)| {
            let name = name.split('/').next().unwrap_or_default().to_ascii_lowercase();
            let value = words.iter().next()?;
            (fits(&name) && !value.contains(' ')).then(|| (name, clip_line(value, text::PLACE)))
        })
        .min()
        .map(|(_, value)| value)
}

/// The function, class or module a location names.
pub fn symbol<'l>(location: &'l Location<'_>) -> Option<&'l str> {
    location
        .logical
        .iter()
        .find_map(|l| l.fully_qualified_name.text().or_else(|| l.name.text()))
        .or_else(|| location.fully_qualified_logical_name.text())
}
