//! Rows of Prowler's tables, and the flat objects of its older JSON: the same names, written in several ways.

use std::borrow::Cow;

use serde::Deserialize;

use super::Check;
use crate::import::loose::{Bag, Word, Words};
use crate::import::table::Row;

/// `[check11] Avoid the root account (Scored)`: its id and its title. Version 2 has a number of a benchmark besides.
fn of_control(text: &str, number: &str) -> (String, String) {
    let bare = text
        .trim()
        .trim_end_matches("(Scored)")
        .trim_end_matches("(Not Scored)")
        .trim();
    match bare.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((id, title)) => (id.trim().to_owned(), title.trim().to_owned()),
        None => (number.trim().to_owned(), bare.to_owned()),
    }
}

pub fn check(row: &Row<'_>) -> Check {
    let get = |names: &[&str]| row.get(names).map(Cow::into_owned).unwrap_or_default();
    let old = row.get(&["title_text"]).map(|t| of_control(&t, &get(&["title_id"])));
    let (id, title) = old.unwrap_or_else(|| (get(&["check_id"]), get(&["check_title"])));
    Check {
        id,
        title,
        status: get(&["check_result", "result", "status"]),
        message: get(&["check_result_extended", "notes", "status_extended"]),
        severity: get(&["check_severity", "severity"]),
        muted: get(&["muted"]).eq_ignore_ascii_case("true"),
        provider: row.get(&["provider"]).map_or_else(|| "aws".to_owned(), Cow::into_owned),
        account: get(&["account_uid", "account_num", "account_id", "subscription", "project_id"]),
        region: get(&["region", "location"]),
        resource: get(&["resource_uid", "resource_arn", "resource_id"]),
        name: get(&["resource_name"]),
        kind: get(&["resource_type", "check_asff_resource_type"]),
        service: get(&["service_name", "check_servicename"]),
        description: get(&["description"]),
        risk: get(&["risk", "check_risk"]),
        remediation: vec![
            get(&["remediation_recommendation_text", "check_remediation"]),
            get(&["remediation_code_cli"]),
        ],
        references: vec![
            get(&["related_url", "check_doc"]),
            get(&["remediation_recommendation_url"]),
            get(&["additional_urls"]),
        ],
        compliance: get(&["compliance", "check_asff_compliance_type"]),
        categories: get(&["categories"])
            .split([',', '|'])
            .map(|c| c.trim().to_owned())
            .collect(),
        version: get(&["prowler_version"]),
        time: get(&["timestamp", "assessment_start_time"]),
    }
}

/// Version 2 (`Control ID`) and version 3 (`CheckID`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Flat<'a> {
    #[serde(borrow, rename = "Control")]
    control: Word<'a>,
    #[serde(borrow, rename = "Control ID")]
    number: Word<'a>,
    #[serde(borrow, rename = "CheckID")]
    check: Word<'a>,
    #[serde(borrow, rename = "CheckTitle")]
    title: Word<'a>,
    #[serde(borrow, rename = "Status")]
    status: Word<'a>,
    #[serde(borrow, rename = "Message")]
    message: Word<'a>,
    #[serde(borrow, rename = "StatusExtended")]
    extended: Word<'a>,
    #[serde(borrow, rename = "Severity")]
    severity: Word<'a>,
    #[serde(borrow, rename = "Provider")]
    provider: Word<'a>,
    #[serde(borrow, rename = "Account Number")]
    account: Word<'a>,
    #[serde(borrow, rename = "AccountId")]
    account_id: Word<'a>,
    #[serde(borrow, rename = "Region")]
    region: Word<'a>,
    #[serde(borrow, rename = "Resource ID")]
    resource_old: Word<'a>,
    #[serde(borrow, rename = "ResourceArn")]
    arn: Word<'a>,
    #[serde(borrow, rename = "ResourceId")]
    resource: Word<'a>,
    #[serde(borrow, rename = "ResourceType")]
    kind: Word<'a>,
    #[serde(borrow, rename = "Service")]
    service_old: Word<'a>,
    #[serde(borrow, rename = "ServiceName")]
    service: Word<'a>,
    #[serde(borrow, rename = "Description")]
    description: Word<'a>,
    #[serde(borrow, rename = "Risk")]
    risk: Word<'a>,
    #[serde(borrow, rename = "Remediation")]
    remediation: Bag<'a>,
    #[serde(borrow, rename = "Doc link")]
    link: Word<'a>,
    #[serde(borrow, rename = "RelatedUrl")]
    url: Word<'a>,
    #[serde(borrow, rename = "Categories")]
    categories: Words<'a>,
    #[serde(borrow, rename = "Timestamp")]
    time_old: Word<'a>,
    #[serde(borrow, rename = "AssessmentStartTime")]
    time: Word<'a>,
}

impl Flat<'_> {
    pub fn check(&self) -> Check {
        let first = |words: &[&Word<'_>]| {
            let found = words.iter().find_map(|w| w.text());
            found.unwrap_or_default().to_owned()
        };
        let (id, title) = match self.check.text() {
            Some(id) => (id.to_owned(), first(&[&self.title])),
            None => of_control(&first(&[&self.control]), &first(&[&self.number])),
        };
        Check {
            id,
            title,
            status: first(&[&self.status]),
            message: first(&[&self.extended, &self.message]),
            severity: first(&[&self.severity]),
            provider: self.provider.text().unwrap_or("aws").to_owned(),
            account: first(&[&self.account_id, &self.account]),
            region: first(&[&self.region]),
            resource: first(&[&self.arn, &self.resource, &self.resource_old]),
            kind: first(&[&self.kind]),
            service: first(&[&self.service, &self.service_old]),
            description: first(&[&self.description]),
            risk: first(&[&self.risk]),
            remediation: self.remediation.get("Recommendation").map(str::to_owned).collect(),
            references: vec![first(&[&self.url]), first(&[&self.link])],
            categories: self.categories.iter().map(str::to_owned).collect(),
            time: first(&[&self.time, &self.time_old]),
            ..Check::default()
        }
    }
}
