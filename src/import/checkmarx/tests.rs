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
        ("left-pad: CVE-2021-0001", &[94][..])
    );
    assert_eq!(package.occurrence.place, "left-pad 1.3.0");
    assert_eq!(records[2].occurrence.place, "/Dockerfile");
}

/// Flow's issues hold all paths of a query in a file; its packages and those of OSA and SCA stand in lists of their own.
#[test]
fn reports_of_the_older_engines_are_read() {
    let flow = r#"{"projectId":"6","team":"t","scanType":"Full","additionalDetails":{},"reportCreationTime":"Sunday, November 22, 2026 8:00:00 AM","xissues":[
      {"vulnerability":"SQL_Injection","vulnerabilityStatus":"TO VERIFY","similarityId":"1","cwe":"89","language":"Java","severity":"HIGH","link":"https://cx.example/1","filename":"src/In.java",
       "details":{"3":{"falsePositive":false},"9":{"falsePositive":true,"comment":"bound"}},"additionalDetails":{"recommendedFix":"https://cx.example/fix","categories":"OWASP;A1,PCI;6.5","results":[
        {"sink":{"file":"src/Db.java","line":"7","column":"9","object":"run"},"state":"0","2":{"file":"src/Db.java","line":"7","column":"9","object":"run","snippet":"run(q)"},"10":{"file":"src/Db.java","line":"8","column":"9"},"1":{"file":"src/In.java","line":"3"}},
        {"source":{"file":"src/In.java","line":"9"},"sink":{"file":"src/Db.java","line":"8","column":"9"}}]}},
      {"vulnerability":"CVE-2020-0002","severity":"LOW","scaDetails":[{"finding":{"id":"CVE-2020-0002","packageId":"Npm-left-pad-1.3.0-beta","severity":"LOW"}}]}],
      "unFilteredIssues":[{},{},{}],"scaResults":{"scanId":"s","findings":[{"id":"CVE-2020-0001","cveName":"","score":7.5,"severity":"HIGH","packageId":"p1","fixResolutionText":"2.0","isIgnored":true,"ignored":true}],
       "packages":[{"id":"p1","name":"lib","version":"1.0","locations":["z/pom.xml","a/pom.xml"],"directDependency":true,"isDirectDependency":true}]},
      "astResults":{"findings":[{"queryID":"5","queryName":"Key","severity":"LOW","cweID":547,"similarityID":-6,"nodes":[{"fileName":"/k.c","line":6,"column":1}]}]},"novel":1}"#;
    let (records, summary) = decode(flow);
    assert_eq!((summary.records(), summary.findings, summary.occurrences), (4, 4, 5));
    let left: Vec<_> = summary.left_out.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(
        left,
        [("keys `novel`", 1), ("issues that CxFlow's own filter took out", 1)]
    );
    let (first, (of_xml, _)) = (&records[0], decode(&xml(7)));
    assert_eq!(first.fingerprint, of_xml[0].fingerprint);
    assert_eq!(
        (first.occurrence.place.as_str(), first.cwe.as_slice(), first.suppressed),
        ("src/Db.java:8", &[89][..], false)
    );
    assert!(
        first.detail.contains("2. src/Db.java:7 run: run(q)"),
        "{}",
        first.detail
    );
    assert_eq!(first.description, "OWASP: A1\nPCI: 6.5");
    assert_eq!(first.references, ["https://cx.example/1", "https://cx.example/fix"]);
    assert_ne!(first.occurrence.key, records[1].occurrence.key);
    assert!(records[1].suppressed && records[1].detail.contains("Remark: bound"));
    assert_eq!(records[2].occurrence.place, "left-pad 1.3.0-beta");
    let package = &records[3];
    assert_eq!(
        (
            package.occurrence.place.as_str(),
            package.title.as_str(),
            package.remediation.as_str()
        ),
        ("lib 1.0 (a/pom.xml)", "lib: CVE-2020-0001", "Update lib to 2.0.")
    );
    assert!(package.suppressed && package.tags.contains(&"direct".to_owned()));
    assert_eq!((records[4].rule.as_str(), records[4].cwe.as_slice()), ("5", &[547][..]));

    let libraries = r#"[{"id":"L","name":"lib","version":"1.0","highVulnerabilityCount":1},{"id":"M","name":"m","highVulnerabilityCount":0}]"#;
    let found = r#"[{"id":"A","cveName":"CVE-2020-0001","score":6.5,"severity":{"name":"Medium","id":1},"url":"https://r.example","recommendations":"Update.","libraryId":"L","state":{"id":2,"actionType":"Regular","name":"NOT_EXPLOITABLE"}},null,3]"#;
    for text in [format!("[{libraries},{found}]"), format!("[{found},\n{libraries}]")] {
        let (records, summary) = decode(&text);
        let mut counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
        counted.sort_unstable();
        assert_eq!((records.len(), counted), (1, vec![("libraries", 2), ("results", 3)]));
        assert_eq!(summary.left_out[0].what, "results that are no objects");
        assert_eq!(records[0].fingerprint, package.fingerprint);
        assert_eq!((records[0].severity, records[0].suppressed), (Severity::Medium, true));
    }
    assert_eq!(decode(found).0[0].occurrence.place, "L");

    let sca = r#"{"RiskReportSummary":{},"Packages":[{"Id":"p","Name":"lib","Version":"1.0","Locations":["pom.xml"]}],"Licenses":[],"Vulnerabilities":[{"Id":"CVE-2020-0001","CveName":"CVE-2020-0001","Score":9.8,"Severity":"High",
      "Cvss3":{"AttackVector":"NETWORK","AttackComplexity":"LOW","PrivilegesRequired":"NONE","UserInteraction":"NONE","Scope":"UNCHANGED","Confidentiality":"HIGH","Integrity":"HIGH","Availability":"NONE","Version":"3.1"},
      "PackageId":"p","RiskState":"NotExploitable","Cwe":"CWE-79"}]}"#;
    let (records, summary) = decode(sca);
    assert_eq!(summary.left_out[0].what, "keys `Licenses`");
    assert_eq!(records[0].fingerprint, package.fingerprint);
    assert_eq!(records[0].cvss, ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"]);
    assert!(records[0].suppressed && records[0].cwe == [79]);
}

