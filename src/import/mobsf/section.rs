//! Sections of a report, each with a shape of its own that has changed over the years.

use serde_json::Value;

use super::{App, VERSION};
use crate::domain::severity::Severity;
use crate::import::Out;
use crate::import::detail::Detail;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::names;
use crate::import::place;
use crate::import::record::{Fingerprint, Occurrence, Record, Span, digest};
use crate::import::secret;

/// Keys with findings.
pub const KEYS: [&str; 13] = [
    "permissions",
    "certificate_analysis",
    "manifest_analysis",
    "network_security",
    "ats_analysis",
    "code_analysis",
    "binary_analysis",
    "macho_analysis",
    "dylib_analysis",
    "framework_analysis",
    "secrets",
    "firebase_urls",
    "results",
];

/// Keys of which nothing is missed.
pub const NO_FINDINGS: [&str; 67] = [
    "title",
    "size",
    "md5",
    "sha1",
    "sha256",
    "hash",
    "app_type",
    "main_activity",
    "mainactivity",
    "targetsdk",
    "minsdk",
    "maxsdk",
    "androver",
    "exported_activities",
    "browsable_activities",
    "activities",
    "receivers",
    "providers",
    "services",
    "libraries",
    "target_sdk",
    "max_sdk",
    "min_sdk",
    "version_code",
    "icon_hidden",
    "icon_path",
    "icon_found",
    "file_analysis",
    "android_api",
    "ios_api",
    "niap_analysis",
    "permission_mapping",
    "malware_permissions",
    "behaviour",
    "quark",
    "urls",
    "domains",
    "emails",
    "strings",
    "exported_count",
    "apkid",
    "trackers",
    "playstore_details",
    "appstore_details",
    "virus_total",
    "appsec",
    "average_cvss",
    "build",
    "sdk_name",
    "platform",
    "min_os_version",
    "bundle_name",
    "bundle_version_name",
    "bundle_url_types",
    "bundle_supported_platforms",
    "bundle_localizations",
    "info_plist",
    "binary_info",
    "files",
    "sbom",
    "certificate_info",
    "zipped",
    "timestamp",
    "host_os",
    "base_url",
    "dwd_dir",
    "nodejs",
];

/// One section being read.
pub struct Reading<'r, 'o> {
    pub tool: &'static str,
    pub(super) app: &'r App,
    pub span: Span,
    pub out: &'r mut Out<'o>,
}

/// One finding, however its section writes it.
#[derive(Debug, Default)]
struct Found<'v> {
    /// The section, as the fingerprint has it.
    section: &'v str,
    rule: &'v str,
    title: String,
    description: &'v str,
    word: &'v str,
    cwe: &'v str,
    score: Option<f64>,
    references: Vec<&'v str>,
    tags: Vec<String>,
    detail: Detail,
    /// File, component or binary; empty: the app.
    at: &'v str,
    /// Whether that is part of what the finding is.
    owned: bool,
    line: Option<u32>,
    end_line: Option<u32>,
    /// What else tells places apart.
    more: String,
}

fn word<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

/// The first of these that says something.
fn first<'v>(value: &'v Value, keys: &[&str]) -> &'v str {
    keys.iter()
        .map(|k| word(value, k))
        .find(|w| !w.is_empty())
        .unwrap_or_default()
}

/// A list, under a key or as it stands.
fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    let found = value.get(key).unwrap_or(value);
    found.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Named values, under `findings` or as they stand.
fn named(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let found = value.get("findings").filter(|f| f.is_object()).unwrap_or(value);
    found.as_object().into_iter().flatten().map(|(k, v)| (k.as_str(), v))
}

fn severity(word: &str) -> Option<Severity> {
    Some(match word.to_lowercase().as_str() {
        "good" | "secure" => return None,
        "warning" | "dangerous" => Severity::Medium,
        "error" => Severity::High,
        other => names::rated(other),
    })
}

impl Reading<'_, '_> {
    pub fn section(&mut self, key: &str, value: &Value) -> Result<(), Refusal> {
        self.holds(key, value);
        match key {
            "permissions" => self.permissions(value),
            "certificate_analysis" => self.certificate(value),
            "manifest_analysis" => self.listed("manifest", value, "manifest_findings"),
            "network_security" => self.listed("network", value, "network_findings"),
            "ats_analysis" => self.listed("transport", value, "ats_findings"),
            "code_analysis" | "results" => self.code(value),
            "binary_analysis" if value.is_object() => self.binary(value),
            "macho_analysis" => self.checks(value),
            "secrets" => self.secrets(value),
            "firebase_urls" => self.firebase(value),
            _ => list(value, "findings")
                .iter()
                .try_for_each(|binary| self.checks(binary)),
        }
    }

    /// Names what should hold findings and is something else.
    fn holds(&mut self, key: &str, value: &Value) {
        let blank = value.is_null() || value.as_str().is_some_and(|t| t.trim().is_empty());
        if !(blank || value.is_array() || value.is_object()) {
            let what = format!("`{}` that is no section", clip_line(key, 60));
            self.out.unknown_inside(&what, self.span.offset);
        }
    }

