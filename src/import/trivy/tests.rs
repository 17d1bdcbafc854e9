//! Versions of Trivy, and what is suppressed or secret.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

fn vulnerability(name: &str, version: &str) -> String {
    format!(
        r#"{{"VulnerabilityID":"CVE-2030-0001","VendorIDs":["GHSA-aaaa-bbbb-cccc"],"PkgName":"{name}","InstalledVersion":"{version}",
        "FixedVersion":"9.9","Status":"fixed","SeveritySource":"ubuntu","Severity":"UNKNOWN","CweIDs":["CWE-79"],
        "CVSS":{{"nvd":{{"V2Vector":"AV:N/AC:L/Au:N/C:P/I:P/A:P","V3Vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","V3Score":9.8}},"odd":7}}}}"#
    )
}

#[test]
fn the_next_build_of_an_image_is_the_same_place() {
    let report = |tag: &str, version: &str| {
        format!(
            r#"{{"SchemaVersion":2,"CreatedAt":"2026-01-02T03:04:05Z","ArtifactName":"r.example/app:{tag}","ArtifactType":"container_image","Metadata":{{}},
            "Results":[{{"Vulnerabilities":[{}],"Class":"os-pkgs","Type":"alpine","Target":"r.example/app:{tag} (alpine 3.9)"}},{{"Target":"x","Vulnerabilities":null}},7]}}"#,
            vulnerability("zlib", version)
        )
    };
    let ((a, summary), (b, _), (c, _)) = (
        decode(&report("1", "1.0")),
        decode(&report("2", "1.0")),
        decode(&report("3", "1.1")),
    );
    assert_eq!(
        (&a[0].fingerprint, &a[0].occurrence.key),
        (&b[0].fingerprint, &b[0].occurrence.key)
    );
    assert_eq!(a[0].fingerprint, c[0].fingerprint);
    assert_ne!(a[0].occurrence.key, c[0].occurrence.key);
    assert_eq!(summary.covers, ["r.example/app"]);
    assert_eq!(summary.left_out[0].what, "results that are no objects");
    let r = &a[0];
    assert_eq!(r.occurrence.place, "r.example/app: zlib 1.0");
    assert_eq!(
        (r.severity, r.score, r.cvss.len(), r.cwe.as_slice()),
        (Severity::Critical, Some(9.8), 2, &[79][..])
    );
    assert_eq!(r.fingerprint.fields[1], ("ecosystem".into(), "apk".into()));
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-01-02T03:04:05.000Z");
}

#[test]
fn a_bare_list_says_the_same_as_a_report() {
    let list = format!(
        r#"[{{"Target":"a/package-lock.json","Type":"npm","Vulnerabilities":[{}]}}]"#,
        vulnerability("lodash", "4.0")
    );
    let report = format!(
        r#"{{"SchemaVersion":2,"ArtifactName":".","ArtifactType":"filesystem","Results":[{{"Target":"a/package-lock.json","Class":"lang-pkgs","Type":"npm","Packages":[],"Vulnerabilities":[{}]}}]}}"#,
        vulnerability("lodash", "4.0")
    );
    let (old, new) = (decode(&list).0, decode(&report).0);
    assert_eq!(
        (&old[0].fingerprint, &old[0].occurrence),
        (&new[0].fingerprint, &new[0].occurrence)
    );
    let (none, summary) = decode(r#"{"SchemaVersion":2,"ArtifactName":"a:1","ArtifactType":"container_image"}"#);
    assert!(none.is_empty());
    assert_eq!(
        (summary.records(), summary.covers.as_slice()),
        (0, &["a".to_owned()][..])
    );
}

#[test]
fn checks_keep_their_identity_over_versions_and_lines() {
    let check = |id: &str, line: u32| {
        decode(&format!(
            r#"{{"ClusterName":"c","Resources":[{{"Namespace":"n","Kind":"Pod","Name":"p","Results":[{{"Target":"Pod/p","Class":"config","Type":"kubernetes",
            "Misconfigurations":[{{{id},"Title":"T","Message":"m","Severity":"LOW","Status":"FAIL","CauseMetadata":{{"StartLine":{line},"EndLine":9}}}},
            {{"ID":"KSV001","Status":"PASS"}}]}}]}}]}}"#
        ))
    };
    let (a, summary) = check(r#""ID":"KSV116","AVDID":"AVD-KSV-0116""#, 3);
    let (b, _) = check(r#""ID":"KSV-0116""#, 7);
    assert_eq!(a[0].fingerprint, b[0].fingerprint);
    assert_ne!(a[0].occurrence.key, b[0].occurrence.key);
    assert_eq!(
        (summary.records(), summary.left_out[0].what.as_str()),
        (2, "checks that passed")
    );
    assert_eq!(
        (a[0].occurrence.place.as_str(), a[0].rule.as_str()),
        ("n/Pod/p: Pod/p:3", "KSV116")
    );
}

#[test]
fn secrets_are_masked_and_what_was_taken_out_is_kept_as_suppressed() {
    let (records, summary) = decode(
        r#"{"SchemaVersion":2,"ArtifactName":".","Results":[{"Target":".env","Class":"secret","Secrets":[
        {"RuleID":"aws-access-key-id","Title":"AWS","Severity":"CRITICAL","StartLine":2,"EndLine":2,"Match":"KEY=AKIAEXAMPLEEXAMPLE00"}],
        "Licenses":[{"Name":"GPL-2.0","PkgName":"busybox","Severity":"HIGH","FilePath":""}],
        "ExperimentalModifiedFindings":[{"Type":"vulnerability","Status":"not_affected","Statement":"unused","Source":"vex.json","Finding":{"VulnerabilityID":"CVE-2030-0002","PkgName":"p"}},{"Type":"new"}]}]}"#,
    );
    assert_eq!(records.len(), 3);
    let text = serde_json::to_string(&records).unwrap();
    assert!(!text.contains("EXAMPLEEXAMPLE"), "{text}");
    let suppressed: Vec<&str> = records
        .iter()
        .filter(|r| r.suppressed)
        .map(|r| r.rule.as_str())
        .collect();
    assert_eq!(suppressed, ["CVE-2030-0002"]);
    assert_eq!(
        (summary.counted[0].what.as_str(), summary.left_out.len()),
        ("secrets", 1)
    );
}