/// One strange field is no reason to refuse a report.
#[test]
fn keys_that_stand_twice_and_halves_of_characters_are_taken() {
    let text = r#"{"results":[{"type":"sast","type":"x","severity":"HIGH","description":"a\ud83d","data":{"queryName":"Q","queryName":"R","nodes":[{"fileName":"f.c","line":1e999}]}}],"scanID":"s","totalCount":1}"#;
    let (records, summary) = decode(text);
    assert_eq!((records.len(), summary.left_out.len()), (1, 0));
    assert_eq!(
        (records[0].title.as_str(), records[0].description.as_str()),
        ("Q", "a\u{FFFD}")
    );
    assert_eq!(records[0].occurrence.place, "f.c");
}

#[test]
fn rows_say_the_same_as_the_xml() {
    let text = "\u{feff}Query,QueryPath,Custom,PCI DSS v3.2,SrcFileName,Line,Column,NodeId,Name,DestFileName,DestLine,DestColumn,DestNodeId,DestName,Result State,Result Severity,Assigned To,Comment,Link,Result Status,Detection Date\r\n\
        SQL_Injection,Java/High,,,src/In.java,3,1,1,q,src/Db.java,7,9,2,run,Not Exploitable,Medium,,bound,https://cx.example/1,Recurrent,2026-11-22 08:00:00\r\n\
        SQL_Injection,Java/High,,,src/In.java,5,1,1,q,src/Db.java,7,9,2,run,To Verify,Medium,,,,Fixed,\r\n,,,,,,,,,,,,,,,High,,,,New,\r\n";
    let (records, summary) = decode(text);
    assert_eq!((records.len(), summary.records()), (1, 3));
    let (r, (of_xml, _)) = (&records[0], decode(&xml(7)));
    assert_eq!(r.fingerprint, of_xml[0].fingerprint);
    assert_eq!((r.occurrence.place.as_str(), r.suppressed), ("src/Db.java:7", true));
    assert_eq!(r.observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
    assert!(r.detail.contains("Remark: bound") && r.references == ["https://cx.example/1"]);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["results that Checkmarx calls fixed", "results without a query"]);
}
