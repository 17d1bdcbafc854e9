//! Forms, versions and analyses.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

const JSON: &str = r#"{"vulnerabilities":[{"id":"GHSA-aaaa-bbbb-cccc","references":[{"id":"CVE-2030-0001"}],
    "ratings":[{"severity":"unknown"},{"severity":"high","score":5.0,"method":"CVSSv2","vector":"AV:N/AC:L/Au:N/C:P/I:P/A:P"},{"score":9.8,"method":"CVSSv31","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "cwes":[79],"analysis":{"state":"not_affected","justification":"code_not_reachable","response":["update"]},"affects":[{"ref":"a"},{"ref":"urn:cdx:0/1#pkg:npm/b@2"}]},
    {"id":"CVE-2030-0002","analysis":{"state":"in_triage"}}],
    "bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"timestamp":"2026-01-02T03:04:05Z","tools":{"components":[{"name":"maker","version":"1"}]},
    "component":{"type":"container","name":"app:1"}},"components":[{"bom-ref":"outer","name":"o","components":[{"bom-ref":"a","name":"lib","version":"1.0","purl":"pkg:maven/org.example/lib@1.0"}]}],"novel":[]}"#;

const XML: &str = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><metadata><timestamp>2026-01-02T03:04:05Z</timestamp><tools><tool><name>maker</name><version>1</version></tool></tools>
    <component type="container"><name>app:2</name></component></metadata><components><component bom-ref="outer"><name>o</name><components>
    <component bom-ref="a"><name>lib</name><version>1.0</version><purl>pkg:maven/org.example/lib@1.0</purl></component></components></component></components>
    <vulnerabilities><vulnerability><id>GHSA-aaaa-bbbb-cccc</id><references><reference><id>CVE-2030-0001</id></reference></references>
    <ratings><rating><severity>high</severity><score>9.8</score><method>CVSSv31</method></rating></ratings><cwes><cwe>79</cwe></cwes>
    <analysis><state>false_positive</state></analysis><affects><target><ref>a</ref></target></affects></vulnerability></vulnerabilities></bom>"#;

#[test]
fn vex_suppresses_and_says_why() {
    let (records, summary) = decode(JSON);
    assert_eq!(
        (
            summary.records(),
            summary.findings,
            records.iter().filter(|r| r.suppressed).count()
        ),
        (2, 3, 2)
    );
    let r = &records[0];
    assert_eq!(
        (r.severity, r.score, r.cvss.len(), r.cwe[0], r.cve[0].as_str()),
        (Severity::High, Some(9.8), 2, 79, "CVE-2030-0001")
    );
    assert!(r.detail.contains("code_not_reachable") && r.tags.contains(&"vex:not_affected".to_owned()));
    assert_eq!(r.occurrence.place, "app: org.example:lib 1.0");
    assert_eq!(records[1].occurrence.parts.package.as_deref(), Some("b"));
    assert_eq!(
        (summary.covers.as_slice(), summary.tools.as_slice()),
        (&["app".to_owned()][..], &["cyclonedx: maker".to_owned()][..])
    );
    assert_eq!(
        (summary.left_out[0].what.as_str(), r.tool_version.as_deref()),
        ("keys `novel`", Some("1"))
    );
}

#[test]
fn both_forms_and_the_next_build_are_the_same_finding() {
    let ((json, _), (xml, summary)) = (decode(JSON), decode(XML));
    assert_eq!(json[0].fingerprint, xml[0].fingerprint);
    assert_eq!(json[0].occurrence.key, xml[0].occurrence.key);
    assert_eq!((summary.records(), xml[0].suppressed), (3, true));
}

#[test]
fn version_1_2_has_vulnerabilities_inside_components() {
    let (records, summary) = decode(
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"><components>
        <component><name>p</name><version>1</version><v:vulnerabilities><v:vulnerability ref="x"><v:id>CVE-2030-0001</v:id><v:source name="nvd"><v:url>https://s.example/</v:url></v:source>
        <v:ratings><v:rating><v:score><v:base>4.3</v:base></v:score><v:severity>Unknown</v:severity><v:method>CVSSv2</v:method></v:rating></v:ratings>
        <v:advisories><v:advisory>https://a.example/</v:advisory></v:advisories></v:vulnerability></v:vulnerabilities><purl>pkg:pypi/p@1</purl></component>
        <component><name>q</name></component></components></bom>"#,
    );
    assert_eq!((summary.records(), records.len()), (2, 1));
    let r = &records[0];
    assert_eq!((r.severity, r.score), (Severity::Medium, Some(4.3)));
    assert_eq!(r.references, ["https://s.example/", "https://a.example/"]);
    assert_eq!(r.fingerprint.fields[1], ("ecosystem".into(), "pypi".into()));
}
