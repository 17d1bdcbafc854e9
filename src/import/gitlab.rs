//! GitLab's security reports (`gl-*-report.json`): SAST, DAST, dependency, container and secret detection. From schema 2 to
//! 15 they share one layout; where a vulnerability stands says what kind it is. Before that they were bare lists, with file,
//! line and address beside the text, and what Clair said of an image.
//!
//! - **A finding** is, in code, rule (the primary identifier), file and code: the hash in GitLab's compare key where it
//!   has one, else one of the flagged code, else GitLab's tracking signature, else symbol and description. Of a package
//!   it is package and advisory (the primary identifier, see [`super::package`]); on the web the rule.
//! - **A place** is the lines in the file; file (or image without its tag) and version; URL, method and parameter.
//! - **Severity**: in words (`Defcon1` is critical); *unknown* goes by a CVSS vector, else it is info.
//! - The tool is called after the analyser (`gitlab: gemnasium`), so that reports of different analysers do not speak
//!   for one another; a report that names none is `gitlab`.
//! - Secrets are shown masked; the uploaded report keeps what GitLab wrote.
//! - A scan that failed says nothing about what is gone. A container scan covers its images, whatever their tag, a DAST
//!   scan the hosts it lists; others cover everything of the analyser.

mod code;
mod entry;

use std::io::Read;

use serde::Deserialize;

use self::entry::Entry;
use super::entries::{each_key, results, unknown};
use super::head::Head;
use super::json::{Shape, Walker};
use super::limits::{Limits, Refusal, clip_line, text};
use super::loose::{self, Word};
use super::names::Target;
use super::source::Source;
use super::{About, Format, Out, package};
use crate::domain::time::Time;

/// Of the rule that makes fingerprints of what is no package, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Gitlab;

impl Format for Gitlab {
    fn about(&self) -> &'static About {
        &About {
            name: "gitlab",
            title: "GitLab security reports (SAST, DAST, dependency, container, secret detection; bare lists of its first versions, too)",
            records: "vulnerabilities",
            finding: "rule, file and a hash of the code; package and advisory; on the web the rule",
            place: "the lines in the file; file (or image without its tag) and version; URL, method and parameter",
            severity: "in words (Defcon1 as critical); unknown by the CVSS vector, else info",
            left_out: "remediations and lists of dependencies; secrets are shown masked only, the report keeps what GitLab wrote",
            covers: "the images of a container scan, whatever their tag; the hosts a DAST scan lists; else everything of the analyser",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        // What stands in alphabetical order may have its vulnerabilities too far behind to be seen.
        if json.item("scan", &["type", "scanner"]) {
            return true;
        }
        if json.first == Some(b'[') {
            return is_list(json);
        }
        if !json.has("vulnerabilities") || json.first != Some(b'{') {
            return false;
        }
        if json.has("unapproved") || json.item("vulnerabilities", &["featurename", "vulnerability"]) {
            return true;
        }
        let scan = ["type", "scanner", "status"].iter().any(|k| json.item("scan", &[k]));
        let empty = !json.inside.iter().any(|(k, _)| k == "vulnerabilities");
        let bare = ["version", "vulnerabilities", "remediations", "schema", "__comment__"];
        scan || json.item("vulnerabilities", &["identifiers", "location"])
            || (empty && json.keys.iter().all(|k| bare.contains(&k.as_str())))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("vulnerabilities", 0);
        let mut run = Run::default();
        if source.first_byte(limits)? == Some(b'[') {
            let mut walker = Walker::open(source.open(limits)?, limits);
            list(&mut walker, &run, out)?;
            walker.finish()?;
            out.summary.bytes = walker.offset();
            return Ok(());
        }
        {
            let mut walker = Walker::open(source.open(limits)?, limits);
            let mut raw = Vec::new();
            each_key(&mut walker, &mut |walker, key| {
                if !matches!(key, "scan" | "image" | "unapproved") {
                    return walker.skip();
                }
                let span = walker.capture(&mut raw)?;
                if key == "scan" {
                    let told: loose::Maybe<Scan<'_>> = walker.read(&raw, span)?;
                    let image = std::mem::take(&mut run.image);
                    run = Run {
                        image,
                        ..told.0.run(out)
                    };
                } else if key == "image" {
                    let image: Word<'_> = walker.read(&raw, span)?;
                    run.image = package::image(image.text().unwrap_or_default());
                } else {
                    "clair".clone_into(&mut run.analyser);
                    "container_scanning".clone_into(&mut run.kind);
                }
                Ok(())
            })?;
            out.summary.bytes = walker.offset();
        }
        if run.failed {
            out.summary.note = Some("the scan failed: nothing counts as not seen any more".into());
        } else if !run.analyser.is_empty() {
            out.tool(&run.tool());
        }
        out.summary.observed_at = out.summary.observed_at.max(run.observed_at);
        let mut walker = Walker::open(source.open(limits)?, limits);
        each_key(&mut walker, &mut |walker, key| match key {
            "vulnerabilities" => list(walker, &run, out),
            "image" | "unapproved" | "version" | "schema" | "scan" | "remediations" | "dependency_files"
            | "@generated" | "@version" | "site" | "spider" => walker.skip(),
            other => unknown(walker, other, out),
        })
    }
}

/// Whether it is a list as the first versions wrote it: the compare key, and where it stands, beside the text.
fn is_list(json: &Shape) -> bool {
    let has = |keys: &[&str]| keys.iter().all(|k| json.has(k));
    has(&["message", "cve", "tool"])
        || has(&["category", "scanner", "location", "identifiers"])
        || has(&["message", "cve", "scanner", "location"])
}

fn list<R: Read>(walker: &mut Walker<R>, run: &Run, out: &mut Out<'_>) -> Result<(), Refusal> {
    results(walker, out, "vulnerabilities", &mut |walker, raw, span, out| {
        let entry: Entry<'_> = walker.read(raw, span)?;
        let record = entry.record(run, span, out);
        out.record_or(record, "vulnerabilities without an identifier", span.offset)
    })
}

/// What the report says of the scan.
#[derive(Debug, Default)]
pub struct Run {
    pub kind: String,
    pub analyser: String,
    pub version: Option<String>,
    pub observed_at: Option<Time>,
    /// The image that Clair looked at, without its tag.
    pub image: String,
    failed: bool,
}

impl Run {
    fn tool(&self) -> String {
        tool(&self.analyser)
    }
}

fn tool(analyser: &str) -> String {
    if analyser.is_empty() {
        return "gitlab".into();
    }
    clip_line(&format!("gitlab: {analyser}"), text::WORD)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    start_time: Word<'a>,
    #[serde(borrow)]
    end_time: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    scanner: Scanner<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    scanned_resources: Vec<Resource<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Scanner<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    url: Word<'a>,
}

impl Scan<'_> {
    fn run(&self, out: &mut Out<'_>) -> Run {
        let targets = self
            .scanned_resources
            .iter()
            .filter_map(|r| Target::parse(r.url.text()?));
        targets.for_each(|t| out.cover(t.host));
        let word = |w: &Word<'_>| clip_line(w.text().unwrap_or_default(), text::WORD);
        Run {
            kind: word(&self.kind),
            analyser: word(&self.scanner.id),
            version: Some(word(&self.scanner.version)).filter(|v| !v.is_empty()),
            observed_at: package::time(self.end_time.text()).or_else(|| package::time(self.start_time.text())),
            failed: self.status.text() == Some("failure"),
            image: String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
