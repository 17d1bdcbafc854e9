//! What every format decodes to: one [`Record`] per finding and place, and one [`Summary`] per file.
//!
//! A record carries its finding's identity (a [`Fingerprint`] that names its own fields) and its place's identity
//! (an [`Occurrence`] key). Severity is in neither: a rule that was re-rated is still the same problem.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::limits::{self, text};
use super::names;
use crate::domain::hex::hex;
use crate::domain::kept::Kept;
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// What makes two records the same finding, in a form that explains itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Of the format's own rule for picking fields; a new rule gets a new number.
    pub version: u32,
    /// Name and value of each field, in the order that was hashed.
    pub fields: Vec<(String, String)>,
    /// SHA-256 over version and fields, in lower-case hexadecimal.
    pub hash: String,
}

impl Fingerprint {
    #[must_use]
    pub fn new(version: u32, fields: Vec<(&'static str, String)>) -> Self {
        Self::of(version, fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
    }

    /// [`Fingerprint::new`] with names that were read.
    #[must_use]
    pub fn of(version: u32, fields: Vec<(String, String)>) -> Self {
        // PostgreSQL has no place for a NUL; elsewhere `limits::clip` sees to it.
        let storable = |text: String| {
            if text.contains('\0') {
                text.replace('\0', "\u{FFFD}")
            } else {
                text
            }
        };
        let fields: Vec<_> = fields.into_iter().map(|(n, v)| (storable(n), storable(v))).collect();
        let mut digest = Sha256::new();
        digest.update(version.to_be_bytes());
        for (name, value) in &fields {
            absorb(&mut digest, name);
            absorb(&mut digest, value);
        }
        Self {
            version,
            fields,
            hash: hex(&digest.finalize()),
        }
    }
}

/// Length first, so that no two lists of fields run together into the same bytes.
fn absorb(digest: &mut Sha256, text: &str) {
    digest.update((text.len() as u64).to_be_bytes());
    digest.update(text.as_bytes());
}

/// SHA-256 of several texts kept apart, in hexadecimal.
#[must_use]
pub fn digest(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        absorb(&mut digest, part);
    }
    hex(&digest.finalize())
}

/// Where a finding stands, as far as the report says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// The function, class or package path, where the tool names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_version: Option<String>,
}

/// A finding at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Identity within the finding (hexadecimal digest).
    pub key: String,
    /// The place in one line: `host:port`, a URL, `path:line`.
    pub place: String,
    pub parts: Place,
}

/// Where the raw record stands in the report's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub offset: u64,
    pub length: u64,
}

/// One finding at one place, as one entry of a report says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The tool's name, as the report gives it.
    pub tool: String,
    pub tool_version: Option<String>,
    pub fingerprint: Fingerprint,
    pub occurrence: Occurrence,
    /// The tool's own id of the rule.
    pub rule: String,
    pub title: String,
    pub description: String,
    pub remediation: String,
    pub references: Vec<String>,
    pub severity: Severity,
    /// The scanner's own word or number, as it stands in the report.
    pub severity_word: String,
    /// A score the report states, 0 to 10.
    pub score: Option<f64>,
    /// CVSS vectors as they stand in the report.
    pub cvss: Vec<String>,
    pub cwe: Vec<u32>,
    pub cve: Vec<String>,
    pub tags: Vec<String>,
    /// What the scanner says at this place: matched text, extracts, request and response excerpts.
    pub detail: String,
    /// Whether the report itself calls it suppressed.
    pub suppressed: bool,
    pub observed_at: Option<Time>,
    pub span: Span,
    /// What an export of our own says besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Box<Kept>>,
}

