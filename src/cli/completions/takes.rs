//! What each argument of the command line takes, by the command it stands in and its name. A new argument is entered here,
//! as something that can be looked up or as free text: a test walks the whole tree.

use clap::Arg;

use crate::domain::severity::Severity;
use crate::domain::status::Status;

/// Where an argument's values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Keys of clients, with further words that stand for one or none.
    Clients(&'static [&'static str]),
    Projects,
    /// Keys of findings of one's own queue.
    Findings,
    /// Whatever has a key.
    Objects,
    /// E-mails of the agency's people, with further words.
    People(&'static [&'static str]),
    Query,
    Formats,
    Batches,
    Profiles,
    /// One's own sessions.
    Sessions,
    /// Names of the agencies one belongs to.
    Agencies,
    /// One's own API tokens.
    Tokens,
    /// One's own acts: those that stand, or those that were taken back.
    Acts {
        undone: bool,
    },
    Severities(&'static [&'static str]),
    Statuses,
    Words(&'static [&'static str]),
    /// The shell's own completion of file names.
    Files,
}

/// What `arg` of the command at `path` (`finding move`) takes; `None`: free text, or words that clap knows.
#[must_use]
pub fn of(path: &str, arg: &Arg) -> Option<Takes> {
    let value = arg
        .get_value_names()
        .and_then(<[_]>::first)
        .map_or("", |name| name.as_str());
    Some(match (path, arg.get_id().as_str()) {
        (_, "profile") => Takes::Profiles,
        (_, "q") if value == "QUERY" => Takes::Query,
        ("admin init", "kind") => Takes::Words(&["agency", "direct"]),
        ("admin user add", "role") => Takes::Words(&["admin", "analyst", "viewer"]),
        (_, "config")
        | ("import", "files")
        | ("demo", "import" | "data_dir")
        | ("man", "dir")
        | ("serve", "spool")
        | ("finding export", "output") => Takes::Files,
        (path, _) if path.starts_with("admin") || path.starts_with("worker") => return None,
        ("project list" | "project assign", "client") => Takes::Clients(&["none"]),
        (_, "client") => Takes::Clients(&[]),
        (_, "project" | "projects") => Takes::Projects,
        (_, "finding" | "findings" | "of") | ("finding merge", "into") => Takes::Findings,
        ("access why" | "audit list", "object") => Takes::Objects,
        ("finding edit", "assignee") => Takes::People(&["none"]),
        ("audit list", "actor") => Takes::People(&["system"]),
        (_, "lead" | "team" | "manager" | "selected") | ("access why", "person") => Takes::People(&[]),
        ("import", "format") | ("import formats", "name") => Takes::Formats,
        ("import compare", "this" | "other")
        | ("import apply", "id" | "batch")
        | ("import show" | "import drop" | "import undo", "id") => Takes::Batches,
        ("session revoke", "id") => Takes::Sessions,
        ("session switch", "agency") => Takes::Agencies,
        ("token revoke", "id") => Takes::Tokens,
        ("undo", "act") => Takes::Acts { undone: false },
        ("redo", "act") => Takes::Acts { undone: true },
        ("finding create", "severity") => Takes::Severities(&[]),
        ("finding edit", "severity") => Takes::Severities(&["none"]),
        ("finding move", "to") => Takes::Statuses,
        ("finding groups", "by") => Takes::Words(&["severity", "status", "client", "project", "assignee", "tool"]),
        ("finding move", "kind") => Takes::Words(&["remediated", "retest"]),
        ("finding move", "reason") => Takes::Words(&[
            "not_reachable",
            "no_access",
            "environment_changed",
            "not_reproducible",
            "other",
        ]),
        ("client list", "state") => Takes::Words(&["onboarding", "active", "paused", "archived"]),
        ("client edit", "state") => Takes::Words(&["onboarding", "active", "paused"]),
        ("client create" | "client access", "access") => {
            Takes::Words(&["all-users", "admins-and-selected", "admins-only"])
        }
        (_, "outcome") => Takes::Words(&["allowed", "refused"]),
        ("token create", "scope") => Takes::Words(&["read", "write", "admin"]),
        _ => return None,
    })
}

impl Takes {
    /// The words that are known without asking anybody.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Clients(words) | Self::People(words) | Self::Words(words) => words.to_vec(),
            Self::Severities(more) => Severity::ALL
                .map(Severity::name)
                .into_iter()
                .chain(more.iter().copied())
                .collect(),
            Self::Statuses => Status::ALL.map(Status::name).to_vec(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    use super::*;

    /// Values nobody but the person at the keys knows.
    const FREE: &[&str] = &[
        "server",
        "limit",
        "cursor",
        "email",
        "q",
        "name",
        "key",
        "contact_email",
        "external_ref",
        "notes",
        "version",
        "title",
        "tags",
        "untags",
        "cvss",
        "cwe",
        "cve",
        "description",
        "remediation",
        "places",
        "due",
        "until",
        "since",
        "basis",
        "fixed",
        "not_fixed",
        "occurrences",
        "text",
        "reply_to",
        "covers",
        "act",
        "checkpoint",
        "days",
        "database",
        "listen",
    ];

    fn walk(tree: &clap::Command, path: &str, look: &mut impl FnMut(&str, &Arg)) {
        for arg in tree.get_arguments() {
            look(path, arg);
        }
        for sub in tree.get_subcommands() {
            walk(sub, format!("{path} {}", sub.get_name()).trim_start(), look);
        }
    }

    #[test]
    fn every_argument_says_what_it_takes() {
        let mut tree = crate::cli::Cli::command();
        tree.build();
        let (mut known, mut unknown) = (0, Vec::new());
        walk(&tree, "", &mut |path, arg| {
            let id = arg.get_id().as_str();
            let takes_none = !arg.get_action().takes_values();
            let hidden = arg.is_hide_set() || path.starts_with("worker") || path.starts_with("help");
            if takes_none || hidden || !arg.get_possible_values().is_empty() {
                return;
            }
            if of(path, arg).is_some() {
                known += 1;
            } else if !path.starts_with("admin") && !FREE.contains(&id) {
                unknown.push(format!("{path}: {id}"));
            }
        });
        assert!(
            unknown.is_empty(),
            "enter them in takes::of, or as free text: {unknown:#?}"
        );
        assert!(known > 60, "{known}");
    }

    #[test]
    fn every_word_that_is_offered_is_understood() {
        let tree = crate::cli::Cli::command();
        let mut offered = Vec::new();
        walk(&tree, "", &mut |path, arg| {
            if let (Some(takes), Some(long)) = (of(path, arg), arg.get_long()) {
                for word in takes.words() {
                    offered.push((path.to_owned(), long.to_owned(), word));
                }
            }
        });
        assert!(offered.len() > 40, "{offered:?}");
        for (path, long, word) in offered {
            let flag = format!("--{long}={word}");
            let words = std::iter::once("riskdesk")
                .chain(path.split(' '))
                .chain([flag.as_str()]);
            let parsed = crate::cli::Cli::command().try_get_matches_from(words);
            if let Err(error) = parsed {
                let kind = error.kind();
                assert!(
                    !matches!(
                        kind,
                        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::UnknownArgument
                    ),
                    "{path} {flag}: {error}"
                );
            }
        }
    }
}
