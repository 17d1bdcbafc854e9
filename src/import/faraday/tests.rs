//! Vulnerabilities of hosts, services and pages, in all three forms.

use crate::domain::severity::Severity;
use crate::import::tests::read;

const LIST: &str = r#"{"vulnerabilities":[
  {"id":1,"key":1,"value":{"_id":1,"name":"Old TLS","desc":"d","severity":"med","type":"Vulnerability","status":"open","confirmed":false,"target":"192.0.2.1",
   "hostnames":["a.example"],"service":{"name":"https","ports":443,"protocol":"tcp","version":"1.2"},"refs":[{"name":"https://r.example","type":"other"}],
   "cve":["CVE-2020-0001"],"cwe":["CWE-79"],"cvss3":{"vector_string":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N","base_score":7.5},"cvss2":{"base_score":null},
   "tags":["t"],"metadata":{"creator":"Nessus","create_time":"2026-01-02T03:04:05+00:00"},"external_id":"NESSUS-1","custom_fields":{"owner":"x"},
   "_attachments":{"a.png":{}},"resolution":"Update."}},
  {"id":2,"key":2,"value":{"_id":2,"name":"Old TLS","desc":"d","severity":"med","type":"Vulnerability","status":"risk-accepted","target":"192.0.2.2","service":null}},
  {"id":3,"key":3,"value":{"_id":3,"name":"XSS","severity":"critical","type":"VulnerabilityWeb","status":"re-opened","confirmed":true,"target":"192.0.2.1",
   "service":{"name":"http","ports":[8080],"protocol":"tcp"},"website":"a.example","path":"/q","method":"get","pname":"s","request":"GET /q?s=1"}},
  {"id":4,"key":4,"value":{"_id":4,"name":"Gone","severity":"info","status":"closed","target":"192.0.2.1"}},
  {"id":5,"key":5,"value":{"name":"","severity":"unclassified"}}],"count":5}"#;

#[test]
fn what_the_api_lists_is_read() {
    let (records, summary) = read(LIST);
    assert_eq!(
        (summary.format.as_str(), summary.records(), summary.findings),
        ("faraday", 5, 2)
    );
    let left: Vec<&str> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "attached files",
            "decisions: risk accepted without an end comes back as open",
            "closed vulnerabilities",
            "vulnerabilities without a name",
        ]
    );
    let places: Vec<&str> = records.iter().map(|r| r.occurrence.place.as_str()).collect();
    assert_eq!(places, ["192.0.2.1:443", "192.0.2.2", "http://a.example:8080/q"]);
    let first = &records[0];
    assert_eq!(
        (first.severity, first.rule.as_str(), first.score),
        (Severity::Medium, "NESSUS-1", Some(7.5))
    );
    assert_eq!(
        (first.cwe.as_slice(), first.references[0].as_str()),
        (&[79][..], "https://r.example")
    );
    assert_eq!(first.tags, ["t", "unconfirmed"]);
    assert_eq!(first.observed_at.unwrap().to_string(), "2026-01-02T03:04:05.000Z");
    for part in [
        "Host names: a.example",
        "Service: https 1.2",
        "Found by: Nessus",
        "owner: x",
    ] {
        assert!(first.detail.contains(part), "{part}: {}", first.detail);
    }
    assert!(records[1].suppressed && records[1].fingerprint == first.fingerprint);
    assert_eq!(
        (records[2].severity, records[2].tags.join(" ").as_str()),
        (Severity::Critical, "re-opened")
    );
    let (records, summary) = read(r#"{"vulnerabilities":[],"count":0}"#);
    assert_eq!((records.len(), summary.format.as_str()), (0, "faraday"));
}

#[test]
fn the_csv_says_the_same() {
    let text = "confirmed,id,date,name,severity,service,target,desc,status,hostnames,comments,owner,os,resolution,refs,easeofresolution,web_vulnerability,\
        data,website,path,method,pname,cve,cvss3_vector_string,cvss3_base_score,cwe,external_id,port,protocol,service_name\n\
        False,1,2026-01-02T03:04:05+00:00,Old TLS,med,status:open - protocol:tcp - name:https,192.0.2.1,'=d,open,['a.example'],\"['c','d']\",o,,Update.,\
        \"[{'name': 'https://r.example', 'type': 'other'}]\",,False,,,,,,['CVE-2020-0001'],,7.5,['CWE-79'],NESSUS-1,443,tcp,https\n\
        True,3,,XSS,critical,status:open - protocol:tcp - name:http - ports:8080,192.0.2.1,d,open,[],[],o,,,[],,True,,a.example,/q,get,s,[],,,[],,,,\n\
        True,4,,Gone,info,,192.0.2.1,d,closed,[],[],o,,,[],,False,,,,,,[],,,[],,,,\n";
    let (records, summary) = read(text);
    assert_eq!(
        (summary.format.as_str(), summary.records(), summary.findings),
        ("faraday", 3, 2)
    );
    let left: Vec<(&str, u64)> = summary.left_out.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(left, [("comments", 2), ("closed vulnerabilities", 1)]);
    let (page, _) = read(LIST);
    for (row, entry) in [(0, 0), (1, 2)] {
        assert_eq!(records[row].fingerprint, page[entry].fingerprint);
        assert_eq!(records[row].occurrence.key, page[entry].occurrence.key);
    }
    assert_eq!(
        (records[0].description.as_str(), records[0].cve[0].as_str()),
        ("=d", "CVE-2020-0001")
    );
    assert_eq!(records[0].references, ["https://r.example"]);
}