impl Record {
    /// A record of which nothing more is known: formats fill in what they have.
    #[must_use]
    pub fn new(tool: &str, fingerprint: Fingerprint, occurrence: Occurrence, span: Span) -> Self {
        Self {
            tool: tool.to_owned(),
            tool_version: None,
            fingerprint,
            occurrence,
            rule: String::new(),
            title: String::new(),
            description: String::new(),
            remediation: String::new(),
            references: Vec::new(),
            severity: Severity::Info,
            severity_word: String::new(),
            score: None,
            cvss: Vec::new(),
            cwe: Vec::new(),
            cve: Vec::new(),
            tags: Vec::new(),
            detail: String::new(),
            suppressed: false,
            observed_at: None,
            span,
            kept: None,
        }
    }
}

impl Record {
    /// Cuts every text to what is kept of it, and takes blank and repeated entries out of lists: formats may hand over
    /// what they found as it stands.
    #[must_use]
    pub fn tidy(mut self) -> Self {
        let line = |t: &str, max| limits::clip_line(t, max);
        self.rule = line(&self.rule, text::WORD);
        self.title = line(&self.title, text::TITLE);
        if self.title.is_empty() {
            self.title.clone_from(&self.rule);
        }
        self.description = limits::clip(&self.description, text::PARAGRAPH);
        self.remediation = limits::clip(&self.remediation, text::PARAGRAPH);
        self.detail = limits::clip(&self.detail, text::DETAIL);
        self.severity_word = line(&self.severity_word, text::WORD);
        self.tool_version = self.tool_version.map(|v| line(&v, text::WORD));
        self.score = self.score.filter(|s| (0.0..=10.0).contains(s));
        self.references = once(self.references.iter().map(|r| line(r, text::PLACE)));
        self.cvss = once(self.cvss.iter().map(|v| line(v, text::WORD)));
        self.cve = once(self.cve.iter().map(|v| line(v, text::WORD)));
        self.tags = once(self.tags.iter().map(|t| line(t, text::WORD).to_lowercase()));
        self.cwe = self.cwe.iter().copied().fold(Vec::new(), |mut list, cwe| {
            names::add(&mut list, cwe);
            list
        });
        self
    }

    /// What holds of every record, whatever its format forgot: nothing is longer than what is kept of it, nothing holds a
    /// NUL, what is one line is one, and it has a title. Costs next to nothing where there is nothing to do.
    #[must_use]
    pub(super) fn within(mut self) -> Self {
        let bad = |t: &str, max| t.len() > max || t.contains('\0');
        let broken = |t: &str, max| bad(t, max) || t.contains('\n');
        let long = |list: &[String], max| list.len() > text::LIST || list.iter().any(|t| t.len() > max);
        if broken(&self.rule, text::WORD)
            || broken(&self.title, text::TITLE)
            || broken(&self.severity_word, text::WORD)
            || bad(&self.description, text::PARAGRAPH)
            || bad(&self.remediation, text::PARAGRAPH)
            || bad(&self.detail, text::DETAIL)
            || self.cwe.len() > text::LIST
            || long(&self.references, text::PLACE)
            || [&self.cvss, &self.cve, &self.tags]
                .into_iter()
                .any(|l| long(l, text::WORD))
        {
            self = self.tidy();
        }
        let place = &mut self.occurrence;
        let parts = &mut place.parts;
        let lines = [
            &mut parts.host,
            &mut parts.ip,
            &mut parts.url,
            &mut parts.path,
            &mut parts.symbol,
            &mut parts.package,
            &mut parts.package_version,
        ];
        for line in lines.into_iter().flatten().chain([&mut place.place]) {
            if broken(line, text::PLACE) {
                *line = limits::clip_line(line, text::PLACE);
            }
        }
        if broken(&self.tool, text::WORD) {
            self.tool = limits::clip_line(&self.tool, text::WORD);
        }
        if self.title.is_empty() {
            self.title = if self.rule.is_empty() {
                "untitled".into()
            } else {
                self.rule.clone()
            };
        }
        self
    }
}

fn once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut list = Vec::new();
    for text in texts.filter(|t| !t.is_empty()) {
        names::add(&mut list, text);
    }
    list
}

