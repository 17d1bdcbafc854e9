//! One result of a run becomes records: one for each of its locations.

use super::identity::{Anchor, VERSION, path_key, symbol};
use super::model::{Location, Message, Result as Entry};
use super::tables::{Hints, Rule, Rules, RunTables, result_taxon_cwe};
use crate::domain::severity::Severity;
use crate::import::Out;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::loose::Word;
use crate::import::names::{self, Target};
use crate::import::record::{Fingerprint, Occurrence, Place, Record, Span};

/// A message that is longer reads badly as a title; the rule's short description then takes its place.
const TITLE_WISH: usize = 160;

/// Hands over the records of one result, or counts why there are none.
pub fn emit(result: &Entry<'_>, run: &RunTables, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("result_locations", result.locations.len() as u64);
    let suppressed = is_suppressed(result);
    if suppressed {
        out.summary.count("results_suppressed", 1);
    }
    match result.kind.text() {
        None | Some("fail" | "") => {}
        Some(kind) => {
            out.summary.leave_out(match kind {
                "pass" => "results of kind `pass`",
                "open" => "results of kind `open`",
                "review" => "results of kind `review`",
                "informational" => "results of kind `informational`",
                "notApplicable" => "results of kind `notApplicable`",
                _ => "results of an unknown kind",
            });
            return Ok(());
        }
    }
    if result.baseline_state.text() == Some("absent") {
        out.summary.leave_out("results that are absent since the baseline");
        return Ok(());
    }
    let base = Base::of(result, run, span, suppressed);
    if result.locations.is_empty() {
        return out.record(base.at(result, &Location::default(), 0, run));
    }
    for (index, location) in result.locations.iter().enumerate() {
        out.record(base.at(result, location, index, run))?;
    }
    Ok(())
}

/// Accepted, or not said otherwise: only those are a suppression.
fn is_suppressed(result: &Entry<'_>) -> bool {
    result.suppressions.iter().any(|s| {
        !matches!(
            s.status.text().or_else(|| s.state.text()),
            Some("rejected" | "underReview")
        )
    })
}

/// What all places of a result share.
struct Base {
    record: Record,
    message: String,
}

impl Base {
    fn of(result: &Entry<'_>, run: &RunTables, span: Span, suppressed: bool) -> Self {
        let (rule, rules) = run.rule_of(result);
        let rule_id = result
            .rule_id
            .text()
            .or_else(|| result.rule.id.text())
            .or(rule.map(|r| r.id.as_str()))
            .filter(|id| !id.is_empty())
            .unwrap_or("(no rule)");
        let rule_id = clip_line(rule_id, text::PLACE);
        let message = message_text(&result.message, rule, rules);
        let own = Hints::of(&result.properties);
        let score = [
            result.properties.get("security-severity").next(),
            rule.map(|r| r.security_severity.as_str()),
        ]
        .into_iter()
        .flatten()
        .find_map(|s| s.parse::<f64>().ok().filter(|s| (0.0..=10.0).contains(s)));
        let level = result
            .level
            .text()
            .or(rule.map(|r| r.level.as_str()).filter(|l| !l.is_empty()))
            .unwrap_or("warning");
        let (mut cwe, mut cve, mut tags, mut cvss) = (own.cwe, own.cve, own.tags, own.cvss);
        for taxon in result.taxa.iter().filter_map(result_taxon_cwe) {
            names::add(&mut cwe, taxon);
        }
        for name in names::cves(&rule_id) {
            names::add(&mut cve, name);
        }
        let mut references = Vec::new();
        if let Some(rule) = rule {
            rule.cwe.iter().for_each(|c| names::add(&mut cwe, *c));
            rule.cve.iter().for_each(|c| names::add(&mut cve, c.clone()));
            rule.tags.iter().for_each(|t| names::add(&mut tags, t.clone()));
            rule.cvss.iter().for_each(|v| names::add(&mut cvss, v.clone()));
            if !rule.help_uri.is_empty() {
                references.push(rule.help_uri.clone());
            }
        }
        let record = Record {
            tool: run.tool.clone(),
            tool_version: run.tool_version.clone(),
            // Both are the place's: [`Base::at`] sets them.
            fingerprint: Fingerprint {
                version: VERSION,
                fields: Vec::new(),
                hash: String::new(),
            },
            occurrence: Occurrence {
                key: String::new(),
                place: String::new(),
                parts: Place::default(),
            },
            title: title(&message, rule, &rule_id),
            description: description(&message, rule),
            remediation: remediation(result, rule),
            references,
            severity: score.map_or_else(|| level_severity(level), Severity::from_score),
            severity_word: clip_line(
                &score.map_or_else(|| level.to_owned(), |s| format!("{level}, security-severity {s}")),
                text::WORD,
            ),
            score,
            cvss,
            cwe,
            cve,
            tags,
            detail: String::new(),
            suppressed,
            kept: None,
            observed_at: run.observed_at,
            rule: rule_id,
            span,
        };
        Self { record, message }
    }

    fn at(&self, result: &Entry<'_>, location: &Location<'_>, index: usize, run: &RunTables) -> Record {
        let physical = &location.physical;
        let artifact = &physical.artifact_location;
        let path = artifact
            .uri
            .text()
            .or_else(|| run.artifact(&artifact.index))
            .or_else(|| result.analysis_target.uri.text())
            .or_else(|| run.artifact(&result.analysis_target.index))
            .or_else(|| result.web_request.target.text());
        let path = path.map(|p| clip_line(p, text::PLACE));
        let anchor = Anchor::of(result, location, index, &self.message);
        let key = anchor.place(location);
        let mut record = self.record.clone();
        record.fingerprint = Fingerprint::new(
            VERSION,
            vec![
                ("tool", record.tool.clone()),
                ("rule", record.rule.clone()),
                ("path", path_key(path.as_deref().unwrap_or_default())),
                anchor.field(),
            ],
        );
        let parts = parts(location, path);
        record.detail = detail(location, &self.message);
        record.occurrence = Occurrence {
            key,
            place: place_line(&parts),
            parts,
        };
        record
    }
}

