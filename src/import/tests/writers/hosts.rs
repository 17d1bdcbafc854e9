//! Reports about hosts and their services.

use super::{Item, joined, word};

/// Facts that each are one problem, as sslscan writes them.
const SSLSCAN: [&str; 6] = [
    "<protocol type=\"ssl\" version=\"3\" enabled=\"1\"/>",
    "<protocol type=\"tls\" version=\"1.0\" enabled=\"1\"/>",
    "<heartbleed sslversion=\"TLSv1.2\" vulnerable=\"1\"/>",
    "<compression supported=\"1\"/>",
    "<cipher status=\"accepted\" sslversion=\"TLSv1.2\" cipher=\"RC4-SHA\"/>",
    "<fallback supported=\"0\"/>",
];

pub fn nessus_xml(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<ReportHost name=\"h{p}\"><HostProperties><tag name=\"host-ip\">192.0.2.{p}</tag></HostProperties><ReportItem port=\"443\" \
             protocol=\"tcp\" severity=\"{}\" pluginID=\"{r}\" pluginName=\"N{r}\"><cve>CVE-2020-000{r}</cve></ReportItem></ReportHost>",
            r % 5
        )
    });
    format!("<NessusClientData_v2><Report name=\"x\">{hosts}</Report></NessusClientData_v2>")
}

pub fn nessus_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("{r},CVE-2020-000{r},{},h{p},tcp,443,N{r},\"S, {r}\"", word(r))
    });
    format!("Plugin ID,CVE,Risk,Host,Protocol,Port,Name,Synopsis\n{rows}\n")
}

pub fn nessus_first(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<ReportHost><HostName>h{p}</HostName><ReportItem><port>https (443/tcp)</port><severity>{}</severity><pluginID>{}</pluginID>\
             <pluginName>N{r}</pluginName><data>\\nSynopsis :\\n\\nS{r}\\n\\nRisk factor :\\n\\n{}\\n\\nCVE : CVE-2020-000{r}\\n</data></ReportItem></ReportHost>",
            r % 4,
            r + 1,
            word(r)
        )
    });
    format!("<NessusClientData><Report><ReportName>x</ReportName>{hosts}</Report></NessusClientData>")
}

pub fn nessus_lines(items: &[Item]) -> String {
    let lines = joined(items, "", |r, p| {
        format!(
            "results|192.0.2|192.0.2.{p}|https (443/tcp)|{}|Security Hole|Synopsis :\\n\\nS{r}\\n\n",
            r + 1
        )
    });
    format!(
        "timestamps|||scan_start|Sun Jun 22 04:04:14 2025|\n{lines}timestamps|||scan_end|Sun Jun 22 05:04:14 2025|\n"
    )
}

pub fn qualys_hosts(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<HOST><ID>{p}</ID><IP>192.0.2.{p}</IP><TRACKING_METHOD>IP</TRACKING_METHOD><DETECTION_LIST><DETECTION><QID>{}</QID><TYPE>Confirmed</TYPE>\
             <SEVERITY>{}</SEVERITY><PORT>443</PORT><PROTOCOL>tcp</PROTOCOL><STATUS>Active</STATUS></DETECTION></DETECTION_LIST></HOST>",
            r + 1,
            r % 5 + 1
        )
    });
    format!(
        "<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2026-01-02T03:04:05Z</DATETIME><HOST_LIST>{hosts}</HOST_LIST></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>"
    )
}

pub fn qualys_host_rows(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("{p},192.0.2.{p},IP,{},Confirmed,{},443,tcp,Active", r + 1, r % 5 + 1)
    });
    format!(
        "----BEGIN_RESPONSE_BODY_CSV\nHost ID,IP Address,Tracking Method,QID,Type,Severity,Port,Protocol,Status\n{rows}\n----END_RESPONSE_BODY_CSV\n"
    )
}

pub fn nmap(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<host><address addr=\"192.0.2.{p}\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\" portid=\"{}\"><state state=\"open\"/>\
             <service name=\"s\"/></port></ports></host>",
            1000 + u16::from(r)
        )
    });
    format!("<!DOCTYPE nmaprun>\n<nmaprun start=\"1750565054\">{hosts}</nmaprun>")
}

pub fn nmap_scripts(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<host><address addr=\"192.0.2.{p}\" addrtype=\"ipv4\"/><hostscript><script id=\"vulners\" output=\"x\"><table key=\"cpe:/a:b\"><table>\
             <elem key=\"id\">CVE-2020-000{r}</elem><elem key=\"cvss\">{r}.5</elem></table></table></script></hostscript></host>"
        )
    });
    format!("<nmaprun start=\"1750565054\">{hosts}</nmaprun>")
}

