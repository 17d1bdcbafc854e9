//! ZAP's XML and JSON, old and new.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

const XML: &str = r#"<?xml version="1.0"?><OWASPZAPReport programName="ZAP" version="2.16.1" generated="Sun, 22 Jun 2025 04:04:14">
<site name="https://shop.test:8443" host="shop.test" port="8443" ssl="true"><alerts>
 <alertitem><pluginid>40012</pluginid><alert>Reflected XSS</alert><name>Reflected XSS</name><riskcode>3</riskcode><confidence>2</confidence>
  <desc>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</desc>
  <instances>
   <instance><uri>https://shop.test:8443/s?q=%3Cb%3E</uri><method>GET</method><param>q</param><evidence>&lt;b&gt;</evidence>
     <requestheader>GET /s HTTP/1.1</requestheader><responsebody>page</responsebody></instance>
   <instance><uri>https://shop.test:8443/s?q=other</uri><method>get</method><param>q</param></instance>
   <novelty/>
  </instances><solution>&lt;p&gt;Escape.&lt;/p&gt;</solution><reference>&lt;p&gt;https://r.test/a&lt;/p&gt;&lt;p&gt;https://r.test/b&lt;/p&gt;</reference>
  <cweid>79</cweid><wascid>8</wascid><tags><tag><tag>OWASP_2021_A03</tag><link>x</link></tag></tags></alertitem>
 <alertitem><pluginid>10098</pluginid><alert>Bare</alert><riskcode>0</riskcode><confidence>0</confidence><cweid>-1</cweid></alertitem>
 <alertitem><riskcode>1</riskcode><instances><instance/></instances></alertitem>
</alerts></site><extra/></OWASPZAPReport>"#;

#[test]
fn alerts_and_instances_become_findings_and_places() {
    let (records, summary) = decode(XML);
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("site", 1), ("alertitem", 3), ("instance", 3)]);
    assert_eq!((summary.findings, summary.occurrences, summary.repeats), (2, 2, 1));
    let first = &records[0];
    assert_eq!(
        (first.severity, first.title.as_str(), first.cwe.as_slice()),
        (Severity::High, "Reflected XSS", &[79][..])
    );
    assert_eq!(
        (first.description.as_str(), first.remediation.as_str()),
        ("One.\nTwo.", "Escape.")
    );
    assert_eq!(first.references, ["https://r.test/a", "https://r.test/b"]);
    assert_eq!(first.tags, ["owasp_2021_a03", "confidence:medium"]);
    assert!(first.detail.contains("GET /s HTTP/1.1") && first.detail.contains("Response: page"));
    assert_eq!(
        (first.occurrence.parts.host.as_deref(), first.occurrence.parts.port),
        (Some("shop.test"), Some(8443))
    );
    assert!(records[2].suppressed && records[2].occurrence.place == "https://shop.test:8443");
    assert_eq!(summary.covers, ["https://shop.test:8443"]);
    assert_eq!(summary.observed_at.unwrap().to_string(), "2025-06-22T04:04:14.000Z");
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "elements `extra`",
            "elements `novelty` among instances",
            "alerts without a name"
        ]
    );
    let raw = &XML[first.span.offset as usize..(first.span.offset + first.span.length) as usize];
    assert!(raw.starts_with("<instance>") && raw.ends_with("</instance>"));
}

#[test]
fn the_json_says_the_same_as_the_xml() {
    let json = r#"{"@programName":"ZAP","@version":"2.16.1","@generated":"Sun, 22 Jun 2025 04:04:14","created":"2025-06-22T04:04:14.5Z","insights":[],
      "site":{"@name":"https://shop.test:8443","@host":"shop.test","@port":8443,"@ssl":true,"alerts":[
       {"pluginid":40012,"alertRef":"40012","alert":"Reflected XSS","riskcode":3,"confidence":"2","desc":"<p>One.</p><p>Two.</p>",
        "instances":[{"uri":"https://shop.test:8443/s?q=%3Cb%3E","method":"GET","param":"q","evidence":"<b>","request-header":"GET /s HTTP/1.1","response-body":"page"},
                     {"uri":"https://shop.test:8443/s?q=x","method":"GET","param":"q"}, null],
        "solution":"<p>Escape.</p>","reference":"<p>https://r.test/a</p>","cweid":"79","tags":[{"tag":"OWASP_2021_A03","link":"x"}]}, 7]}}"#;
    let (records, summary) = decode(json);
    let (xml, _) = decode(XML);
    assert_eq!(records[0].fingerprint, xml[0].fingerprint);
    assert_eq!(records[0].occurrence, xml[0].occurrence);
    assert_eq!(
        (records[0].description.as_str(), records[0].severity),
        ("One.\nTwo.", Severity::High)
    );
    assert_eq!(records[0].tags, xml[0].tags);
    assert_eq!((summary.findings, summary.occurrences, summary.repeats), (1, 1, 1));
    assert_eq!(summary.covers, ["https://shop.test:8443"]);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["alerts that are no objects", "instances that are no objects"]);
}

#[test]
fn an_empty_report_is_zero_findings() {
    for text in [
        r#"<OWASPZAPReport version="2.9.0" generated="Mon, 1 Jun 2020 10:00:00"></OWASPZAPReport>"#,
        r#"<OWASPZAPReport><site name="http://a.test" host="a.test" port="80" ssl="false"><alerts/></site></OWASPZAPReport>"#,
        r#"{"@programName":"ZAP","@version":"2.14","@generated":"x","site":[]}"#,
    ] {
        let (records, summary) = decode(text);
        assert_eq!(
            (records.len(), summary.tools.len(), summary.format.as_str()),
            (0, 1, "zap"),
            "{text}"
        );
    }
}

/// Before 2.5 an alert's places stand one after the other, without instances around them.
#[test]
fn the_places_of_a_flat_alert_are_all_read() {
    let text = r#"<?xml version="1.0"?><OWASPZAPReport version="2.2.2" generated="Mon, 2 Sep 2013 11:48:31"><site name="http://h.example" host="h.example" port="80" ssl="false"><alerts>
      <alertitem><pluginid>40012</pluginid><alert>XSS</alert><riskcode>3</riskcode><reliability>2</reliability><desc>D</desc>
       <uri>http://h.example/a?q=1</uri><param>q</param><attack>&lt;x&gt;</attack><otherinfo/><uri>http://h.example/b</uri><param>z</param><attack>y</attack><otherinfo>O</otherinfo>
       <solution>S</solution><reference>https://r.example</reference><cweid>79</cweid></alertitem>
      <alertitem><pluginid>1</pluginid><alert>Bare</alert><riskcode>0</riskcode></alertitem></alerts></site></OWASPZAPReport>"#;
    let (records, summary) = decode(text);
    let places: Vec<_> = records.iter().map(|r| r.occurrence.place.as_str()).collect();
    assert_eq!(places[..2], ["http://h.example/a?q=1", "http://h.example/b"]);
    assert_eq!((records.len(), summary.findings, summary.occurrences), (3, 2, 3));
    assert!(records[0].detail.contains('q') && records[0].detail.contains("<x>") && records[1].detail.contains('O'));
    assert_eq!(
        (records[1].remediation.as_str(), records[1].cwe.as_slice()),
        ("S", &[79][..])
    );
    assert!(
        records[0].tags.iter().any(|t| t.starts_with("confidence:")),
        "{:?}",
        records[0].tags
    );
}
