//! Gitleaks' JSON and CSV: version 8 (`RuleID`, `Secret`, `Fingerprint`), the versions before it (`rule`, `offender`)
//! and the first ones (`reason`).
//!
//! - **A finding** is rule, file and secret (a digest of it; of the masked line where Gitleaks ran with `--redact`).
//!   The line is not part of it: a secret that moves is the same leak, and the commit is not, because a secret that was
//!   removed is still in the history.
//! - **A place** is commit, file and lines.
//! - **Severity**: Gitleaks knows none; a leaked secret is high.
//! - Secrets are shown masked, in lines too; the uploaded report keeps what Gitleaks wrote.
//! - The report covers everything of the tool: Gitleaks does not say what it looked at.

use serde::Deserialize;

use super::detail::Detail;
use super::entries::results;
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip, clip_line, text};
use super::loose::{Word, Words};
use super::names;
use super::record::{Fingerprint, Record, Span, digest};
use super::source::Source;
use super::table::Table;
use super::{About, Format, Out, place, secret};
use crate::domain::severity::Severity;

const TOOL: &str = "gitleaks";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Gitleaks;

impl Format for Gitleaks {
    fn about(&self) -> &'static About {
        &About {
            name: "gitleaks",
            title: "Gitleaks (JSON, CSV; version 8 and before)",
            records: "leaks, or rows of the CSV",
            finding: "rule, file and a digest of the secret",
            place: "commit, file and lines",
            severity: "high: Gitleaks knows none",
            left_out: "nothing; secrets are shown masked only, the report keeps what Gitleaks wrote",
            covers: "everything of the tool: Gitleaks does not say what it looked at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let has = |keys: &[&str]| keys.iter().all(|k| json.has(k));
        has(&["RuleID", "File", "StartLine"]) && (json.has("Secret") || json.has("Match") || json.has("Fingerprint"))
            || (json.has("rule") || json.has("reason"))
                && json.has("offender")
                && (json.has("line") || json.has("commit"))
            || head.has_columns(&["ruleid", "file", "startline", "fingerprint"])
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if !matches!(source.first_byte(limits)?, Some(b'[' | b'{')) {
            let mut table = Table::open(source.open(limits)?, limits)?;
            return table.each_row(out, &mut |row, out| {
                let cell = |name| row.get(&[name]);
                let leak = Leak {
                    rule_id: Word(cell("ruleid")),
                    new_file: Word(cell("file")),
                    start: Word(cell("startline")),
                    end: Word(cell("endline")),
                    column: Word(cell("startcolumn")),
                    matched: Word(cell("match")),
                    secret: Word(cell("secret")),
                    new_commit: Word(cell("commit")),
                    new_author: Word(cell("author")),
                    new_date: Word(cell("date")),
                    link: Word(cell("link")),
                    tags: Words(cell("tags").into_iter().collect()),
                    symlink: Word(cell("symlinkfile")),
                    ..Leak::default()
                };
                out.record_or(leak.record(row.span), "leaks without a rule", row.span.offset)
            });
        }
        out.summary.count("leaks", 0);
        let mut walker = Walker::open(source.open(limits)?, limits);
        // Old versions could write an object after another.
        while walker.peek()?.is_some() {
            results(&mut walker, out, "leaks", &mut |walker, raw, span, out| {
                let leak: Leak<'_> = walker.read(raw, span)?;
                out.record_or(leak.record(span), "leaks without a rule", span.offset)
            })?;
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

/// A leak as it stands, in the words of both versions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Leak<'a> {
    #[serde(borrow, rename = "RuleID")]
    rule_id: Word<'a>,
    #[serde(borrow)]
    rule: Word<'a>,
    #[serde(borrow)]
    reason: Word<'a>,
    #[serde(borrow, rename = "Description")]
    description: Word<'a>,
    #[serde(borrow, rename = "File")]
    new_file: Word<'a>,
    #[serde(borrow)]
    file: Word<'a>,
    #[serde(borrow, rename = "StartLine")]
    start: Word<'a>,
    #[serde(borrow, rename = "EndLine")]
    end: Word<'a>,
    #[serde(borrow, rename = "StartColumn")]
    column: Word<'a>,
    #[serde(borrow, rename = "lineNumber")]
    old_line: Word<'a>,
    #[serde(borrow, rename = "Match")]
    matched: Word<'a>,
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow, rename = "Secret")]
    secret: Word<'a>,
    #[serde(borrow)]
    offender: Word<'a>,
    #[serde(borrow, rename = "Commit")]
    new_commit: Word<'a>,
    #[serde(borrow)]
    commit: Word<'a>,
    #[serde(borrow, rename = "Entropy")]
    entropy: Word<'a>,
    #[serde(borrow, rename = "Author")]
    new_author: Word<'a>,
    #[serde(borrow)]
    author: Word<'a>,
    #[serde(borrow, rename = "Date")]
    new_date: Word<'a>,
    #[serde(borrow)]
    date: Word<'a>,
    #[serde(borrow, rename = "Link")]
    link: Word<'a>,
    #[serde(borrow, rename = "leakURL")]
    old_link: Word<'a>,
    #[serde(borrow)]
    repo: Word<'a>,
    #[serde(borrow, rename = "Tags")]
    new_tags: Words<'a>,
    #[serde(borrow)]
    tags: Words<'a>,
    #[serde(borrow, rename = "SymlinkFile")]
    symlink: Word<'a>,
}