fn parts(location: &Location<'_>, path: Option<String>) -> Place {
    let region = &location.physical.region;
    let number = |w: &Word<'_>| w.text().and_then(|t| t.parse().ok());
    let web = path
        .as_deref()
        .filter(|p| p.starts_with("http://") || p.starts_with("https://"))
        .and_then(Target::parse);
    let mut place = Place {
        line: number(&region.start_line),
        column: number(&region.start_column),
        end_line: number(&region.end_line),
        symbol: symbol(location).map(|s| clip_line(s, text::PLACE)),
        ..Place::default()
    };
    if let Some(target) = web {
        place.url = path;
        place.port = target.port;
        place.host = Some(target.host);
    } else {
        place.path = path;
    }
    place
}

fn place_line(place: &Place) -> String {
    let Some(path) = place.path.as_ref().or(place.url.as_ref()) else {
        return place.symbol.clone().unwrap_or_else(|| "(no place given)".to_owned());
    };
    match place.line {
        Some(line) => format!("{path}:{line}"),
        None => path.clone(),
    }
}

fn detail(location: &Location<'_>, message: &str) -> String {
    let physical = &location.physical;
    let code = physical
        .region
        .snippet
        .text
        .text()
        .or_else(|| physical.context_region.snippet.text.text());
    match code {
        Some(code) => clip(
            &format!("{}\n\n{}", clip(message, text::EXCERPT), clip(code, text::EXCERPT)),
            text::DETAIL,
        ),
        None => clip(message, text::DETAIL),
    }
}

/// The short and stable way to say what a result is: its message's first line where that is short, else its rule's.
fn title(message: &str, rule: Option<&Rule>, rule_id: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim();
    let short = rule.map(|r| if r.short.is_empty() { &r.name } else { &r.short });
    let short = short.map(String::as_str).filter(|s| !s.is_empty());
    let title = if line.is_empty() || line.len() > TITLE_WISH {
        short.unwrap_or(if line.is_empty() { rule_id } else { line })
    } else {
        line
    };
    clip_line(title, text::TITLE)
}

fn description(message: &str, rule: Option<&Rule>) -> String {
    let mut description = message.to_owned();
    if let Some(rule) = rule {
        let about = if rule.full.is_empty() { &rule.short } else { &rule.full };
        if !about.is_empty() && !description.contains(about.as_str()) {
            if !description.is_empty() {
                description.push_str("\n\n");
            }
            description.push_str(about);
        }
    }
    clip(&description, text::PARAGRAPH)
}

fn remediation(result: &Entry<'_>, rule: Option<&Rule>) -> String {
    let mut parts: Vec<&str> = result
        .fixes
        .iter()
        .filter_map(|f| f.description.text.text().or_else(|| f.description.markdown.text()))
        .take(text::LIST)
        .collect();
    if let Some(rule) = rule
        && !rule.help.is_empty()
    {
        parts.push(&rule.help);
    }
    clip(&parts.join("\n\n"), text::PARAGRAPH)
}

fn level_severity(level: &str) -> Severity {
    match level.to_ascii_lowercase().as_str() {
        "error" => Severity::High,
        "note" | "none" => Severity::Info,
        _ => Severity::Medium,
    }
}

/// The message's text: its own, or the rule's string of its id, with arguments filled in and links as their words.
fn message_text(message: &Message<'_>, rule: Option<&Rule>, rules: Option<&Rules>) -> String {
    let template = message
        .text
        .text()
        .or_else(|| message.markdown.text())
        .or_else(|| rules.and_then(|r| r.message(rule, message.id.text()?)))
        .or_else(|| rule.and_then(|r| r.messages.get("default")).map(String::as_str))
        .unwrap_or_default();
    let arguments: Vec<&str> = message.arguments.0.iter().map(AsRef::as_ref).collect();
    let filled = if arguments.is_empty() {
        template.to_owned()
    } else {
        fill(template, &arguments)
    };
    clip(&unlink(&filled), text::PARAGRAPH)
}

/// Replaces `{0}` by arguments; `{{` and `}}` are single braces. The result is bounded by what is kept of a text.
fn fill(template: &str, arguments: &[&str]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        if out.len() > text::PARAGRAPH {
            return out;
        }
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.push_str(&rest[..1]);
            rest = &rest[2..];
            continue;
        }
        let end = rest.find('}').filter(|_| rest.starts_with('{'));
        let argument = end.and_then(|end| arguments.get(rest[1..end].parse::<usize>().ok()?));
        if let (Some(end), Some(argument)) = (end, argument) {
            out.push_str(argument);
            rest = &rest[end + 1..];
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// `[function create](1)` points to a related location by number: only its words mean something here.
fn unlink(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let link = from.find("](").and_then(|mid| {
            let end = from[mid..].find(')')? + mid;
            let target = &from[mid + 2..end];
            let number = !target.is_empty() && target.bytes().all(|b| b.is_ascii_digit());
            (number && !from[1..mid].contains('[')).then(|| (&from[1..mid], &from[end + 1..]))
        });
        if let Some((words, after)) = link {
            out.push_str(words);
            rest = after;
        } else {
            out.push('[');
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_and_links_become_words() {
        assert_eq!(fill("a {0} {{x}} {1} {9} {", &["b", "c"]), "a b {x} c {9} {");
        assert_eq!(
            unlink("see [create](1) and [x](http://y) [z"),
            "see create and [x](http://y) [z"
        );
    }
}