/// A summary of a cluster says the same under another name; the operator's reports say it of their image.
#[test]
fn summaries_and_the_operator_find_the_same() {
    let cluster = |name: &str| {
        format!(
            r#"{{"SchemaVersion":0,"ClusterName":"c","{name}":[{{"Namespace":"n","Kind":"Pod","Name":"p","Metadata":[{{"ImageID":"i"}}],"Results":[{{"Target":"f.lock","Class":"lang-pkgs","Type":"npm","Vulnerabilities":[{{"VulnerabilityID":"CVE-2020-0001","PkgName":"lib","InstalledVersion":"1","Severity":"HIGH"}}]}}]}}]}}"#
        )
    };
    let ((all, _), (few, summary)) = (decode(&cluster("Resources")), decode(&cluster("Findings")));
    assert_eq!(
        (all[0].fingerprint.clone(), &all[0].occurrence),
        (few[0].fingerprint.clone(), &few[0].occurrence)
    );
    assert_eq!(summary.left_out, []);

    let own = decode(
        r#"{"SchemaVersion":2,"ArtifactName":"nginx:1.2","ArtifactType":"container_image","Results":[{"Target":"nginx:1.2 (debian 10)","Class":"os-pkgs","Type":"debian",
        "Vulnerabilities":[{"VulnerabilityID":"CVE-2020-0002","PkgName":"libbsd0","InstalledVersion":"0.9","FixedVersion":"1.0","Severity":"CRITICAL"}]}]}"#,
    );
    let metadata = r#""metadata":{"name":"x","namespace":"n","labels":{"trivy-operator.resource.kind":"ReplicaSet","trivy-operator.resource.name":"web-6d4cf56db6","trivy-operator.resource.namespace":"n"}}"#;
    let about = r#""scanner":{"name":"Trivy"},"artifact":{"repository":"library/nginx","tag":"1.2"},"registry":{"server":"index.docker.io"},"os":{"family":"debian"},"updateTimestamp":"2026-01-02T03:04:05Z""#;
    let flaws = format!(
        r#"{{"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"VulnerabilityReport",{metadata},"report":{{{about},"vulnerabilities":[{{"vulnerabilityID":"CVE-2020-0002","resource":"libbsd0","installedVersion":"0.9","fixedVersion":"1.0","severity":"CRITICAL","score":9.1,"primaryLink":"https://a.example","links":[],"target":"library/nginx:1.2"}}]}}}}"#
    );
    let (records, summary) = decode(&flaws);
    let r = &records[0];
    assert_eq!(
        (&r.fingerprint, &r.occurrence),
        (&own.0[0].fingerprint, &own.0[0].occurrence)
    );
    assert_eq!(
        (r.score, r.references.as_slice()),
        (Some(9.1), &["https://a.example".to_owned()][..])
    );
    assert_eq!(
        (summary.covers.as_slice(), summary.observed_at.is_some()),
        (own.1.covers.as_slice(), true)
    );

    let secrets = format!(
        r#"{{"apiVersion":"v1","kind":"ExposedSecretReport",{metadata},"report":{{{about},"secrets":[{{"category":"Stripe","match":"key: *****","ruleID":"stripe","severity":"HIGH","target":"/app/s.yaml","title":"Stripe"}}]}}}}"#
    );
    let checks = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigAuditReport",{metadata},"report":{{"scanner":{{}},"checks":[{{"checkID":"KSV001","messages":["a","b"],"severity":"LOW","success":false,"title":"T","remediation":"Do."}},{{"checkID":"KSV002","success":true}},3]}}}}"#
    );
    let list = format!(
        r#"{{"apiVersion":"v1","kind":"List","items":[{flaws},{secrets},{checks},{{"kind":"SbomReport","metadata":{{}},"report":{{"components":{{}}}}}}],"metadata":{{}}}}"#
    );
    let (records, summary) = decode(&list);
    let places: Vec<_> = records.iter().map(|r| r.occurrence.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "nginx: libbsd0 0.9",
            "nginx: /app/s.yaml",
            "n/ReplicaSet/web: ReplicaSet/web"
        ]
    );
    assert_eq!(
        (records[2].remediation.as_str(), summary.covers.len(), summary.records()),
        ("Do.", 0, 4)
    );
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "checks that passed",
            "misconfigurations that are no objects",
            "reports of other kinds"
        ]
    );
}
