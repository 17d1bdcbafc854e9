//! One finding of an export: what it says, as records.

use std::borrow::Cow;
use std::io::Read;

use serde::Deserialize;

use crate::domain::severity::Severity;
use crate::import::detail::Detail;
use crate::import::json::Walker;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::record::{Fingerprint, Occurrence, Place, Record, Span, digest};
use crate::import::{Out, clock, names};

/// Of the rule that makes fingerprints, see the format's documentation.
const VERSION: u32 = 1;

/// Amazon's own products, as they name themselves.
const SERVICES: [&str; 8] = [
    "Security Hub",
    "Inspector",
    "GuardDuty",
    "Macie",
    "Config",
    "Health",
    "IAM Access Analyzer",
    "Firewall Manager",
];

pub fn take<R: Read>(walker: &Walker<R>, raw: &[u8], span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut entry: Entry<'_> = walker.read(raw, span)?;
    entry.vulnerabilities.extend(entry.of_others());
    let Some(tool) = entry.tool() else {
        out.unreadable("findings without a product or a title", span.offset);
        return Ok(());
    };
    out.tool(&tool);
    let is = |word: &Word<'_>, wanted: &str| word.text().is_some_and(|w| w.eq_ignore_ascii_case(wanted));
    if is(&entry.compliance.status, "PASSED") {
        out.summary.leave_out("controls that passed");
        return Ok(());
    }
    if is(&entry.record_state, "ARCHIVED") || is(&entry.workflow.status, "RESOLVED") {
        out.summary.leave_out("archived or resolved findings");
        return Ok(());
    }
    let record = entry.record(&tool, span);
    if entry.resources.is_empty() {
        return out.record(record);
    }
    for resource in &entry.resources {
        let mut record = record.clone();
        record.occurrence = entry.place(resource);
        out.record(record)?;
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    product_arn: Word<'a>,
    #[serde(borrow)]
    product_name: Word<'a>,
    #[serde(borrow)]
    company_name: Word<'a>,
    #[serde(borrow)]
    generator_id: Word<'a>,
    #[serde(borrow)]
    aws_account_id: Word<'a>,
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow)]
    types: Words<'a>,
    #[serde(borrow)]
    updated_at: Word<'a>,
    #[serde(borrow)]
    last_observed_at: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    source_url: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    severity: Rated<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    finding_provider_fields: Provider<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    remediation: Remediation<'a>,
    #[serde(borrow)]
    product_fields: Bag<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    resources: Vec<Resource<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    compliance: Compliance<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    workflow: Workflow<'a>,
    #[serde(borrow)]
    record_state: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Rated<'a> {
    #[serde(borrow)]
    label: Word<'a>,
    #[serde(borrow)]
    normalized: Word<'a>,
    #[serde(borrow)]
    original: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Provider<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    severity: Rated<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Remediation<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    recommendation: Recommendation<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Recommendation<'a> {
    #[serde(borrow)]
    text: Word<'a>,
    #[serde(borrow)]
    url: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Resource<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow, rename = "Type")]
    kind: Word<'a>,
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    details: Details<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Details<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    aws_ec2_instance: Instance<'a>,
    /// What has no place in the format.
    #[serde(borrow)]
    other: Bag<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Instance<'a> {
    #[serde(borrow, rename = "IpV4Addresses")]
    addresses: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Compliance<'a> {
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    security_control_id: Word<'a>,
    #[serde(borrow)]
    related_requirements: Words<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    status_reasons: Vec<Reason<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Reason<'a> {
    #[serde(borrow)]
    description: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Workflow<'a> {
    #[serde(borrow)]
    status: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulnerable_packages: Vec<Package<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    cvss: Vec<Score<'a>>,
    #[serde(borrow)]
    reference_urls: Words<'a>,
    #[serde(borrow)]
    related_vulnerabilities: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Package<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    release: Word<'a>,
    #[serde(borrow)]
    fixed_in_version: Word<'a>,
    #[serde(borrow)]
    remediation: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Score<'a> {
    #[serde(borrow)]
    base_score: Word<'a>,
    #[serde(borrow)]
    base_vector: Word<'a>,
}

fn severity(word: &str, number: Option<f64>) -> Severity {
    match word.to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        "informational" => Severity::Info,
        _ => match number.unwrap_or_default() {
            n if n >= 90.0 => Severity::Critical,
            n if n >= 70.0 => Severity::High,
            n if n >= 40.0 => Severity::Medium,
            n if n >= 1.0 => Severity::Low,
            _ => Severity::Info,
        },
    }
}