/// A number with a name: what was counted, or left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub what: String,
    pub count: u64,
}

/// What one file held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The format's name; empty where the file was empty and none was asked for.
    pub format: String,
    /// The tools whose results the file holds, sorted. A tool whose run has no result list is not one of them: such a
    /// run says nothing about what is still there.
    pub tools: Vec<String>,
    /// What stands in the report, counted without any merging, from the outside in: runs, results, locations. The
    /// first of them is [`Summary::records`].
    pub counted: Vec<Count>,
    /// Distinct findings.
    pub findings: u64,
    /// Distinct places of findings.
    pub occurrences: u64,
    /// Exact repeats of an occurrence, beyond its first.
    pub repeats: u64,
    pub left_out: Vec<Count>,
    /// Targets the report says it covered; empty: it says nothing.
    pub covers: Vec<String>,
    /// When the report says it was made (the latest time in it).
    pub observed_at: Option<Time>,
    /// Bytes of text that were read.
    pub bytes: u64,
    /// Something people should know about the file as a whole, e.g. that it is empty.
    pub note: Option<String>,
}

impl Summary {
    /// The report's outermost entries: the first number of [`Summary::counted`].
    #[must_use]
    pub fn records(&self) -> u64 {
        self.counted.first().map_or(0, |c| c.count)
    }

    /// Counts one more thing that was left out. Of what has names of the report's own (elements nobody knows), only so
    /// many are told apart.
    pub fn leave_out(&mut self, what: &str) {
        self.leave_out_many(what, 1);
    }

    /// [`Summary::leave_out`], several times.
    pub fn leave_out_many(&mut self, what: &str, n: u64) {
        const NAMES: usize = 50;
        if n == 0 {
            return;
        }
        let what = if self.left_out.len() >= NAMES && !self.left_out.iter().any(|c| c.what == what) {
            "other things"
        } else {
            what
        };
        match self.left_out.iter_mut().find(|c| c.what == what) {
            Some(c) => c.count += n,
            None => self.left_out.push(Count {
                what: what.to_owned(),
                count: n,
            }),
        }
    }

    /// Adds to a counted number, in the order of first mention.
    pub fn count(&mut self, what: &str, n: u64) {
        match self.counted.iter_mut().find(|c| c.what == what) {
            Some(c) => c.count += n,
            None => self.counted.push(Count {
                what: what.to_owned(),
                count: n,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_made_a_finding_can_be_stored() {
        let made = Fingerprint::new(1, vec![("service", "h\0ttp".into())]);
        assert_eq!(made.fields[0].1, "h\u{FFFD}ttp");
        let same = vec![("service", "h\u{FFFD}ttp".into())];
        assert_eq!(made, Fingerprint::new(1, same));
    }

    #[test]
    fn one_line_stays_one_line() {
        let occurrence = Occurrence {
            key: String::new(),
            place: "a\nb".into(),
            parts: Place {
                package: Some("x\r\ny".into()),
                ..Place::default()
            },
        };
        let mut record = Record::new("t\nu", Fingerprint::new(1, Vec::new()), occurrence, Span::default());
        record.title = "one\ntwo".into();
        let record = record.within();
        let lines = [&record.tool, &record.title, &record.occurrence.place];
        assert_eq!(lines, ["t u", "one two", "a b"]);
        assert_eq!(record.occurrence.parts.package.as_deref(), Some("x y"));
    }

    #[test]
    fn fields_never_run_together() {
        let a = Fingerprint::new(1, vec![("rule", "ab".into()), ("path", "c".into())]);
        let b = Fingerprint::new(1, vec![("rule", "a".into()), ("path", "bc".into())]);
        let c = Fingerprint::new(2, vec![("rule", "ab".into()), ("path", "c".into())]);
        assert_ne!(a.hash, b.hash);
        assert_ne!(a.hash, c.hash);
        assert_eq!(a.hash.len(), 64);
    }
}
