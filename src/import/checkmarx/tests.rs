//! Checkmarx' XML and JSON, by hand.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

fn xml(line: u32) -> String {
    format!(
        r#"<?xml version="1.0"?><CxXMLResults ScanStart="Sunday, November 22, 2026 8:00:00 AM"><Query id="594" cweId="89" name="SQL_Injection" group="Java_High_Risk" Severity="High" categories="OWASP Top 10;A1,PCI;6.5">
        <Result FileName="src/In.java" Status="New" Line="3" Column="1" FalsePositive="False" Severity="Medium" state="0" Remark="look" DeepLink="https://cx.example/1"><Path SimilarityId="-77" PathId="1">
        <PathNode><FileName>src/In.java</FileName><Line>3</Line><Column>1</Column><Name>q</Name></PathNode>
        <PathNode><FileName>src/Db.java</FileName><Line>{line}</Line><Column>9</Column><Name>run</Name><Snippet><Line><Number>{line}</Number><Code>run(q)</Code></Line></Snippet></PathNode></Path></Result>
        <Result FileName="src/Db.java" Status="Fixed"/></Query><Query id="1"><Result state="1"/></Query></CxXMLResults>"#
    )
}

#[test]
fn a_path_stays_when_lines_move() {
    let ((a, summary), (b, _)) = (decode(&xml(7)), decode(&xml(12)));
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("Query", 2), ("Result", 3)]);
    assert_eq!(
        (&a[0].fingerprint, &a[0].occurrence.key),
        (&b[0].fingerprint, &b[0].occurrence.key)
    );
    let r = &a[0];
    assert_eq!(
        (r.severity, r.rule.as_str(), r.title.as_str()),
        (Severity::Medium, "594", "SQL Injection")
    );
    assert_eq!(
        (r.occurrence.place.as_str(), r.cwe.as_slice()),
        ("src/Db.java:7", &[89][..])
    );
    assert_eq!(r.description, "OWASP Top 10: A1\nPCI: 6.5");
    assert!(
        r.detail.contains("2. src/Db.java:7 run: run(q)") && r.detail.contains("Remark: look"),
        "{}",
        r.detail
    );
    assert_eq!(r.observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["results that Checkmarx calls fixed", "results without a query"]);
}

#[test]
fn engines_of_the_json_are_read() {
    let json = r#"{"results":[
      {"type":"sast","id":"x","similarityId":"-77","status":"NEW","state":"NOT_EXPLOITABLE","severity":"MEDIUM","description":"d","data":{"queryId":594,"queryName":"SQL_Injection","group":"Java_High_Risk",
       "nodes":[{"fileName":"src/In.java","line":3,"column":1,"name":"q"},{"fileName":"src/Db.java","line":7,"column":9,"name":"run"}]},"vulnerabilityDetails":{"cweId":89,"compliances":["PCI"]}},
      {"type":"sca","id":"CVE-2020-0001","severity":"HIGH","data":{"packageIdentifier":"Npm-left-pad-1.3.0","packageData":[{"url":"https://r.example"}]},"vulnerabilityDetails":{"cweId":"CWE-79","cvssScore":7.5,"cveName":"CVE-2020-0001"}},
      {"type":"kics","severity":"LOW","data":{"queryId":"q","queryName":"Missing User","fileName":"/Dockerfile","line":2,"value":"root","expectedValue":"a user"}},
      {"status":"FIXED"},{}],"totalCount":5,"scanID":"s"}"#;
    let ((records, summary), (of_xml, _)) = (decode(json), decode(&xml(7)));
    assert_eq!(
        (summary.format.as_str(), summary.records(), records.len()),
        ("checkmarx", 5, 3)
    );
    assert_eq!(
        (&records[0].fingerprint, &records[0].occurrence.key),
        (&of_xml[0].fingerprint, &of_xml[0].occurrence.key)
    );
    assert!(records[0].suppressed && !of_xml[0].suppressed);
    let sca = &records[1];
    assert_eq!(
        (sca.occurrence.place.as_str(), sca.cve.len(), sca.score),
        ("left-pad 1.3.0", 1, Some(7.5))
    );
    assert_eq!(
        (records[2].occurrence.place.as_str(), records[2].severity),
        ("/Dockerfile:2", Severity::Low)
    );
}