impl Package<'_> {
    fn installed(&self) -> String {
        let parts = [self.version.text(), self.release.text()];
        parts.into_iter().flatten().collect::<Vec<_>>().join("-")
    }
}

impl<'a> Entry<'a> {
    /// Trivy says in a resource's other details what the format has vulnerabilities for.
    fn of_others(&self) -> Option<Vulnerability<'a>> {
        let bags = self.resources.iter().map(|r| &r.details.other);
        let bag = bags.into_iter().find(|bag| bag.get("CVE ID").next().is_some())?;
        let word = |key: &str| Word(bag.get(key).next().map(|w| Cow::Owned(w.to_owned())));
        let score = |score: &str, vector: &str| Score {
            base_score: word(score),
            base_vector: word(vector),
        };
        self.vulnerabilities.is_empty().then(|| Vulnerability {
            id: word("CVE ID"),
            vulnerable_packages: vec![Package {
                name: word("PkgName"),
                version: word("Installed Package"),
                fixed_in_version: word("Patched Package"),
                ..Package::default()
            }],
            cvss: vec![
                score("NvdCvssScoreV3", "NvdCvssVectorV3"),
                score("NvdCvssScoreV2", "NvdCvssVectorV2"),
            ],
            ..Vulnerability::default()
        })
    }
}

