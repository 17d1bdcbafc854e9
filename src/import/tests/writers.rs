//! Small reports of every format, each made of items: a rule (which has its own severity and texts) at a place.

/// A rule and a place.
pub type Item = (u8, u8);

type Writer = fn(&[Item]) -> String;

/// Every format, in every way it can be written, by name.
pub const WRITERS: [(&str, Writer); 17] = [
    ("nuclei", nuclei),
    ("sarif", sarif),
    ("zap", zap_xml),
    ("zap", zap_json),
    ("nessus", nessus_xml),
    ("nessus", nessus_csv),
    ("nmap", nmap),
    ("nmap", nmap_scripts),
    ("semgrep", semgrep),
    ("bandit", bandit),
    ("wapiti", wapiti_json),
    ("wapiti", wapiti_xml),
    ("testssl", testssl_flat),
    ("testssl", testssl_pretty),
    ("testssl", testssl_csv),
    ("generic", generic_json),
    ("generic", generic_csv),
];

fn joined(items: &[Item], by: &str, one: impl Fn(u8, u8) -> String) -> String {
    items.iter().map(|(r, p)| one(*r, *p)).collect::<Vec<_>>().join(by)
}

fn word(r: u8) -> &'static str {
    ["high", "medium", "low", "info"][usize::from(r % 4)]
}

fn nuclei(items: &[Item]) -> String {
    joined(items, "\n", |r, p| {
        format!(
            r#"{{"template-id":"t{r}","info":{{"name":"N{r}","severity":"{}"}},"type":"http","matched-at":"https://h{p}.test/"}}"#,
            word(r)
        )
    })
}

fn sarif(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"ruleId":"r{r}","level":"error","message":{{"text":"m{r}"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"f{r}.c"}},"region":{{"startLine":{p}}}}}}}]}}"#
        )
    });
    format!(r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"T"}}}},"results":[{results}]}}]}}"#)
}

fn zap_xml(items: &[Item]) -> String {
    let sites = joined(items, "", |r, p| {
        format!(
            "<site name=\"http://h{p}.test\" host=\"h{p}.test\"><alerts><alertitem><pluginid>{r}</pluginid><alert>A{r}</alert>\
             <riskcode>{}</riskcode><instances><instance><uri>http://h{p}.test/a</uri><method>GET</method></instance></instances>\
             <desc>&lt;p&gt;D{r}&lt;/p&gt;</desc></alertitem></alerts></site>",
            r % 4
        )
    });
    format!(
        "<?xml version=\"1.0\"?><OWASPZAPReport version=\"2.16\" generated=\"Sun, 22 Jun 2025 04:04:14\">{sites}</OWASPZAPReport>"
    )
}

fn zap_json(items: &[Item]) -> String {
    let sites = joined(items, ",", |r, p| {
        format!(
            r#"{{"@name":"http://h{p}.test","alerts":[{{"pluginid":"{r}","alert":"A{r}","riskcode":"{}","instances":[{{"uri":"http://h{p}.test/a"}}]}}]}}"#,
            r % 4
        )
    });
    format!(r#"{{"@programName":"ZAP","@generated":"Sun, 22 Jun 2025 04:04:14","site":[{sites}]}}"#)
}

fn nessus_xml(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<ReportHost name=\"h{p}\"><HostProperties><tag name=\"host-ip\">192.0.2.{p}</tag></HostProperties><ReportItem port=\"443\" \
             protocol=\"tcp\" severity=\"{}\" pluginID=\"{r}\" pluginName=\"N{r}\"><cve>CVE-2020-000{r}</cve></ReportItem></ReportHost>",
            r % 5
        )
    });
    format!("<NessusClientData_v2><Report name=\"x\">{hosts}</Report></NessusClientData_v2>")
}

fn nessus_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("{r},CVE-2020-000{r},{},h{p},tcp,443,N{r},\"S, {r}\"", word(r))
    });
    format!("Plugin ID,CVE,Risk,Host,Protocol,Port,Name,Synopsis\n{rows}\n")
}

fn nmap(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<host><address addr=\"192.0.2.{p}\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\" portid=\"{}\"><state state=\"open\"/>\
             <service name=\"s\"/></port></ports></host>",
            1000 + u16::from(r)
        )
    });
    format!("<!DOCTYPE nmaprun>\n<nmaprun start=\"1750565054\">{hosts}</nmaprun>")
}

