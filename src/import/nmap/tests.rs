//! Ports, vulnerability scripts, encodings.

use crate::domain::severity::Severity;
use crate::import::limits::Limits;
use crate::import::record::{Record, Summary};
use crate::import::source::Source;

fn decode(bytes: &[u8]) -> (Vec<Record>, Summary) {
    let mut records = Vec::new();
    let summary = crate::import::decode(&mut Source::Memory(bytes), None, &Limits::default(), &mut records).unwrap();
    (records, summary)
}

const REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<nmaprun scanner="nmap" args="nmap -sV h.test" start="1750565054" version="7.95" xmloutputversion="1.05">
<host starttime="1750565054" endtime="1750565060"><status state="up"/><address addr="192.0.2.1" addrtype="ipv4"/>
<address addr="00:00:5E:00:53:01" addrtype="mac"/><hostnames><hostname name="ptr.test" type="PTR"/><hostname name="H.test" type="user"/></hostnames>
<ports><extraports state="closed" count="990"/>
<port protocol="tcp" portid="443"><state state="open"/><service name="https" product="nginx" version="1.2"><cpe>cpe:/a:nginx:nginx:1.2</cpe></service>
 <script id="http-title" output="Café"/>
 <script id="vulners" output="x"><table key="cpe:/a:nginx:nginx:1.2"><table><elem key="id">CVE-2021-0001</elem><elem key="cvss">9.8</elem><elem key="type">cve</elem></table>
  <table><elem key="id">EDB-ID:1</elem><elem key="cvss">4.0</elem></table></table></script>
 <script id="ssl-poodle" output="&#xa;  VULNERABLE:&#xa;"><table key="CVE-2014-3566"><elem key="title">SSL POODLE</elem><elem key="state">VULNERABLE</elem>
  <table key="ids"><elem>CVE:CVE-2014-3566</elem></table><table key="description"><elem>Padding.</elem></table><table key="refs"><elem>https://r.test</elem></table></table></script>
 <script id="ssl-heartbleed" output="NOT VULNERABLE"><table key="CVE-2014-0160"><elem key="state">NOT VULNERABLE</elem></table></script></port>
<port protocol="udp" portid="53"><state state="open|filtered"/></port><port protocol="udp" portid="123"><state state="open"/></port></ports>
<hostscript><script id="smb-vuln-ms17-010" output="VULNERABLE: Remote Code Execution CVE-2017-0143"/></hostscript></host>
<host><status state="down"/><address addr="192.0.2.9" addrtype="ipv4"/></host>
<runstats><finished time="1750565090"/></runstats></nmaprun>"#;

#[test]
fn ports_and_vulnerabilities_are_findings() {
    let (records, summary) = decode(REPORT.as_bytes());
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("host", 2), ("port", 3), ("open_port", 2)]);
    let seen: Vec<_> = records
        .iter()
        .map(|r| (r.rule.as_str(), r.severity, r.occurrence.place.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("443/tcp", Severity::Info, "h.test:443"),
            ("CVE-2021-0001", Severity::Critical, "h.test:443"),
            ("EDB-ID:1", Severity::Medium, "h.test:443"),
            ("ssl-poodle: CVE-2014-3566", Severity::High, "h.test:443"),
            ("123/udp", Severity::Info, "h.test:123 (udp)"),
            ("smb-vuln-ms17-010", Severity::High, "h.test"),
        ]
    );
    assert!(records[0].detail.contains("Café") && records[0].detail.contains("ptr.test"));
    assert_eq!(
        (records[1].cve[0].as_str(), records[1].score),
        ("CVE-2021-0001", Some(9.8))
    );
    assert_eq!(
        (records[3].title.as_str(), records[3].description.as_str()),
        ("SSL POODLE", "Padding.")
    );
    assert_eq!(records[5].cve, ["CVE-2017-0143"]);
    assert_eq!(records[0].occurrence.parts.package.as_deref(), Some("nginx"));
    assert_eq!(summary.covers, ["h.test", "192.0.2.9"]);
    assert_eq!(summary.observed_at.unwrap().0, 1_750_565_090_000);
    let left: Vec<_> = summary.left_out.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(
        left,
        [
            ("vulnerabilities that a script says are not there", 1),
            ("ports that are open|filtered", 1)
        ]
    );
}

#[test]
fn every_encoding_is_the_same_report() {
    let (plain, _) = decode(REPORT.as_bytes());
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(REPORT.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let latin: Vec<u8> = REPORT
        .replace("UTF-8", "ISO-8859-1")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let marked = [b"\xEF\xBB\xBF", REPORT.as_bytes()].concat();
    for bytes in [utf16, latin, marked] {
        let (other, _) = decode(&bytes);
        assert_eq!(other.len(), plain.len());
        for (a, b) in other.iter().zip(&plain) {
            assert_eq!(
                (&a.fingerprint, &a.occurrence, &a.detail),
                (&b.fingerprint, &b.occurrence, &b.detail)
            );
        }
    }
}

#[test]
fn older_vulners_only_print() {
    let text = r#"<nmaprun><host><address addr="::1" addrtype="ipv6"/><ports><port portid="22"><script id="vulners"
      output="&#xa;  cpe:/a:x:y:1: &#xa;    &#x9;CVE-2018-15919&#x9;5.0&#x9;https://v.test&#xa;"/></port></ports></host></nmaprun>"#;
    let (records, _) = decode(text.as_bytes());
    assert_eq!(
        (records[1].rule.as_str(), records[1].score),
        ("CVE-2018-15919", Some(5.0))
    );
    assert_eq!(records[1].occurrence.place, "[::1]:22");
}