impl Entry<'_> {
    fn amazon(&self) -> bool {
        matches!(self.company_name.text(), Some("Amazon" | "AWS"))
            || self.product_arn.text().is_some_and(|arn| arn.contains("product/aws/"))
    }

    /// `AWS Inspector`; others by their own name. None where the entry is none.
    fn tool(&self) -> Option<String> {
        self.title.text()?;
        // `…:product/aws/inspector`
        let of_arn = || self.product_arn.text().and_then(|arn| arn.rsplit('/').next());
        let name = self.product_name.text().or_else(of_arn)?;
        let name = if self.amazon() {
            // Older exports name no product; a tool must not have two names.
            let bare = name.to_lowercase().replace([' ', '-'], "");
            let known = SERVICES
                .iter()
                .find(|known| known.to_lowercase().replace([' ', '-'], "") == bare);
            format!("AWS {}", known.copied().unwrap_or(name))
        } else {
            name.to_owned()
        };
        Some(clip_line(&name, text::WORD))
    }

    /// The control or generator, and what it speaks of where that is not one thing.
    fn rule(&self) -> (String, String) {
        let generator = self.generator_id.text().unwrap_or_default();
        let kind = self.types.iter().next().unwrap_or_default();
        // A detector's address names account and region.
        let rule = if generator.starts_with("arn:") && !generator.contains("securityhub") {
            kind
        } else {
            generator
        };
        let ids: Vec<&str> = self.vulnerabilities.iter().filter_map(|v| v.id.text()).collect();
        let title = self.title.text().unwrap_or_default();
        let control = self.compliance.security_control_id.text().is_some() || self.compliance.status.text().is_some();
        let what = if control && !rule.is_empty() {
            String::new()
        } else if ids.is_empty() {
            title.to_owned()
        } else {
            let packages = self.vulnerabilities.iter().flat_map(|v| &v.vulnerable_packages);
            let mut all: Vec<&str> = ids.into_iter().chain(packages.filter_map(|p| p.name.text())).collect();
            all.sort_unstable();
            all.dedup();
            all.join(" ")
        };
        (clip_line(rule, text::PLACE), clip_line(&what, text::PLACE))
    }

    fn record(&self, tool: &str, span: Span) -> Record {
        let (rule, what) = self.rule();
        let fingerprint = Fingerprint::new(
            VERSION,
            vec![("tool", tool.to_owned()), ("rule", rule.clone()), ("what", what)],
        );
        let nowhere = Resource {
            id: Word(self.aws_account_id.text().map(Cow::Borrowed)),
            ..Resource::default()
        };
        let mut record = Record::new(tool, fingerprint, self.place(&nowhere), span);
        let label = [&self.severity.label, &self.finding_provider_fields.severity.label];
        let word = label.iter().find_map(|w| w.text()).unwrap_or_default();
        record.severity = severity(word, self.severity.normalized.number());
        let original = self.severity.original.text().unwrap_or(word);
        record.severity_word = clip_line(original, text::WORD);
        record.title = clip_line(self.title.text().unwrap_or_default(), text::TITLE);
        record.description = clip(self.description.text().unwrap_or_default(), text::PARAGRAPH);
        record.rule = rule;
        record.suppressed = self
            .workflow
            .status
            .text()
            .is_some_and(|w| w.eq_ignore_ascii_case("SUPPRESSED"));
        let times = [&self.last_observed_at, &self.updated_at];
        record.observed_at = times.iter().find_map(|t| t.text()).and_then(clock::time);
        for kind in self.types.iter().take(text::LIST) {
            names::add(&mut record.tags, clip_line(kind, text::WORD));
        }
        let advice = &self.remediation.recommendation;
        let mut remediation = Detail::default();
        remediation.add("", advice.text.text());
        for v in &self.vulnerabilities {
            for id in v.id.text().into_iter().chain(v.related_vulnerabilities.iter()) {
                for cve in names::cves(id) {
                    names::add(&mut record.cve, cve);
                }
            }
            for score in &v.cvss {
                if let Some(vector) = score.base_vector.text().filter(|_| record.cvss.len() < text::LIST) {
                    names::add(&mut record.cvss, clip_line(vector, text::WORD));
                }
                let number = score.base_score.number().filter(|s| (0.0..=10.0).contains(s));
                record.score = record.score.or(number);
            }
            for p in &v.vulnerable_packages {
                let line = [
                    p.name.text(),
                    p.fixed_in_version.text().map(|_| "is fixed in"),
                    p.fixed_in_version.text(),
                ];
                let line: Vec<&str> = line.into_iter().flatten().collect();
                remediation.add("", (line.len() == 3).then(|| line.join(" ")).as_deref());
                remediation.add("", p.remediation.text());
            }
        }
        if record.cve.is_empty() {
            record.cve = names::cves(&record.title);
        }
        record.remediation = remediation.text();
        let urls = self.vulnerabilities.iter().flat_map(|v| v.reference_urls.iter());
        for url in advice
            .url
            .text()
            .into_iter()
            .chain(self.source_url.text())
            .chain(urls)
            .take(text::LIST)
        {
            names::add(&mut record.references, clip_line(url, text::PLACE));
        }
        record.detail = self.detail();
        record
    }

    fn detail(&self) -> String {
        let mut detail = Detail::default();
        detail.add("Account", self.aws_account_id.text());
        detail.add("Region", self.region.text());
        detail.add("Compliance", self.compliance.status.text());
        for reason in &self.compliance.status_reasons {
            detail.add("", reason.description.text());
        }
        let requirements = self
            .compliance
            .related_requirements
            .iter()
            .collect::<Vec<_>>()
            .join(", ");
        detail.add("Requirements", Some(&requirements));
        for name in [
            "aws/inspector/inspectorScore",
            "aws/guardduty/service/action/actionType",
        ] {
            detail.add(name, self.product_fields.get(name).next());
        }
        detail.add("Id", self.id.text());
        detail.text()
    }

    fn place(&self, resource: &Resource<'_>) -> Occurrence {
        let id = clip_line(resource.id.text().unwrap_or("(no resource given)"), text::PLACE);
        let packages = self.vulnerabilities.iter().flat_map(|v| &v.vulnerable_packages);
        let mut packages: Vec<String> = packages
            .filter_map(|p| {
                p.name
                    .text()
                    .map(|name| format!("{name} {}", p.installed()).trim().to_owned())
            })
            .collect();
        packages.sort();
        packages.dedup();
        let installed = clip_line(&packages.join(", "), text::WORD);
        // Of a whole account others say what it is about in words only: a user, a key, a trail.
        let account_wide = id.starts_with("AWS::::Account:") && !self.amazon();
        let about = self.description.text().filter(|_| account_wide && installed.is_empty());
        let about = clip_line(about.unwrap_or_default(), text::PLACE);
        let first = self.vulnerabilities.iter().flat_map(|v| &v.vulnerable_packages).next();
        let region = resource.region.text().or(self.region.text()).unwrap_or_default();
        let account = self.aws_account_id.text().unwrap_or_default();
        let shown = match (installed.as_str(), about.as_str()) {
            ("", "") => id.clone(),
            ("", about) => clip_line(&format!("{id}: {about}"), text::PLACE),
            (installed, _) => format!("{id} ({installed})"),
        };
        let mut key = vec!["resource", account, region, &id, &installed];
        if !about.is_empty() {
            key.push(&about);
        }
        Occurrence {
            key: digest(&key),
            place: shown,
            parts: Place {
                ip: resource
                    .details
                    .aws_ec2_instance
                    .addresses
                    .iter()
                    .next()
                    .map(|ip| clip_line(ip, text::WORD)),
                symbol: resource.kind.text().map(|k| clip_line(k, text::WORD)),
                package: first.and_then(|p| p.name.text()).map(|n| clip_line(n, text::WORD)),
                package_version: first
                    .map(Package::installed)
                    .filter(|v| !v.is_empty())
                    .map(|v| clip_line(&v, text::WORD)),
                ..Place::default()
            },
        }
    }
}