    fn emit(&mut self, found: Found<'_>) -> Result<(), Refusal> {
        self.out.summary.count("findings", 1);
        self.out.entry(self.span.offset)?;
        let Some(severity) = severity(found.word) else {
            self.out.summary.leave_out("checks that passed");
            return Ok(());
        };
        let rule = clip_line(found.rule, text::WORD);
        let mut fields = vec![
            ("tool", self.tool.to_owned()),
            ("section", found.section.to_owned()),
            ("rule", rule.clone()),
        ];
        if found.owned {
            fields.push(("at", place::path_key(&clip_line(found.at, text::PLACE))));
        }
        let score = found.score.filter(|s| *s > 0.0 && *s <= 10.0);
        let mut references = Vec::new();
        for reference in found.references.iter().filter(|r| r.starts_with("http")) {
            names::add(&mut references, clip_line(reference, text::PLACE));
        }
        let mut tags = vec![found.section.to_owned()];
        for tag in found.tags.iter().filter(|t| !t.is_empty()) {
            names::add(&mut tags, clip_line(tag, text::WORD));
        }
        let occurrence = self.place(&found);
        let version = [&self.app.scan, &self.app.made_by].into_iter().find(|v| !v.is_empty());
        let record = Record {
            tool_version: version.cloned(),
            title: clip_line(&found.title, text::TITLE),
            description: clip(found.description, text::PARAGRAPH),
            references,
            severity,
            severity_word: clip_line(found.word, text::WORD),
            score,
            cwe: names::cwe(found.cwe).into_iter().collect(),
            tags,
            detail: found.detail.text(),
            rule,
            ..Record::new(self.tool, Fingerprint::new(VERSION, fields), occurrence, self.span)
        };
        self.out.record(record)
    }

    fn place(&self, found: &Found<'_>) -> Occurrence {
        let app = self.app.id();
        let mut occurrence = if found.at.is_empty() {
            place::nowhere(app)
        } else {
            place::code(found.at, found.line, found.end_line, None)
        };
        occurrence.key = digest(&[&occurrence.key, app, &found.more]);
        if !found.at.is_empty() && !app.is_empty() {
            occurrence.place = clip_line(&format!("{app}: {}", occurrence.place), text::PLACE);
        }
        occurrence.parts.package = Some(clip_line(app, text::WORD)).filter(|a| !a.is_empty());
        occurrence.parts.package_version = Some(self.app.version.clone()).filter(|v| !v.is_empty());
        occurrence
    }

    fn permissions(&mut self, value: &Value) -> Result<(), Refusal> {
        // Before version 1 a list, with the names inside.
        let named = value.as_object().into_iter().flatten().map(|(n, of)| (n.as_str(), of));
        let listed = value.as_array().into_iter().flatten().map(|of| (word(of, "name"), of));
        for (name, of) in named.chain(listed) {
            let status = word(of, "status");
            if status != "dangerous" {
                self.out.summary.leave_out("permissions that are not dangerous");
                continue;
            }
            self.emit(Found {
                section: "permission",
                rule: name,
                title: format!("Dangerous permission: {name}"),
                description: first(of, &["description", "info"]),
                word: status,
                ..Found::default()
            })?;
        }
        Ok(())
    }

    /// Each is a list of severity, description and title.
    fn certificate(&mut self, value: &Value) -> Result<(), Refusal> {
        for row in list(value, "certificate_findings") {
            let at = |n: usize| row.get(n).and_then(Value::as_str).unwrap_or_default();
            let title = [at(2), at(1)].into_iter().find(|t| !t.is_empty()).unwrap_or_default();
            if title.is_empty() {
                self.out
                    .unreadable("certificate findings that say nothing", self.span.offset);
                continue;
            }
            self.emit(Found {
                section: "certificate",
                rule: title,
                title: title.to_owned(),
                description: at(1),
                word: at(0),
                ..Found::default()
            })?;
        }
        Ok(())
    }

    /// Objects with a title, a severity and a description.
    fn listed(&mut self, section: &str, value: &Value, key: &str) -> Result<(), Refusal> {
        if let Some(inner) = value.get(key) {
            self.holds(key, inner);
        }
        let named = value.as_object().filter(|of| !of.contains_key(key));
        for (name, _) in named.into_iter().flatten().filter(|(_, v)| v.is_array()) {
            let what = format!("keys `{}` of the {section} section", clip_line(name, 60));
            self.out.unknown_inside(&what, self.span.offset);
        }
        for of in list(value, key) {
            let title = first(of, &["title", "issue", "description", "desc"]);
            let rule = first(of, &["rule", "title", "issue", "description", "desc"]);
            if rule.is_empty() {
                self.out
                    .unreadable(&format!("{section} findings that say nothing"), self.span.offset);
                continue;
            }
            // A component or a scope is where it is; the titles of old versions name it too.
            let component = of.get("component").and_then(|c| c.as_array()?.last()?.as_str());
            let scope = of.get("scope").and_then(|s| s.as_array()?.first()?.as_str());
            let more = component.or(scope).unwrap_or_else(|| word(of, "name"));
            let mut detail = Detail::default();
            detail.add("In", Some(more));
            self.emit(Found {
                section,
                rule,
                title: title.replace("<br>", " "),
                description: first(of, &["description", "desc"]),
                word: first(of, &["severity", "stat"]),
                more: more.to_owned(),
                detail,
                ..Found::default()
            })?;
        }
        Ok(())
    }

