//! Both forms of the report say the same.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn both_forms_say_the_same_and_keep_what_was_suppressed() {
    let xml = r#"<?xml version="1.0"?><analysis xmlns="https://x.example/dependency-check.4.0.xsd"><scanInfo><engineVersion>9.0</engineVersion></scanInfo>
        <projectInfo><name>P</name><reportDate>2026-01-02T03:04:05Z</reportDate></projectInfo><dependencies>
        <dependency><fileName>app.ear: lib-1.0.jar</fileName><filePath>/build/7/lib-1.0.jar</filePath>
        <identifiers><package confidence="HIGH"><id>pkg:maven/org.example/lib@1.0</id></package></identifiers>
        <vulnerabilities><vulnerability source="NVD"><name>CVE-2030-0001</name><severity>HIGH</severity>
        <cvssV2><score>5.0</score><accessVector>NETWORK</accessVector><accessComplexity>LOW</accessComplexity><authenticationr>NONE</authenticationr>
        <confidentialImpact>PARTIAL</confidentialImpact><integrityImpact>NONE</integrityImpact><availabilityImpact>NONE</availabilityImpact></cvssV2>
        <cvssV3><baseScore>7.5</baseScore><attackVector>NETWORK</attackVector><attackComplexity>LOW</attackComplexity><privilegesRequired>NONE</privilegesRequired>
        <userInteraction>NONE</userInteraction><scope>UNCHANGED</scope><confidentialityImpact>HIGH</confidentialityImpact><integrityImpact>NONE</integrityImpact>
        <availabilityImpact>NONE</availabilityImpact><version>3.0</version></cvssV3><cwes><cwe>CWE-79</cwe></cwes><description>D</description>
        <references><reference><source>S</source><url>https://r.example/</url></reference></references></vulnerability>
        <suppressedVulnerability><name>CVE-2030-0002</name><severity unscored="true">low</severity><notes>not reachable</notes></suppressedVulnerability></vulnerabilities></dependency>
        <dependency><fileName>clean.jar</fileName></dependency></dependencies></analysis>"#;
    let json = r#"{"reportSchema":"1.1","scanInfo":{"engineVersion":"9.0"},"projectInfo":{"name":"P","reportDate":"2026-01-02T03:04:05Z"},"dependencies":[
        {"isVirtual":false,"fileName":"app.ear: lib-1.0.jar","filePath":"/build/8/lib-1.0.jar","packages":[{"id":"pkg:maven/org.example/lib@1.0"}],
        "vulnerabilities":[{"source":"NVD","name":"CVE-2030-0001","severity":"HIGH","cvssv2":{"score":5.0,"accessVector":"NETWORK","accessComplexity":"LOW","authenticationr":"NONE",
        "confidentialityImpact":"PARTIAL","integrityImpact":"NONE","availabilityImpact":"NONE"},
        "cvssv3":{"baseScore":7.5,"attackVector":"NETWORK","attackComplexity":"LOW","privilegesRequired":"NONE","userInteraction":"NONE","scope":"UNCHANGED","confidentialityImpact":"HIGH",
        "integrityImpact":"NONE","availabilityImpact":"NONE","version":"3.0"},"cwes":["CWE-79"],"description":"D","references":[{"source":"S","url":"https://r.example/"}]}],
        "suppressedVulnerabilities":[{"name":"CVE-2030-0002","severity":"low","notes":"not reachable"}]},{"fileName":"clean.jar"}]}"#;
    let ((a, sa), (b, sb)) = (decode(xml), decode(json));
    assert_eq!((sa.records(), &sa.counted), (2, &sb.counted));
    assert_eq!(sa.observed_at, sb.observed_at);
    for (x, j) in a.iter().zip(&b) {
        assert_eq!((&x.fingerprint, &x.occurrence), (&j.fingerprint, &j.occurrence));
        assert_eq!((&x.cvss, x.score, x.severity), (&j.cvss, j.score, j.severity));
    }
    let r = &a[0];
    assert_eq!(
        (r.severity, r.score, r.cwe.as_slice(), r.tool_version.as_deref()),
        (Severity::High, Some(7.5), &[79][..], Some("9.0"))
    );
    assert_eq!(
        r.cvss,
        [
            "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
            "AV:N/AC:L/Au:N/C:P/I:N/A:N"
        ]
    );
    assert_eq!(r.occurrence.place, "app.ear: lib-1.0.jar: org.example:lib 1.0");
    assert!(a[1].suppressed && a[1].detail.contains("not reachable"));
}

#[test]
fn declarations_are_refused() {
    let text = "<!DOCTYPE analysis [<!ENTITY x 'y'>]><analysis><scanInfo/>&x;</analysis>";
    let mut records: Vec<crate::import::record::Record> = Vec::new();
    let outcome = crate::import::decode(
        &mut crate::import::source::Source::Memory(text.as_bytes()),
        None,
        &crate::import::limits::Limits::default(),
        &mut records,
    );
    assert!(outcome.is_err());
}

#[test]
fn rows_are_a_vulnerability_each() {
    let text = "\"Project\",\"ScanDate\",\"DependencyName\",\"DependencyPath\",\"Description\",\"Identifiers\",\"CPE\",\"CVE\",\"CWE\",\"Vulnerability\",\"Source\",\"CVSSv2_Severity\",\"CVSSv2_Score\",\"CVSSv2\",\"CVSSv3_BaseSeverity\",\"CVSSv3_BaseScore\",\"CVSSv3\"\n\
        P,2026-01-02T03:04:05Z,app.ear: lib-1.0.jar,/build/7/lib-1.0.jar,d,\"pkg:maven/org.example/lib@1.0, x\",cpe,CVE-2030-0001,\"CWE-79, CWE-80\",It breaks.,NVD,MEDIUM,5.0,(AV:N/AC:L/Au:N/C:P/I:N/A:N),HIGH,9.8,CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\n\
        P,,nameless.dll,,,,,,,,,,,,,,\n";
    let (records, summary) = decode(text);
    assert_eq!((records.len(), summary.records()), (1, 2));
    let r = &records[0];
    assert_eq!(r.occurrence.place, "app.ear: lib-1.0.jar: org.example:lib 1.0");
    assert_eq!(
        (r.severity, r.score, r.cwe.as_slice()),
        (Severity::High, Some(9.8), &[79, 80][..])
    );
    assert_eq!(
        r.cvss,
        [
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "AV:N/AC:L/Au:N/C:P/I:N/A:N"
        ]
    );
    assert_eq!(
        (r.description.as_str(), r.cve.as_slice()),
        ("It breaks.", &["CVE-2030-0001".to_owned()][..])
    );
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-01-02T03:04:05.000Z");
    assert_eq!(summary.left_out[0].what, "vulnerabilities without a name");
}
