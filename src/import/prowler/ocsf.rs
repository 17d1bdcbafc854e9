//! Prowler's results as OCSF detection findings (`finding_info`), and as the compliance findings of version 3 (`finding`).

use serde::Deserialize;

use super::Check;
use crate::import::loose::{self, Bag, Word, Words};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    metadata: Metadata<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    finding_info: Info<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    finding: Info<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    status_code: Word<'a>,
    #[serde(borrow)]
    status_detail: Word<'a>,
    #[serde(borrow)]
    message: Word<'a>,
    #[serde(borrow)]
    risk_details: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    remediation: Remediation<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    resources: Vec<Resource<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cloud: Cloud<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    unmapped: Unmapped<'a>,
    #[serde(borrow)]
    time_dt: Word<'a>,
    #[serde(borrow)]
    event_time: Word<'a>,
    #[serde(borrow)]
    time: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    event_code: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    product: Product<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Product<'a> {
    #[serde(borrow)]
    version: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    desc: Word<'a>,
    #[serde(borrow)]
    uid: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Remediation<'a> {
    #[serde(borrow)]
    desc: Word<'a>,
    #[serde(borrow)]
    references: Words<'a>,
    #[serde(borrow)]
    kb_articles: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    uid: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow)]
    namespace: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    group: Group<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group<'a> {
    #[serde(borrow)]
    name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cloud<'a> {
    #[serde(borrow)]
    provider: Word<'a>,
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    account: Account<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Account<'a> {
    #[serde(borrow)]
    uid: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Unmapped<'a> {
    #[serde(borrow)]
    related_url: Word<'a>,
    #[serde(borrow)]
    additional_urls: Words<'a>,
    #[serde(borrow)]
    categories: Words<'a>,
    #[serde(borrow)]
    compliance: Bag<'a>,
    #[serde(borrow)]
    provider: Word<'a>,
    #[serde(borrow)]
    provider_uid: Word<'a>,
}

impl Entry<'_> {
    /// What it says of each of its resources. None where this is another layout's object.
    pub fn checks(&self) -> Option<Vec<Check>> {
        let none = [Resource::default()];
        let resources = if self.resources.is_empty() {
            &none[..]
        } else {
            &self.resources
        };
        resources.iter().map(|at| self.check(at)).collect()
    }

    fn check(&self, at: &Resource<'_>) -> Option<Check> {
        let first = |words: &[&Word<'_>]| {
            let found = words.iter().find_map(|w| w.text());
            found.unwrap_or_default().to_owned()
        };
        let uid = first(&[&self.finding_info.uid, &self.finding.uid]);
        let code = first(&[&self.metadata.event_code]);
        let title = first(&[&self.finding_info.title, &self.finding.title]);
        if code.is_empty() && uid.is_empty() && title.is_empty() {
            return None;
        }
        // Version 3 has no code for the check beside its finding's id: prowler-aws-check-account-region-resource.
        let of_uid = || uid.split('-').nth(2).unwrap_or_default().to_owned();
        let id = if code.is_empty() { of_uid() } else { code };
        let status = first(&[&self.status]);
        // `uid` of Kubernetes is the context; both layouts of `cloud` are missing there.
        let provider = first(&[&self.cloud.provider, &self.unmapped.provider]);
        let named = uid.split('-').nth(1).unwrap_or_default();
        let compliance = self.unmapped.compliance.0.iter().map(|(name, controls)| {
            let controls: Vec<&str> = controls.iter().collect();
            format!("{name}: {}", controls.join(", "))
        });
        Some(Check {
            id: if id.is_empty() { title.clone() } else { id },
            title,
            // Version 3 writes Success and Failure.
            status: first(&[&self.status_code, &self.status]),
            message: first(&[&self.status_detail, &self.message]),
            severity: first(&[&self.severity]),
            muted: status.eq_ignore_ascii_case("suppressed") || status.eq_ignore_ascii_case("muted"),
            provider: if provider.is_empty() {
                named.to_owned()
            } else {
                provider
            },
            account: first(&[&self.cloud.account.uid, &self.unmapped.provider_uid]),
            region: first(&[&at.region, &at.namespace, &self.cloud.region]),
            resource: first(&[&at.uid]),
            name: first(&[&at.name]),
            kind: first(&[&at.kind]),
            service: first(&[&at.group.name]),
            description: first(&[&self.finding_info.desc, &self.finding.desc]),
            risk: first(&[&self.risk_details]),
            remediation: vec![first(&[&self.remediation.desc])],
            references: [first(&[&self.unmapped.related_url])]
                .into_iter()
                .chain(self.unmapped.additional_urls.iter().map(str::to_owned))
                .chain(self.remediation.references.iter().map(str::to_owned))
                .chain(self.remediation.kb_articles.iter().map(str::to_owned))
                .filter(|r| r.starts_with("http"))
                .collect(),
            compliance: compliance.collect::<Vec<_>>().join("; "),
            categories: self.unmapped.categories.iter().map(str::to_owned).collect(),
            version: first(&[&self.metadata.product.version]),
            time: first(&[&self.time_dt, &self.event_time, &self.time]),
        })
    }
}
