//! Bandit's JSON (`-f json`).
//!
//! - **A finding** is test, file and line hash: a hash of the flagged line, so that code that moves stays the same
//!   finding; the message where the report has no code.
//! - **A place** is the line (and column) in the file.
//! - **Severity**: Bandit's own, low to high; *undefined* is low: unknown is not harmless. Confidence is a tag.
//! - Errors are files that Bandit could not parse: counted, no findings. Metrics are counted by nobody.
//! - The report covers the whole tool: Bandit does not say where it was pointed at.

use serde::Deserialize;

use super::entries::{each_entry, each_key, results, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip, clip_line, text};
use super::loose::{self, Bag, Word, Words};
use super::record::{Fingerprint, Record, Span};
use super::source::Source;
use super::{About, Format, Out, clock, names, place};
use crate::domain::severity::Severity;

const TOOL: &str = "bandit";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Bandit;

impl Format for Bandit {
    fn about(&self) -> &'static About {
        &About {
            name: "bandit",
            title: "Bandit (JSON)",
            records: "results",
            finding: "test, file and a hash of the flagged line",
            place: "the line and column in the file",
            severity: "Bandit's own, low to high; undefined is low",
            left_out: "files Bandit could not parse (its errors), counted; its metrics",
            covers: "everything of the tool: Bandit does not say where it was pointed at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.json.item("results", &["test_id", "issue_text"])
            || (head.json.has("metrics") && head.json.has("generated_at"))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("results", 0);
        out.tool(TOOL);
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut generated = Vec::new();
        each_key(&mut walker, &mut |walker, key| match key {
            "results" => results(walker, out, "results", &mut |walker, raw, span, out| {
                let entry: Entry<'_> = walker.read(raw, span)?;
                out.record_or(entry.record(span), "results without a test", span.offset)
            }),
            "generated_at" => walker.capture(&mut generated).map(drop),
            "errors" => each_entry(
                walker,
                &mut Out::new(&mut Vec::new(), limits),
                "errors",
                &mut |_, _, _, _| {
                    out.summary.leave_out("files that could not be scanned (errors)");
                    Ok(())
                },
            ),
            "metrics" | "stats" => walker.skip(),
            other => unknown(walker, other, out),
        })?;
        if let Ok(Word(Some(at))) = serde_json::from_slice::<Word<'_>>(&generated) {
            out.summary.observed_at = out.summary.observed_at.max(clock::time(&at));
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

/// A result as it stands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    test_id: Word<'a>,
    #[serde(borrow)]
    test_name: Word<'a>,
    #[serde(borrow)]
    filename: Word<'a>,
    #[serde(borrow)]
    line_number: Word<'a>,
    #[serde(borrow)]
    line_range: Words<'a>,
    #[serde(borrow)]
    col_offset: Word<'a>,
    #[serde(borrow)]
    end_col_offset: Word<'a>,
    #[serde(borrow)]
    code: Word<'a>,
    #[serde(borrow)]
    issue_text: Word<'a>,
    #[serde(borrow)]
    issue_severity: Word<'a>,
    #[serde(borrow)]
    issue_confidence: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    issue_cwe: Bag<'a>,
    #[serde(borrow)]
    more_info: Word<'a>,
}

/// The flagged line out of a listing with line numbers (`39  x = 1`).
fn flagged(code: &str, line: u32) -> Option<&str> {
    code.lines().find_map(|l| {
        let digits = l.len() - l.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        (l[..digits].parse() == Ok(line)).then(|| l[digits..].trim())
    })
}

impl Entry<'_> {
    fn record(&self, span: Span) -> Option<Record> {
        let test = self.test_id.text().or_else(|| self.test_name.text())?;
        let test = clip_line(test, text::WORD);
        let path = clip_line(self.filename.text().unwrap_or("(no file given)"), text::PLACE);
        let number = |w: &Word<'_>| w.text().and_then(|t| t.parse::<u32>().ok());
        let line = number(&self.line_number);
        let code = self.code.text().unwrap_or_default();
        let anchor = match line.and_then(|l| flagged(code, l)).filter(|l| !l.is_empty()) {
            Some(flagged) => ("code", place::code_hash(flagged)),
            None if !code.is_empty() => ("code", place::code_hash(code)),
            None => ("message", place::code_hash(self.issue_text.text().unwrap_or_default())),
        };
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("test", test.clone()),
            ("path", place::path_key(&path)),
            anchor,
        ];
        let end = self.line_range.iter().filter_map(|l| l.parse::<u32>().ok()).max();
        let column = number(&self.col_offset).map(|c| c.saturating_add(1));
        let cwe = self.issue_cwe.get("id").filter_map(names::cwe).collect();
        let mut references = Vec::new();
        for link in self.more_info.text().into_iter().chain(self.issue_cwe.get("link")) {
            names::add(&mut references, clip_line(link, text::PLACE));
        }
        let word = self.issue_severity.text().unwrap_or_default();
        let mut tags = Vec::new();
        if let Some(confidence) = self.issue_confidence.text() {
            tags.push(clip_line(
                &format!("confidence:{}", confidence.to_lowercase()),
                text::WORD,
            ));
        }
        let said = self.issue_text.text().unwrap_or(&test);
        let mut occurrence = place::code(&path, line, end, column);
        // Equal ends of a line tell two calls on it apart.
        if let Some(end) = self.end_col_offset.text() {
            occurrence.key = super::record::digest(&[&occurrence.key, end]);
        }
        Some(Record {
            rule: self
                .test_name
                .text()
                .map_or(test.clone(), |name| clip_line(&format!("{name}:{test}"), text::WORD)),
            title: clip_line(said, text::TITLE),
            description: clip(said, text::PARAGRAPH),
            references,
            severity: word.parse().unwrap_or(Severity::Low),
            severity_word: clip_line(word, text::WORD),
            cwe,
            tags,
            detail: clip(code, text::DETAIL),
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::read as decode;

    #[test]
    fn code_that_moves_is_the_same_finding() {
        let report = |line: u32| {
            format!(
                r#"{{"errors":[{{"filename":"x","reason":"y"}}],"generated_at":"2026-11-01T00:00:00Z","metrics":{{}},"results":[
                {{"code":"{line} a\n{} assert x\n","filename":"./a/b.py","issue_confidence":"HIGH","issue_severity":"UNDEFINED",
                  "issue_cwe":{{"id":703,"link":"https://cwe.test/703"}},"issue_text":"Use of assert.","line_number":"{}",
                  "line_range":[{}],"col_offset":4,"more_info":null,"test_id":"B101","test_name":"assert_used"}}, 7]}}"#,
                line + 1,
                line + 1,
                line + 1
            )
        };
        let ((a, summary), (b, _)) = (decode(&report(3)), decode(&report(9)));
        assert_eq!(a[0].fingerprint, b[0].fingerprint);
        assert_ne!(a[0].occurrence.key, b[0].occurrence.key);
        assert_eq!(
            (a[0].severity, a[0].cwe.clone(), a[0].rule.as_str()),
            (Severity::Low, vec![703], "assert_used:B101")
        );
        assert_eq!((a[0].occurrence.place.as_str(), summary.records()), ("./a/b.py:4", 2));
        assert_eq!(summary.left_out.len(), 2);
        assert_eq!(summary.observed_at.unwrap().to_string(), "2026-11-01T00:00:00.000Z");
    }
}