pub fn testssl_flat(items: &[Item]) -> String {
    let lines = joined(items, ",", |r, p| {
        format!(
            r#"{{"id":"t{r}","ip":"h{p}/192.0.2.{p}","port":"443","severity":"{}","finding":"f{r}"}}"#,
            word(r).to_uppercase()
        )
    });
    format!("[{lines}]")
}

pub fn testssl_pretty(items: &[Item]) -> String {
    let hosts = joined(items, ",", |r, p| {
        format!(
            r#"{{"targetHost":"h{p}","ip":"192.0.2.{p}","port":"443","protocols":[{{"id":"t{r}","severity":"{}","cve":"CVE-2020-000{r}","finding":"f{r}"}}]}}"#,
            word(r).to_uppercase()
        )
    });
    format!(r#"{{"Invocation":"x","openssl":"o","startTime":"1750565054","scanResult":[{hosts}]}}"#)
}

pub fn testssl_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!(
            "\"t{r}\",\"h{p}/192.0.2.{p}\",\"443\",\"{}\",\"f, {r}\",\"\",\"\"",
            word(r).to_uppercase()
        )
    });
    format!("\"id\",\"fqdn/ip\",\"port\",\"severity\",\"finding\",\"cve\",\"cwe\"\n{rows}\n")
}

pub fn openvas_xml(items: &[Item]) -> String {
    let results = joined(items, "", |r, p| {
        format!(
            "<result><host>192.0.2.{p}</host><port>443/tcp</port><nvt oid=\"1.{r}\"><name>N{r}</name></nvt><threat>{}</threat></result>",
            word(r)
        )
    });
    format!("<report format_id=\"x\"><report><gmp/><results>{results}</results></report></report>")
}

pub fn openvas_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("192.0.2.{p},h{p},443,tcp,5.0,{},N{r},1.{r}", word(r))
    });
    format!("IP,Hostname,Port,Port Protocol,CVSS,Severity,NVT Name,NVT OID\n{rows}\n")
}

pub fn sslscan(items: &[Item]) -> String {
    let servers = joined(items, "", |r, p| {
        format!(
            "<ssltest host=\"h{p}.test\" port=\"443\">{}</ssltest>",
            SSLSCAN[usize::from(r)]
        )
    });
    format!("<document title=\"SSLScan Results\" version=\"2.1\">{servers}</document>")
}

pub fn sslyze_json(items: &[Item]) -> String {
    let facts = [
        r#"{"is_vulnerable_to_heartbleed":true}"#,
        r#"{"is_vulnerable_to_ccs_injection":true}"#,
        r#"{"supports_secure_renegotiation":false}"#,
        r#"{"supports_compression":true}"#,
        r#"{"supports_fallback_scsv":false}"#,
        r#"{"tls_version_used":"TLS_1_0","accepted_cipher_suites":[{"cipher_suite":{"name":"x"}}]}"#,
    ];
    let servers = joined(items, ",", |r, p| {
        format!(
            r#"{{"server_location":{{"hostname":"h{p}.test","port":443}},"scan_result":{{"c":{{"result":{}}}}}}}"#,
            facts[usize::from(r)]
        )
    });
    format!(r#"{{"sslyze_version":"5","server_scan_results":[{servers}]}}"#)
}

pub fn sslyze_first(items: &[Item]) -> String {
    let facts = [
        r#"{"is_vulnerable_to_heartbleed":true}"#,
        r#"{"is_vulnerable_to_ccs_injection":true}"#,
        r#"{"supports_secure_renegotiation":false}"#,
        r#"{"compression_name":"DEFLATE"}"#,
        r#"{"robot_result_enum":"VULNERABLE_WEAK_ORACLE"}"#,
        r#"{"accepted_cipher_list":[{"openssl_name":"x","ssl_version":"TLSV1"}]}"#,
    ];
    let servers = joined(items, ",", |r, p| {
        format!(
            r#"{{"server_info":{{"hostname":"h{p}.test","port":443}},"commands_results":{{"c":{}}}}}"#,
            facts[usize::from(r)]
        )
    });
    format!(r#"{{"sslyze_version":"2","accepted_targets":[{servers}]}}"#)
}

pub fn sslyze_xml(items: &[Item]) -> String {
    let facts = [
        "<openSslHeartbleed isVulnerable=\"True\"/>",
        "<openSslCcsInjection isVulnerable=\"True\"/>",
        "<sessionRenegotiation isSecure=\"False\"/>",
        "<compressionMethod isSupported=\"True\"/>",
        "<tlsFallbackScsv isSupported=\"False\"/>",
        "<robotAttack resultEnum=\"VULNERABLE_STRONG_ORACLE\"/>",
    ];
    let servers = joined(items, "", |r, p| {
        format!(
            "<target host=\"h{p}.test\" port=\"443\"><c>{}</c></target>",
            facts[usize::from(r)]
        )
    });
    format!("<document title=\"SSLyze Scan Results\"><results>{servers}</results></document>")
}

pub fn qualys_xml(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<HOST><IP>192.0.2.{p}</IP><VULN_INFO_LIST><VULN_INFO><QID>{r}</QID><PORT>443</PORT></VULN_INFO></VULN_INFO_LIST></HOST>"
        )
    });
    let words = joined(items, "", |r, _| {
        format!(
            "<VULN_DETAILS><QID>{r}</QID><TITLE>T{r}</TITLE><SEVERITY>{}</SEVERITY></VULN_DETAILS>",
            r % 5 + 1
        )
    });
    format!(
        "<ASSET_DATA_REPORT><HOST_LIST>{hosts}</HOST_LIST><GLOSSARY><VULN_DETAILS_LIST>{words}</VULN_DETAILS_LIST></GLOSSARY></ASSET_DATA_REPORT>"
    )
}