impl Leak<'_> {
    fn record(&self, span: Span) -> Option<Record> {
        let names = [&self.rule_id, &self.rule, &self.reason, &self.description];
        let rule = names.into_iter().find_map(Word::text)?;
        let rule = clip_line(rule, text::WORD);
        let path = clip_line(
            self.new_file.text().or(self.file.text()).unwrap_or("(no file given)"),
            text::PLACE,
        );
        let found = self.secret.text().or(self.offender.text()).unwrap_or_default();
        let line = self.matched.text().or(self.line.text()).unwrap_or_default();
        let anchor = if secret::is_masked(found) || found.is_empty() {
            line
        } else {
            found
        };
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("rule", rule.clone()),
            ("path", place::path_key(&path)),
            ("secret", secret::fingerprint(anchor)),
        ];
        let number = |w: &Word<'_>| w.text().and_then(|t| t.parse::<u32>().ok()).filter(|n| *n > 0);
        let start = number(&self.start).or_else(|| number(&self.old_line));
        let mut occurrence = place::code(&path, start, number(&self.end), number(&self.column));
        let commit = self.new_commit.text().or(self.commit.text()).unwrap_or_default();
        if !commit.is_empty() {
            occurrence.key = digest(&[&occurrence.key, commit]);
            let short: String = commit.chars().take(10).collect();
            occurrence.place = clip_line(&format!("{} ({short})", occurrence.place), text::PLACE);
        }
        let mut detail = Detail::default();
        detail.add("Secret (masked)", Some(&secret::mask(found)));
        detail.add(
            "Line (masked)",
            Some(&secret::redact(line, found))
                .filter(|_| !line.is_empty())
                .map(String::as_str),
        );
        let date = self.new_date.text().or(self.date.text());
        detail.add("Commit", Some(commit));
        detail.add("Author", self.new_author.text().or(self.author.text()));
        detail.add("Date", date);
        detail.add("Repository", self.repo.text());
        detail.add("Entropy", self.entropy.text());
        detail.add("Link to", self.symlink.text());
        let mut tags = vec!["secret".to_owned()];
        for tag in self.new_tags.iter().chain(self.tags.iter()).flat_map(|t| t.split(',')) {
            names::add(&mut tags, clip_line(tag, text::WORD));
        }
        let said = self.description.text().unwrap_or(&rule);
        let address = self.link.text().or(self.old_link.text());
        Some(Record {
            title: clip_line(&format!("Secret in {path}: {rule}"), text::TITLE),
            description: clip(said, text::PARAGRAPH),
            references: address.map(|l| clip_line(l, text::PLACE)).into_iter().collect(),
            severity: Severity::High,
            tags,
            detail: detail.text(),
            rule,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::import::tests::read as decode;

    const SECRET: &str = "glpat-EXAMPLEEXAMPLE0000";

    fn leak(line: u32, commit: &str) -> String {
        format!(
            r#"{{"Description":"GitLab token","StartLine":{line},"EndLine":{line},"StartColumn":3,"EndColumn":9,"Match":"token = '{SECRET}'","Secret":"{SECRET}",
            "File":"conf/app.yml","SymlinkFile":"","Commit":"{commit}","Entropy":3.5,"Author":"A","Email":"a@x.example","Date":"2026-01-02T03:04:05Z","Message":"m","Tags":["t"],
            "RuleID":"gitlab-pat","Fingerprint":"{commit}:conf/app.yml:gitlab-pat:{line}"}}"#
        )
    }

    #[test]
    fn a_secret_that_moves_is_the_same_leak_and_is_never_shown() {
        let (records, summary) = decode(&format!(
            "[{},{},{}]",
            leak(3, ""),
            leak(9, ""),
            leak(9, "0123456789abcdef")
        ));
        assert_eq!((summary.records(), summary.findings, summary.occurrences), (3, 1, 3));
        let text = serde_json::to_string(&records).unwrap();
        assert!(!text.contains("EXAMPLEEXAMPLE"), "{text}");
        assert!(records[0].detail.contains("glpa… (24 characters)"));
        assert_eq!(records[2].occurrence.place, "conf/app.yml:9 (0123456789)");
    }

    #[test]
    fn older_versions_are_read() {
        let (records, _) = decode(&format!(
            r#"[{{"line":"key: {SECRET}","lineNumber":7,"offender":"{SECRET}","commit":"aa","repo":"r","rule":"Generic","author":"A","file":"x.py","date":"2020-01-01T00:00:00Z","tags":"key, api"}}]"#
        ));
        let r = &records[0];
        assert!(!serde_json::to_string(r).unwrap().contains("EXAMPLEEXAMPLE"));
        assert_eq!(
            (r.occurrence.parts.line, r.tags.as_slice()),
            (Some(7), &["secret".to_owned(), "key".into(), "api".into()][..])
        );
    }

    #[test]
    fn the_csv_and_the_first_json_say_the_same() {
        let csv = format!(
            "RuleID,Commit,File,SymlinkFile,Secret,Match,StartLine,EndLine,StartColumn,EndColumn,Author,Message,Date,Email,Fingerprint,Tags\n\
             gitlab-pat,0123456789abcdef,conf/app.yml,,{SECRET},token = '{SECRET}',9,9,3,9,A,m,2026-01-02T03:04:05Z,a@x.example,0123456789abcdef:conf/app.yml:gitlab-pat:9,t\n"
        );
        let (table, summary) = decode(&csv);
        let (list, _) = decode(&format!("[{}]", leak(9, "0123456789abcdef")));
        assert_eq!((summary.format.as_str(), summary.records()), ("gitleaks", 1));
        assert_eq!(table[0].fingerprint, list[0].fingerprint);
        assert_eq!(table[0].occurrence, list[0].occurrence);
        assert_eq!(table[0].tags, ["secret", "t"]);
        assert!(!serde_json::to_string(&table).unwrap().contains("EXAMPLEEXAMPLE"));
        let (first, _) = decode(&format!(
            r#"[{{"line":"token = '{SECRET}'","commit":"aa","offender":"{SECRET}","reason":"GitLab","commitMsg":"m","author":"A","file":"conf/app.yml","repo":"r"}}]"#
        ));
        assert_eq!(
            (first[0].rule.as_str(), first[0].occurrence.parts.path.as_deref()),
            ("GitLab", Some("conf/app.yml"))
        );
    }

    #[test]
    fn redacted_reports_tell_leaks_apart_by_their_lines() {
        let one = |line: &str| {
            decode(&format!(
                r#"[{{"RuleID":"r","File":"f","StartLine":1,"Secret":"REDACTED","Match":"{line} = REDACTED"}}]"#
            ))
            .0
            .remove(0)
        };
        assert_ne!(one("a").fingerprint, one("b").fingerprint);
    }
}