/// The report puts its advice behind everything; results of a query stand below it.
#[test]
fn reports_of_both_kinds_are_read() {
    let new = r#"{"reportCreationDate":"2026-11-22","reportType":"Vulnerability Type","reportHeader":{},"scanResults":{"totalResults":1,"resultsList":[
      {"queryName":"SQL_Injection","queryId":594,"description":"It embeds.","queryPath":"Java/High","cweId":89,"vulnerabilities":[
       {"similarityId":-77,"status":"Recurrent","state":"Not Exploitable","severity":"High","foundDate":"2026-11-22T08:00:00Z","nodes":[
        {"fileName":"src/In.java","line":3,"node":"q","code":"q"},{"fileName":"src/Db.java","line":7,"node":"run","code":"run(q)"}]}]}]},
      "iacScanResults":{"technology":[{"name":"K8s","queries":[{"queryName":"Root User","description":"r","category":"Access","resultsList":[
       {"severity":"Medium","status":"New","state":"To Verify","fileName":"pod.yaml","actualValue":"a is set","expectedValue":"a is not set"},
       {"severity":"Medium","status":"New","state":"To Verify","fileName":"pod.yaml","actualValue":"b is set"}]}]}]},
      "scaScanResults":{"packages":[{"packageName":"lib","packageVersion":"1.0","novel":[{}]}]},"novelScanResults":{},
      "vulnerabilityDetails":[{"vulnerabilityName":"SQL_Injection","risk":"Risky.","cause":"Because.","generalRecommendations":"Bind."}]}"#;
    let (records, summary) = decode(new);
    assert_eq!((summary.records(), summary.findings, summary.occurrences), (3, 2, 3));
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["keys `novel`", "keys `novelScanResults`"]);
    let first = &records[0];
    assert_eq!((first.remediation.as_str(), first.suppressed), ("Bind.", true));
    assert_eq!(first.description, "It embeds.\n\nRisky.\n\nBecause.");
    assert_eq!(
        (first.cwe.as_slice(), first.occurrence.place.as_str()),
        (&[89][..], "src/Db.java:7")
    );
    assert_eq!(first.observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
    let (of_xml, _) = decode(&xml(7));
    assert_eq!(
        (&first.fingerprint, &first.occurrence.key),
        (&of_xml[0].fingerprint, &of_xml[0].occurrence.key)
    );

    let old = r#"{"reportId":"1","reportHeader":{"projectName":"p"},"executiveSummary":{},"scanSummary":{},"scanResults":{
      "sast":{"languages":[{"languageName":"Java","queries":[{"queryName":"SQL_Injection","queryId":"","vulnerabilities":[
       {"similarityId":-77,"status":"NEW","state":"To verify","severity":"HIGH","groupName":"Java_High_Risk","cweId":89,"compliance":["PCI"],"foundDate":{"seconds":1795334400},
        "nodes":[{"fileName":"src/Db.java","line":7,"column":9,"name":"run"}]},{"status":"FIXED","severity":"LOW","nodes":[]}]}]}]},
      "sca":{"packages":[{"name":"Npm-left-pad-1.3.0","vulnerabilities":[{"id":"x","cveId":"CVE-2021-0001","cveName":"CVE-2021-0001","cwe":"94","severity":"HIGH","status":"NEW","state":"To verify"}]}]},
      "kics":{"results":[{"name":"Dockerfile","vulnerabilities":[{"similarityId":"h","queryName":"Root User","fileName":"/Dockerfile","severity":"INFO","description":"d","actualValue":"root"}]}]}}}"#;
    let (records, summary) = decode(old);
    assert_eq!((summary.records(), summary.findings), (4, 3));
    assert_eq!(summary.left_out[0].what, "results that Checkmarx calls fixed");
    assert_eq!(
        (&records[0].fingerprint, &records[0].occurrence.key),
        (&first.fingerprint, &first.occurrence.key)
    );
    assert_eq!(records[0].observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
    let package = &records[1];
    assert_eq!(
        (package.title.as_str(), package.cwe.as_slice()),
        ("CVE-2021-0001", &[94][..])
    );
    assert_eq!(package.occurrence.place, "left-pad 1.3.0");
    assert_eq!(records[2].occurrence.place, "/Dockerfile");
}