fn nmap_scripts(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<host><address addr=\"192.0.2.{p}\" addrtype=\"ipv4\"/><hostscript><script id=\"vulners\" output=\"x\"><table key=\"cpe:/a:b\"><table>\
             <elem key=\"id\">CVE-2020-000{r}</elem><elem key=\"cvss\">{r}.5</elem></table></table></script></hostscript></host>"
        )
    });
    format!("<nmaprun start=\"1750565054\">{hosts}</nmaprun>")
}

fn semgrep(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"check_id":"r{r}","path":"f{r}.py","start":{{"line":{p},"col":1}},"end":{{"line":{p},"col":9}},"extra":{{"message":"m{r}","severity":"ERROR","lines":"c{r}"}}}}"#
        )
    });
    format!(r#"{{"errors":[],"results":[{results}],"paths":{{}}}}"#)
}

fn bandit(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"test_id":"B{r}","test_name":"n{r}","filename":"f{r}.py","line_number":{p},"code":"{p} c{r}\n","issue_text":"m{r}","issue_severity":"LOW"}}"#
        )
    });
    format!(r#"{{"errors":[],"generated_at":"2025-06-22T04:04:14Z","metrics":{{}},"results":[{results}]}}"#)
}

fn wapiti_json(items: &[Item]) -> String {
    let lists = joined(items, ",", |r, p| {
        format!(
            r#""C{r}":[{{"method":"GET","path":"http://h{p}.test/","info":"i{r}","level":{},"parameter":""}}]"#,
            r % 5
        )
    });
    format!(
        r#"{{"classifications":{{"C0":{{"desc":"d"}}}},"vulnerabilities":{{{lists}}},"anomalies":{{}},"infos":{{"target":"http://t.test/"}}}}"#
    )
}

fn wapiti_xml(items: &[Item]) -> String {
    let lists = joined(items, "", |r, p| {
        format!(
            "<vulnerability name=\"C{r}\"><description>d{r}</description><entries><entry><method>GET</method><path>http://h{p}.test/</path>\
             <level>{}</level><info>i{r}</info></entry></entries></vulnerability>",
            r % 5
        )
    });
    format!(
        "<report><report_infos><info name=\"target\">http://t.test/</info></report_infos><vulnerabilities>{lists}</vulnerabilities></report>"
    )
}

fn testssl_flat(items: &[Item]) -> String {
    let lines = joined(items, ",", |r, p| {
        format!(
            r#"{{"id":"t{r}","ip":"h{p}/192.0.2.{p}","port":"443","severity":"{}","finding":"f{r}"}}"#,
            word(r).to_uppercase()
        )
    });
    format!("[{lines}]")
}

fn testssl_pretty(items: &[Item]) -> String {
    let hosts = joined(items, ",", |r, p| {
        format!(
            r#"{{"targetHost":"h{p}","ip":"192.0.2.{p}","port":"443","protocols":[{{"id":"t{r}","severity":"{}","cve":"CVE-2020-000{r}","finding":"f{r}"}}]}}"#,
            word(r).to_uppercase()
        )
    });
    format!(r#"{{"Invocation":"x","openssl":"o","startTime":"1750565054","scanResult":[{hosts}]}}"#)
}

fn testssl_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!(
            "\"t{r}\",\"h{p}/192.0.2.{p}\",\"443\",\"{}\",\"f, {r}\",\"\",\"\"",
            word(r).to_uppercase()
        )
    });
    format!("\"id\",\"fqdn/ip\",\"port\",\"severity\",\"finding\",\"cve\",\"cwe\"\n{rows}\n")
}

fn generic_json(items: &[Item]) -> String {
    let findings = joined(items, ",", |r, p| {
        format!(
            r#"{{"title":"T{r}","severity":"{}","description":"d{r}","endpoints":["https://h{p}.test/"],"cve":"CVE-2020-000{r}"}}"#,
            word(r)
        )
    });
    format!(r#"{{"type":"X","findings":[{findings}]}}"#)
}

fn generic_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| format!("T{r},{},D{r},h{p}.test", word(r)));
    format!("Title,Severity,Description,Url\n{rows}\n")
}
