//! Controls, and vulnerabilities with their packages.

use crate::domain::severity::Severity;
use crate::import::tests::read;

fn control(status: &str, account: &str) -> String {
    format!(
        r#"{{"SchemaVersion":"2018-10-08","Id":"x","ProductArn":"arn:aws:securityhub:eu-1::product/aws/securityhub","ProductName":"Security Hub",
        "CompanyName":"AWS","AwsAccountId":"{account}","GeneratorId":"security-control/S3.1","Title":"S3.1 Buckets are private",
        "Severity":{{"Label":"HIGH"}},"Compliance":{{"Status":"{status}"}},"Resources":[{{"Type":"AwsS3Bucket","Id":"arn:aws:s3:::b-{account}"}}],
        "Remediation":{{"Recommendation":{{"Text":"Close it.","Url":"https://docs.example/s3"}}}},"UpdatedAt":"2026-01-02T03:04:05Z"}}"#
    )
}

#[test]
fn a_control_is_one_finding_in_all_accounts_and_what_passed_is_none() {
    let text = format!(
        r#"{{"Findings":[{},{},{}],"NextToken":"x"}}"#,
        control("FAILED", "1"),
        control("FAILED", "2"),
        control("PASSED", "3")
    );
    let (records, summary) = read(&text);
    assert_eq!((summary.findings, summary.occurrences, summary.records()), (1, 2, 3));
    assert_eq!(summary.tools, ["AWS Security Hub"]);
    assert_eq!(summary.left_out[0].what, "controls that passed");
    assert_eq!(
        (records[0].severity, records[0].remediation.as_str()),
        (Severity::High, "Close it.")
    );
    assert_eq!(records[1].occurrence.place, "arn:aws:s3:::b-2");
    // All is well: an empty report of the tool, not an unreadable one.
    let (records, summary) = read(&control("PASSED", "1"));
    assert_eq!((records.len(), summary.tools.len()), (0, 1));
}

#[test]
fn a_vulnerability_stands_with_its_packages() {
    let one = |account: &str| {
        format!(
            r#"{{"Id":"x","ProductArn":"arn:aws:securityhub:eu-1::product/aws/inspector","AwsAccountId":"{account}","GeneratorId":"AWSInspector",
            "Title":"CVE-2020-0001 - lib","Severity":{{"Normalized":70}},"Workflow":{{"Status":"SUPPRESSED"}},
            "Resources":[{{"Id":"i-{account}","Details":{{"AwsEc2Instance":{{"IpV4Addresses":["192.0.2.1"]}}}}}}],
            "Vulnerabilities":[{{"Id":"CVE-2020-0001","VulnerablePackages":[{{"Name":"lib","Version":"1","Release":"2","FixedInVersion":"3"}}],
            "Cvss":[{{"BaseScore":"7.5","BaseVector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}}]}}]}}"#
        )
    };
    let (records, summary) = read(&format!("[{},{}]", one("1"), one("2")));
    assert_eq!((summary.findings, summary.occurrences), (1, 2));
    let r = &records[0];
    assert_eq!(
        (r.tool.as_str(), r.severity, r.score, r.suppressed),
        ("AWS Inspector", Severity::High, Some(7.5), true)
    );
    assert_eq!(
        (r.cve.as_slice(), r.remediation.as_str()),
        (&["CVE-2020-0001".to_owned()][..], "lib is fixed in 3")
    );
    assert_eq!(r.occurrence.place, "i-1 (lib 1-2)");
    assert_eq!(r.occurrence.parts.ip.as_deref(), Some("192.0.2.1"));
}

#[test]
fn what_others_say_of_an_account_tells_places_apart() {
    let one = |user: &str| {
        format!(
            r#"{{"Id":"p-{user}","ProductArn":"arn:aws:securityhub:eu-1::product/prowler/prowler","GeneratorId":"prowler-check12","AwsAccountId":"1",
            "Title":"[check12] MFA is on","Description":"User {user} has no MFA","Severity":{{"Label":"HIGH"}},"Compliance":{{"Status":"FAILED"}},
            "Resources":[{{"Type":"AwsAccount","Id":"AWS::::Account:1"}}]}}"#
        )
    };
    let (records, summary) = read(&format!("[{},{},{}]", one("a"), one("b"), one("a")));
    assert_eq!((summary.findings, summary.occurrences, summary.repeats), (1, 2, 1));
    assert_eq!(records[1].occurrence.place, "AWS::::Account:1: User b has no MFA");
}

#[test]
fn vulnerabilities_in_other_details_are_read() {
    let one = |package: &str| {
        format!(
            r#"{{"Id":"img/CVE-2020-0001","ProductArn":"arn:aws:securityhub:eu-1::product/aquasecurity/aquasecurity","GeneratorId":"Trivy","AwsAccountId":"1",
            "Title":"Trivy found a vulnerability to CVE-2020-0001 in container img","Severity":{{"Label":"HIGH"}},
            "Resources":[{{"Type":"Container","Id":"img","Details":{{"Container":{{"ImageName":"img"}},"Other":{{"CVE ID":"CVE-2020-0001","PkgName":"{package}",
            "Installed Package":"1.0","Patched Package":"1.1","NvdCvssScoreV3":"7.5","NvdCvssVectorV3":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}}}}}}]}}"#
        )
    };
    let (records, summary) = read(&format!(r#"{{"Findings":[{},{}]}}"#, one("libssl"), one("libcrypto")));
    assert_eq!((summary.findings, summary.occurrences, summary.repeats), (2, 2, 0));
    let r = &records[0];
    assert_eq!(
        (r.cve.as_slice(), r.score, r.cvss.len()),
        (&["CVE-2020-0001".to_owned()][..], Some(7.5), 1)
    );
    assert_eq!(r.occurrence.place, "img (libssl 1.0)");
    assert_eq!(
        (r.occurrence.parts.package.as_deref(), r.remediation.as_str()),
        (Some("libssl"), "libssl is fixed in 1.1")
    );
}

/// Older exports name no product, and what comes first may be strange.
#[test]
fn events_and_exports_without_a_product_are_read() {
    let bare = control("FAILED", "1").replace(r#""ProductName":"Security Hub","#, "");
    let event = format!(
        r#"{{"version":"0","id":"e","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub","account":"1","time":"2026-01-02T03:04:05Z","region":"eu-1","resources":[],"detail":{{"findings":[{bare}],"novel":1}}}}"#
    );
    let (records, summary) = read(&event);
    assert_eq!(
        (records.len(), summary.tools.as_slice()),
        (1, &["AWS Security Hub".to_owned()][..])
    );
    assert_eq!(summary.left_out[0].what, "keys `novel`");
    let first = read(&format!(r#"{{"Findings":[null,{{"Id":"y"}},{bare}]}}"#));
    assert_eq!(first.0[0].fingerprint, records[0].fingerprint);
    let left: Vec<_> = first.1.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        ["findings that are null", "findings without a product or a title"]
    );
}
