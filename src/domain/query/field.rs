//! The fields of the query language: names, help and fixed words. Parser, completion and error messages all read this table.

use crate::domain::lane::Lane;
use crate::domain::severity::Severity;
use crate::domain::status::Status;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    Severity,
    Status,
    Is,
    Lane,
    Client,
    Project,
    Assignee,
    Due,
    First,
    Last,
    Seen,
    Import,
    Triaged,
    Released,
    Claimed,
    Unread,
    Tool,
    Cve,
    Cwe,
    Cvss,
    Asset,
    Tag,
    Sort,
}

impl Field {
    pub const ALL: [Self; 23] = [
        Self::Severity,
        Self::Status,
        Self::Is,
        Self::Lane,
        Self::Client,
        Self::Project,
        Self::Assignee,
        Self::Due,
        Self::First,
        Self::Last,
        Self::Seen,
        Self::Import,
        Self::Triaged,
        Self::Released,
        Self::Claimed,
        Self::Unread,
        Self::Tool,
        Self::Cve,
        Self::Cwe,
        Self::Cvss,
        Self::Asset,
        Self::Tag,
        Self::Sort,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Severity => "sev",
            Self::Status => "status",
            Self::Is => "is",
            Self::Lane => "lane",
            Self::Client => "client",
            Self::Project => "project",
            Self::Assignee => "assignee",
            Self::Due => "due",
            Self::First => "first",
            Self::Last => "last",
            Self::Seen => "seen",
            Self::Import => "import",
            Self::Triaged => "triaged",
            Self::Released => "released",
            Self::Claimed => "claimed",
            Self::Unread => "unread",
            Self::Tool => "tool",
            Self::Cve => "cve",
            Self::Cwe => "cwe",
            Self::Cvss => "cvss",
            Self::Asset => "asset",
            Self::Tag => "tag",
            Self::Sort => "sort",
        }
    }

    /// One line for completion and help.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Severity => "severity: sev:>=high, sev:low,info",
            Self::Status => "status: status:open,not_fixed, -status:closed",
            Self::Is => "is:open or is:closed",
            Self::Lane => "lane of the queue: lane:verify,overdue",
            Self::Client => "client by key or name, or none: client:acme",
            Self::Project => "project by key or name: project:P-4Q7M",
            Self::Assignee => "@me, none, an e-mail or a name",
            Self::Due => "due date: due:<3d, due:>=2026-12-01, due:none",
            Self::First => "first seen: first:<1d (less than a day ago), first:2026-11-02",
            Self::Last => "last seen: last:>30d, last:<2026-11-02",
            Self::Seen => "seen in the latest import of its tool: yes or no",
            Self::Import => "import:last, or the id of a batch",
            Self::Triaged => "triaged: yes or no",
            Self::Released => "released to the client: yes or no",
            Self::Claimed => "taken from the queue: me, yes, no, or a person",
            Self::Unread => "has texts you have not read: yes or no",
            Self::Tool => "tool that reported it: tool:nuclei, tool:manual",
            Self::Cve => "CVE: cve:CVE-2024-*",
            Self::Cwe => "CWE number: cwe:79,89",
            Self::Cvss => "CVSS score: cvss:>=7.5, cvss:none",
            Self::Asset => "host, URL or path it stands at: asset:*.acme.test",
            Self::Tag => "tag: tag:pci",
            Self::Sort => "order: sort:-cvss, sort:due",
        }
    }

    /// The field with this name, whatever its case; a few longer names are understood too.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "severity" => return Some(Self::Severity),
            "first_seen" => return Some(Self::First),
            "last_seen" => return Some(Self::Last),
            _ => {}
        }
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    /// The words the field knows by itself (keys, names and numbers come on top).
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Severity => Severity::ALL.map(Severity::name).to_vec(),
            Self::Status => Status::ALL.map(Status::name).into_iter().chain(["closed"]).collect(),
            Self::Is => vec!["open", "closed"],
            Self::Lane => Lane::ALL.map(Lane::name).to_vec(),
            Self::Client | Self::Due | Self::Cvss => vec!["none"],
            Self::Assignee => vec!["@me", "none"],
            Self::Seen | Self::Triaged | Self::Released | Self::Unread => vec!["yes", "no"],
            Self::Import => vec!["last"],
            Self::Claimed => vec!["me", "yes", "no"],
            Self::Tool => vec!["manual"],
            Self::Sort => SortField::ALL.map(SortField::name).to_vec(),
            Self::Project | Self::First | Self::Last | Self::Cve | Self::Cwe | Self::Asset | Self::Tag => vec![],
        }
    }
}

/// What a list can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortField {
    Severity,
    Cvss,
    Due,
    First,
    Last,
    Status,
    Title,
    Client,
    Project,
    Assignee,
    Tool,
}

impl SortField {
    pub const ALL: [Self; 11] = [
        Self::Severity,
        Self::Cvss,
        Self::Due,
        Self::First,
        Self::Last,
        Self::Status,
        Self::Title,
        Self::Client,
        Self::Project,
        Self::Assignee,
        Self::Tool,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Severity => "sev",
            Self::Cvss => "cvss",
            Self::Due => "due",
            Self::First => "first",
            Self::Last => "last",
            Self::Status => "status",
            Self::Title => "title",
            Self::Client => "client",
            Self::Project => "project",
            Self::Assignee => "assignee",
            Self::Tool => "tool",
        }
    }
}

/// The candidate nearest to a mistyped word, if any is near enough to have been meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    candidates
        .into_iter()
        // More than twice as long is more than half of it wrong, and a long word takes long to compare.
        .filter(|candidate| length <= 2 * candidate.chars().count())
        .map(|candidate| {
            let near = strsim::normalized_damerau_levenshtein(&word, candidate);
            // The start of a word is as good as the word: `crit`, `pend`.
            let starts = length >= 2 && candidate.starts_with(&word);
            (if starts { near.max(0.8) } else { near }, candidate)
        })
        .filter(|(near, _)| *near >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}