pub fn qualys_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("192.0.2.{p},h{p},IP,{r},T{r},{},443,tcp,CVE-2020-000{r}", r % 5 + 1)
    });
    format!("IP,DNS,Tracking Method,QID,Title,Severity,Port,Protocol,CVE ID\n{rows}\n")
}

pub fn qualys_vmdr(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("{r},T{r},{},443,TCP,s{p},192.0.2.{p}", r % 5 + 1)
    });
    format!("\"Report\",\"x\"\n\"Company\"\nQID,Title,Severity,Port,Protocol,Asset Name,Asset IPV4\n{rows}\n")
}

pub fn qualys_scan(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<IP value=\"192.0.2.{p}\"><VULNS><CAT value=\"c\" port=\"443\" protocol=\"tcp\"><VULN number=\"{r}\" severity=\"{}\"><TITLE>T{r}</TITLE></VULN></CAT></VULNS></IP>",
            r % 5 + 1
        )
    });
    format!("<SCAN value=\"scan/1\">{hosts}</SCAN>")
}

pub fn qualys_was(items: &[Item]) -> String {
    let list = joined(items, "", |r, p| {
        format!("<VULNERABILITY><QID>{r}</QID><URL>https://h{p}.test/a</URL></VULNERABILITY>")
    });
    let words = joined(items, "", |r, _| {
        format!(
            "<QID><QID>{r}</QID><TITLE>T{r}</TITLE><SEVERITY>{}</SEVERITY></QID>",
            r % 5 + 1
        )
    });
    format!(
        "<WAS_SCAN_REPORT><RESULTS><VULNERABILITY_LIST>{list}</VULNERABILITY_LIST></RESULTS><GLOSSARY><QID_LIST>{words}</QID_LIST></GLOSSARY></WAS_SCAN_REPORT>"
    )
}

pub fn nexpose(items: &[Item]) -> String {
    let nodes = joined(items, "", |r, p| {
        format!(
            "<node address=\"192.0.2.{p}\"><tests><test id=\"t{r}\" status=\"vulnerable-exploited\"/></tests></node>"
        )
    });
    let words = joined(items, "", |r, _| {
        format!("<vulnerability id=\"t{r}\" title=\"T{r}\" severity=\"{}\"/>", r + 1)
    });
    format!(
        "<NexposeReport version=\"2.0\"><nodes>{nodes}</nodes><VulnerabilityDefinitions>{words}</VulnerabilityDefinitions></NexposeReport>"
    )
}

pub fn nexpose_simple(items: &[Item]) -> String {
    let devices = joined(items, "", |r, p| {
        format!(
            "<device address=\"192.0.2.{p}\" id=\"{p}\"><services><service name=\"HTTPS\" port=\"443\" protocol=\"tcp\"><vulnerabilities>\
             <vulnerability id=\"v{r}\" resultCode=\"VE\"><id type=\"cve\">CVE-2020-000{r}</id></vulnerability></vulnerabilities></service></services></device>"
        )
    });
    format!("<NeXposeSimpleXML version=\"1.0\"><devices>{devices}</devices></NeXposeSimpleXML>")
}
