use crate::domain::severity::Severity;
use crate::import::tests::read;

const V2: &str = "PROFILE,ACCOUNT_NUM,REGION,TITLE_ID,CHECK_RESULT,TITLE_TEXT,CHECK_RESULT_EXTENDED,CHECK_SEVERITY,CHECK_REMEDIATION\n\
    p,111,eu-1,1.2,FAIL,[check12] Users have a second factor (Scored),User a has none,High,Give them one\n\
    p,111,eu-1,1.2,FAIL,[check12] Users have a second factor (Scored),User b has none,High,Give them one\n\
    p,111,eu-1,1.3,INFO,[check13] Keys are used,Key c is old,Medium,\n\
    p,111,eu-1,1.1,PASS,[check11] Root is left alone (Scored),It is,High,\n";

const V2_JSON: &str = r#"{"Account Number":"111","Control":"[check12] Users have a second factor","Control ID":"1.2","Message":"User a has none",
  "Severity":"High","Status":"FAIL","Region":"eu-1","Timestamp":"2021-08-23T06:38:46Z","Remediation":"Give them one","Resource ID":"a"}"#;

const V3: &str = "TIMESTAMP;ACCOUNT_UID;PROVIDER;CHECK_ID;CHECK_TITLE;STATUS;STATUS_EXTENDED;MUTED;SEVERITY;RESOURCE_UID;REGION;RISK;ADDITIONAL_URLS\n\
    2025-02-14 14:27:03.913874;222;aws;iam_x;Title;FAIL;No x;False;low;arn:aws:iam::222:role/r;eu-1;Bad;https://a.example | https://b.example\n\
    2025-02-14 14:27:03.913874;222;aws;iam_y;Other;MANUAL;Look;False;medium;arn:aws:iam::222:root;eu-1;;\n\
    2025-02-14 14:27:03.913874;222;aws;iam_z;Quiet;FAIL;No z;True;high;arn:aws:iam::222:root;eu-1;;\n";

const OCSF: &str = r#"[{"metadata":{"event_code":"iam_x","product":{"name":"Prowler","version":"4.2.1"}},"severity":"Critical","status":"New","status_code":"FAIL",
  "status_detail":"No x","finding_info":{"title":"Title","desc":"About x","uid":"prowler-aws-iam_x-222-eu-1-r"},
  "resources":[{"uid":"arn:aws:iam::222:role/r","name":"r","type":"AwsIamRole","region":"eu-1","group":{"name":"iam"}}],
  "cloud":{"account":{"uid":"222"},"provider":"aws","region":"eu-1"},"time_dt":"2024-06-03T14:15:19.382075","risk_details":"Bad",
  "unmapped":{"compliance":{"CIS-2.0":["1.2"]},"categories":["trust"]},"remediation":{"desc":"Mend it.","references":["https://a.example","aws iam x"]}},
  {"metadata":{"event_code":"iam_y"},"status":"Suppressed","status_code":"FAIL","finding_info":{"title":"T"}},
  {"metadata":{"event_code":"iam_z"},"status":"New","status_code":"PASS","finding_info":{"title":"T"}}]"#;

#[test]
fn version_two_is_told_by_what_it_says() {
    let (records, summary) = read(V2);
    assert_eq!((summary.records(), summary.findings, summary.occurrences), (4, 2, 3));
    assert_eq!(
        (records[0].title.as_str(), records[0].rule.as_str()),
        ("Users have a second factor", "check12")
    );
    assert_eq!(records[0].occurrence.place, "111 eu-1 User a has none");
    assert_eq!(
        (records[0].severity, records[2].severity),
        (Severity::High, Severity::Info)
    );
    assert_eq!(summary.left_out[0].what, "checks that passed");
    let (json, _) = read(V2_JSON);
    assert_eq!(
        json[0].fingerprint, records[0].fingerprint,
        "the same check in another layout"
    );
    assert_eq!(json[0].observed_at.unwrap().to_string(), "2021-08-23T06:38:46.000Z");
}

#[test]
fn tables_and_ocsf_say_the_same() {
    let (rows, summary) = read(V3);
    assert_eq!((summary.records(), summary.findings), (3, 2));
    assert_eq!(summary.left_out[0].what, "muted results");
    assert!(rows[1].tags.contains(&"manual".to_owned()));
    assert_eq!(rows[0].references, ["https://a.example", "https://b.example"]);
    let (results, summary) = read(OCSF);
    assert_eq!((summary.records(), summary.findings, summary.left_out.len()), (3, 1, 2));
    assert_eq!(results[0].fingerprint, rows[0].fingerprint);
    assert_eq!(results[0].occurrence, {
        let mut place = rows[0].occurrence.clone();
        place.parts.symbol = Some("AwsIamRole".into());
        place
    });
    assert_eq!(
        (results[0].severity, results[0].remediation.as_str()),
        (Severity::Critical, "Mend it.")
    );
    assert!(results[0].detail.contains("CIS-2.0: 1.2"));
    assert_eq!(results[0].observed_at.unwrap().to_string(), "2024-06-03T14:15:19.000Z");
}

#[test]
fn each_resource_of_a_result_is_a_place() {
    let text = r#"[{"metadata":{"event_code":"c1"},"severity":"High","status":"New","status_code":"FAIL","status_detail":"m","finding_info":{"title":"T"},
      "resources":[{"uid":"arn:aws:s3:::a"},{"uid":"arn:aws:s3:::b"}]}]"#;
    let (records, summary) = read(text);
    assert_eq!((summary.records(), summary.findings, summary.occurrences), (1, 1, 2));
    assert_eq!(records[1].occurrence.place, "arn:aws:s3:::b");
}