#[test]
fn hosts_with_their_vulnerabilities_are_read() {
    let text = r#"{"hosts":[{"ip":"192.0.2.1","os":"Linux","hostnames":["a.example"],"credentials":[{"username":"u"}],
      "vulnerabilities":[{"name":"Ping","desc":"d","severity":"unclassified","type":"Vulnerability","refs":["r"]}],
      "services":[{"name":"https","port":443,"protocol":"tcp","vulnerabilities":[{"name":"Old TLS","severity":"med","type":"Vulnerability"},
        {"name":"XSS","severity":"high","type":"VulnerabilityWeb","website":"https://a.example","path":"https://a.example/q","method":"GET"}]},
        {"name":"dns","port":53,"protocol":"udp","vulnerabilities":[{"name":"Zone","severity":"low"}]}]}],"command":{"tool":"x"}}"#;
    let (records, summary) = read(text);
    assert_eq!(
        (summary.format.as_str(), summary.records(), summary.findings),
        ("faraday", 1, 4)
    );
    assert_eq!(
        (summary.left_out[0].what.as_str(), summary.left_out[0].count),
        ("credentials", 1)
    );
    let places: Vec<&str> = records.iter().map(|r| r.occurrence.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "192.0.2.1",
            "192.0.2.1:443",
            "https://a.example/q",
            "192.0.2.1:53 (udp)"
        ]
    );
    assert_eq!(records[0].severity, Severity::Info);
    let (page, _) = read(LIST);
    assert_eq!(records[1].occurrence.key, page[0].occurrence.key);
}

#[test]
fn the_export_in_metasploits_xml_is_read() {
    let text = r"<?xml version='1.0' encoding='utf-8'?><MetasploitV4><hosts><host><id>1</id><address>192.0.2.7</address><name>h.example,i.example</name><os-name>Linux</os-name><comm/>
      <services><service><id>5</id><host-id>1</host-id><port>445</port><proto>tcp</proto><name>smb</name></service></services>
      <vulns><vuln><id>9</id><host-id>1</host-id><service-id>5</service-id><name>SMB signing is off</name><info>d</info><refs><ref>CVE-2020-12345</ref></refs></vuln>
        <vuln><id>10</id><host-id>1</host-id><name>Old kernel</name><info/><refs/></vuln></vulns></host></hosts>
      <services><service><id>5</id></service></services><web_sites/>
      <web_vulns><web_vuln><id>11</id><name>SQL injection</name><description>d</description><risk>5</risk><legacy-category>Faraday</legacy-category><path>/a</path><method>GET</method>
        <pname>id</pname><request>GET /a</request><host>192.0.2.7</host><port>443</port><ssl>true</ssl><updated-at>2026-01-02 03:04:05</updated-at></web_vuln></web_vulns></MetasploitV4>";
    let (records, summary) = read(text);
    assert_eq!(
        (summary.format.as_str(), summary.records(), summary.left_out.len()),
        ("faraday", 3, 0)
    );
    let told: Vec<_> = records
        .iter()
        .map(|r| (r.title.as_str(), r.severity, r.occurrence.place.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("SMB signing is off", Severity::Info, "192.0.2.7:445"),
            ("Old kernel", Severity::Info, "192.0.2.7"),
            ("SQL injection", Severity::High, "https://192.0.2.7/a")
        ]
    );
    assert_eq!(records[0].cve, ["CVE-2020-12345"]);
    assert!(records[0].detail.contains("h.example"), "{}", records[0].detail);
    // Metasploit's own export is no desk's.
    let own = text.replace("<MetasploitV4>", "<MetasploitV4><generated time='x'/>");
    assert!(crate::import::detect(own.as_bytes()).is_none());
}
