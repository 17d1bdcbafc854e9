//! Nikto's three formats, and what makes its messages the same.

use super::without_numbers;
use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn numbers_are_no_part_of_what_is_said() {
    assert_eq!(
        without_numbers("Server leaks inodes, fields: 0xW/21630 0x160 and v1.2"),
        "Server leaks inodes, fields: # # and v1.2"
    );
    assert_eq!(
        without_numbers("Apache/2.4.1 appears to be outdated (current is at least 2.4.54)."),
        "Apache/2.4.1 appears to be outdated"
    );
}

#[test]
fn the_formats_say_the_same() {
    let xml = r#"<?xml version="1.0" ?><!DOCTYPE niktoscan SYSTEM "docs/nikto.dtd"><niktoscan><niktoscan version="2.1.6">
      <scandetails targetip="192.0.2.3" targethostname="web.example" targetport="8080" sitename="http://web.example:8080/" starttime="2026-11-22 08:00:00">
      <ssl ciphers="x"/><item id="999100" osvdbid="0" method="GET"><description><![CDATA[Uncommon header 'x-a' found, with contents: 123456]]></description>
      <uri><![CDATA[/]]></uri><namelink><![CDATA[http://web.example:8080/]]></namelink></item>
      <item id="1" osvdbid="3092" method="GET"><description>See https://a.example/x, CVE-2020-0001.</description><uri>/p/</uri></item><item/>
      <statistics elapsed="1"/></scandetails><odd/></niktoscan></niktoscan>"#;
    let json = r#"[{"host":"web.example","ip":"192.0.2.3","port":8080,"banner":"","vulnerabilities":[
      {"id":"999100","references":"","method":"GET","url":"/","msg":"/: Uncommon header 'x-a' found, with contents: 654321"},{"id":1,"OSVDB":"3092","method":"GET","url":"/p/","msg":"See https://a.example/x, CVE-2020-0001."}, {}]}]"#;
    let ((a, from_xml), (b, from_json)) = (decode(xml), decode(json));
    for (summary, records) in [(&from_xml, &a), (&from_json, &b)] {
        assert_eq!(
            (summary.format.as_str(), summary.records(), records.len()),
            ("nikto", 3, 2)
        );
        assert_eq!(summary.covers, ["web.example"]);
        assert_eq!(summary.left_out[0].what, "items that say nothing");
    }
    for (a, b) in a.iter().zip(&b) {
        assert_eq!((&a.fingerprint, &a.occurrence), (&b.fingerprint, &b.occurrence));
    }
    assert_eq!(a[0].occurrence.place, "http://web.example:8080/");
    assert_eq!((a[0].severity, a[1].severity), (Severity::Info, Severity::Medium));
    assert_eq!(a[1].references, ["OSVDB-3092", "https://a.example/x"]);
    assert_eq!(a[1].cve, ["CVE-2020-0001"]);
    assert_eq!(b[0].title, "Uncommon header 'x-a' found, with contents: 654321");

    let csv = "\"Nikto - v2.5.0/\"\n\"web.example\",\"192.0.2.3\",\"8080\",\"\",\"\",\"\",\"\"\n\
               \"web.example\",\"192.0.2.3\",\"8080\",\"OSVDB-3092\",\"GET\",\"/p/\",\"This, might\"\n";
    let (rows, summary) = decode(csv);
    assert_eq!(
        (summary.records(), rows.len(), rows[0].severity),
        (2, 1, Severity::Medium)
    );
    assert_eq!(rows[0].occurrence.place, "http://web.example:8080/p/");
}