    /// Rules with the files they match in.
    fn code(&mut self, value: &Value) -> Result<(), Refusal> {
        for (name, of) in named(value) {
            self.holds(name, of);
        }
        for (rule, of) in named(value).filter(|(name, of)| of.is_object() && *name != "summary") {
            let about = of.get("metadata").unwrap_or(of);
            let title = first(about, &["description", "title"]);
            let found = || Found {
                section: "code",
                rule,
                title: if title.is_empty() {
                    rule.to_owned()
                } else {
                    title.to_owned()
                },
                description: title,
                word: first(about, &["severity", "level"]),
                cwe: word(about, "cwe"),
                score: about.get("cvss").and_then(Value::as_f64),
                references: vec![first(about, &["ref", "reference"])],
                tags: ["owasp-mobile", "masvs"]
                    .iter()
                    .map(|k| word(about, k).to_owned())
                    .collect(),
                owned: true,
                ..Found::default()
            };
            match of.get("files") {
                // By path: the lines, with commas.
                Some(Value::Object(files)) => {
                    for (path, lines) in files {
                        let lines = lines.as_str().unwrap_or_default();
                        for line in lines.split(',').take(text::LIST) {
                            let line = line.trim().parse().ok();
                            self.emit(Found {
                                at: path,
                                line,
                                ..found()
                            })?;
                        }
                    }
                }
                Some(Value::Array(files)) => {
                    for file in files {
                        let line = |n: usize| file.get("match_lines")?.get(n)?.as_u64()?.try_into().ok();
                        let mut detail = Detail::default();
                        detail.add("", Some(word(file, "match_string")));
                        self.emit(Found {
                            at: file.as_str().unwrap_or_else(|| word(file, "file_path")),
                            line: line(0),
                            end_line: line(1),
                            detail,
                            ..found()
                        })?;
                    }
                }
                _ => self.emit(found())?,
            }
        }
        Ok(())
    }

    /// What the binary calls, by title.
    fn binary(&mut self, value: &Value) -> Result<(), Refusal> {
        for (title, of) in named(value).filter(|(name, of)| of.is_object() && *name != "summary") {
            self.emit(Found {
                section: "binary",
                rule: title,
                title: title.to_owned(),
                description: first(of, &["detailed_desc", "description"]),
                word: word(of, "severity"),
                cwe: word(of, "cwe"),
                score: of.get("cvss").and_then(Value::as_f64),
                tags: ["owasp-mobile", "masvs"]
                    .iter()
                    .map(|k| word(of, k).to_owned())
                    .collect(),
                ..Found::default()
            })?;
        }
        Ok(())
    }

    /// Protections of one binary, by name.
    fn checks(&mut self, binary: &Value) -> Result<(), Refusal> {
        let name = word(binary, "name");
        for (check, of) in binary
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, of)| of.is_object())
        {
            let rated = word(of, "severity");
            if matches!(rated, "info" | "" | "good" | "secure") {
                self.out.summary.leave_out("protections of binaries that are there");
                continue;
            }
            self.emit(Found {
                section: "protection",
                rule: check,
                title: format!("{name}: protection {check} is missing or weak"),
                description: word(of, "description"),
                word: rated,
                at: name,
                owned: true,
                ..Found::default()
            })?;
        }
        Ok(())
    }

    fn secrets(&mut self, value: &Value) -> Result<(), Refusal> {
        for found in list(value, "secrets").iter().filter_map(Value::as_str) {
            let mut detail = Detail::default();
            detail.add("Found (masked)", Some(&secret::mask(found)));
            self.emit(Found {
                section: "secret",
                rule: "possible_secret",
                title: "The app may contain secrets".to_owned(),
                word: "warning",
                more: secret::fingerprint(found),
                detail,
                ..Found::default()
            })?;
        }
        Ok(())
    }

    fn firebase(&mut self, value: &Value) -> Result<(), Refusal> {
        for of in list(value, "firebase_urls") {
            if of.get("open").and_then(Value::as_bool) != Some(true) {
                self.out.summary.leave_out("Firebase databases that are closed");
                continue;
            }
            self.emit(Found {
                section: "firebase",
                rule: "firebase_open",
                title: "A Firebase database stands open".to_owned(),
                word: "high",
                at: word(of, "url"),
                ..Found::default()
            })?;
        }
        Ok(())
    }
}
