//! Small reports of every format, each made of items: a rule (which has its own severity and texts) at a place.

mod cloud;
mod packages;

/// A rule and a place.
pub type Item = (u8, u8);

type Writer = fn(&[Item]) -> String;

/// Every format, in every way it can be written, by name.
pub const WRITERS: &[(&str, Writer)] = &[
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
    ("burp", burp_xml),
    ("burp", burp_api),
    ("burp", burp_graphql),
    ("burp", burp_dastardly),
    ("burp", burp_page),
    ("openvas", openvas_xml),
    ("openvas", openvas_csv),
    ("nikto", nikto_xml),
    ("nikto", nikto_json),
    ("nikto", nikto_csv),
    ("acunetix", acunetix),
    ("invicti", invicti_json),
    ("invicti", invicti_xml),
    ("sslscan", sslscan),
    ("sslyze", sslyze_json),
    ("sslyze", sslyze_xml),
    ("qualys", qualys_xml),
    ("qualys", qualys_csv),
    ("qualys", qualys_vmdr),
    ("qualys", qualys_scan),
    ("qualys-was", qualys_was),
    ("nexpose", nexpose),
    ("checkmarx", checkmarx_xml),
    ("checkmarx", checkmarx_json),
    ("veracode", veracode_xml),
    ("veracode", veracode_json),
    ("generic", generic_json),
    ("generic", generic_csv),
    ("trivy", packages::trivy),
    ("trivy", packages::trivy_list),
    ("trivy", packages::trivy_checks),
    ("grype", packages::grype),
    ("snyk", packages::snyk),
    ("dependency-check", packages::dependency_check_xml),
    ("dependency-check", packages::dependency_check_json),
    ("riskdesk", riskdesk),
    ("cyclonedx", packages::cyclonedx_json),
    ("cyclonedx", packages::cyclonedx_xml),
    ("npm-audit", packages::npm_old),
    ("npm-audit", packages::npm_new),
    ("pip-audit", packages::pip_audit),
    ("cargo-audit", packages::cargo_audit),
    ("gitleaks", packages::gitleaks),
    ("gitleaks", packages::gitleaks_old),
    ("gitlab", packages::gitlab_sast),
    ("gitlab", packages::gitlab_dast),
    ("gitlab", packages::gitlab_dependencies),
    ("wpscan", packages::wpscan),
    ("mobsf", packages::mobsf),
    ("mobsf", packages::mobsfscan),
    ("asff", cloud::asff),
    ("prowler", cloud::prowler_ocsf),
    ("prowler", cloud::prowler_csv),
    ("prowler", cloud::prowler_two),
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

fn burp_xml(items: &[Item]) -> String {
    let issues = joined(items, "", |r, p| {
        format!(
            "<issue><type>{r}</type><name>N{r}</name><host ip=\"192.0.2.{p}\">https://h{p}.test</host><path>/a</path><location>/a [q parameter]</location>\
             <severity>{}</severity><requestresponse><request base64=\"true\">R0VUIC9h</request></requestresponse></issue>",
            word(r)
        )
    });
    format!("<!DOCTYPE issues [<!ELEMENT issues (issue*)>]><issues burpVersion=\"2026\">{issues}</issues>")
}

fn burp_api(items: &[Item]) -> String {
    let events = joined(items, ",", |r, p| {
        format!(
            r#"{{"type":"issue_found","issue":{{"name":"N{r}","type_index":{r},"origin":"https://h{p}.test","path":"/a","severity":"{}"}}}}"#,
            word(r)
        )
    });
    format!(r#"{{"task_id":"1","issue_events":[{events}]}}"#)
}

fn burp_graphql(items: &[Item]) -> String {
    let issues = joined(items, ",", |r, p| {
        format!(
            r#"{{"issue_type":{{"name":"N{r}"}},"origin":"https://h{p}.test","path":"/a","severity":"{}"}}"#,
            word(r)
        )
    });
    format!(r#"{{"Issues":[{issues}]}}"#)
}

fn burp_dastardly(items: &[Item]) -> String {
    let suites = joined(items, "", |r, p| {
        format!(
            "<testsuite name=\"https://h{p}.test/a\"><testcase name=\"N{r}\"><failure type=\"{}\">\nPath: /a\n\nIssue Detail\nd</failure></testcase></testsuite>",
            word(r)
        )
    });
    format!("<testsuites name=\"Dastardly scan results\">{suites}</testsuites>")
}

fn burp_page(items: &[Item]) -> String {
    let issues = joined(items, "", |r, p| {
        format!(
            "<h1>More details for https://h{p}.test</h1><div class=\"issue-container\"><h2>N{r}</h2><a href=\"\">/a</a><h3>Issue detail:</h3><p>d</p></div>"
        )
    });
    format!("<html><body>Generated by Burp Suite DAST | 2025-06-22 4:04 AM{issues}</body></html>")
}

fn openvas_xml(items: &[Item]) -> String {
    let results = joined(items, "", |r, p| {
        format!(
            "<result><host>192.0.2.{p}</host><port>443/tcp</port><nvt oid=\"1.{r}\"><name>N{r}</name></nvt><threat>{}</threat></result>",
            word(r)
        )
    });
    format!("<report format_id=\"x\"><report><gmp/><results>{results}</results></report></report>")
}

fn openvas_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("192.0.2.{p},h{p},443,tcp,5.0,{},N{r},1.{r}", word(r))
    });
    format!("IP,Hostname,Port,Port Protocol,CVSS,Severity,NVT Name,NVT OID\n{rows}\n")
}

fn nikto_xml(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<scandetails targethostname=\"h{p}.test\" targetport=\"80\"><item id=\"{r}\" method=\"GET\"><description>m</description><uri>/a</uri></item></scandetails>"
        )
    });
    format!("<niktoscan><niktoscan version=\"2.1.6\">{hosts}</niktoscan></niktoscan>")
}

fn nikto_json(items: &[Item]) -> String {
    let hosts = joined(items, ",", |r, p| {
        format!(
            r#"{{"host":"h{p}.test","ip":"192.0.2.{p}","port":"80","banner":"","vulnerabilities":[{{"id":"{r}","method":"GET","url":"/a","msg":"m"}}]}}"#
        )
    });
    format!("[{hosts}]")
}

fn nikto_csv(items: &[Item]) -> String {
    let messages = ["a", "b", "c", "d", "e", "f"];
    let rows = joined(items, "\n", |r, p| {
        format!(
            "\"h{p}.test\",\"192.0.2.{p}\",\"80\",\"\",\"GET\",\"/a\",\"{}\"",
            messages[usize::from(r)]
        )
    });
    format!("\"Nikto - v2.5.0/\"\n{rows}\n")
}

fn acunetix(items: &[Item]) -> String {
    let scans = joined(items, "", |r, p| {
        format!(
            "<Scan><StartURL>https://h{p}.test</StartURL><ReportItems><ReportItem><Name>N{r}</Name><Affects>/a</Affects><Severity>{}</Severity></ReportItem></ReportItems></Scan>",
            word(r)
        )
    });
    format!("<ScanGroup ExportedOn=\"22/06/2025, 04:04:14\">{scans}</ScanGroup>")
}

fn invicti_json(items: &[Item]) -> String {
    let vulnerabilities = joined(items, ",", |r, p| {
        format!(
            r#"{{"Url":"https://h{p}.test/a","Type":"T{r}","Name":"N{r}","Severity":"{}","Certainty":100}}"#,
            word(r)
        )
    });
    format!(r#"{{"Generated":"22/06/2025 04:04 AM","Target":{{}},"Vulnerabilities":[{vulnerabilities}]}}"#)
}

fn invicti_xml(items: &[Item]) -> String {
    let vulnerabilities = joined(items, "", |r, p| {
        format!(
            "<vulnerability><url>https://h{p}.test/a</url><type>T{r}</type><severity>{}</severity></vulnerability>",
            word(r)
        )
    });
    format!("<netsparker generated=\"22/06/2025 04:04:14\">{vulnerabilities}</netsparker>")
}

fn riskdesk(items: &[Item]) -> String {
    joined(items, "\n", |r, p| {
        format!(
            r#"{{"riskdesk_export":1,"key":"F-{r}","title":"T{r}","tool":"T","severity":"{}","fingerprint":{{"version":1,"fields":[["tool","T"],["rule","{r}"]]}},"occurrences":[{{"place":"h{p}.test","host":"h{p}.test"}}]}}"#,
            word(r)
        )
    })
}

/// Facts that each are one problem, as sslscan writes them.
const SSLSCAN: [&str; 6] = [
    "<protocol type=\"ssl\" version=\"3\" enabled=\"1\"/>",
    "<protocol type=\"tls\" version=\"1.0\" enabled=\"1\"/>",
    "<heartbleed sslversion=\"TLSv1.2\" vulnerable=\"1\"/>",
    "<compression supported=\"1\"/>",
    "<cipher status=\"accepted\" sslversion=\"TLSv1.2\" cipher=\"RC4-SHA\"/>",
    "<fallback supported=\"0\"/>",
];

fn sslscan(items: &[Item]) -> String {
    let servers = joined(items, "", |r, p| {
        format!(
            "<ssltest host=\"h{p}.test\" port=\"443\">{}</ssltest>",
            SSLSCAN[usize::from(r)]
        )
    });
    format!("<document title=\"SSLScan Results\" version=\"2.1\">{servers}</document>")
}

fn sslyze_json(items: &[Item]) -> String {
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

fn sslyze_xml(items: &[Item]) -> String {
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

fn qualys_xml(items: &[Item]) -> String {
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

fn qualys_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("192.0.2.{p},h{p},IP,{r},T{r},{},443,tcp,CVE-2020-000{r}", r % 5 + 1)
    });
    format!("IP,DNS,Tracking Method,QID,Title,Severity,Port,Protocol,CVE ID\n{rows}\n")
}

fn qualys_vmdr(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!("{r},T{r},{},443,TCP,s{p},192.0.2.{p}", r % 5 + 1)
    });
    format!("\"Report\",\"x\"\n\"Company\"\nQID,Title,Severity,Port,Protocol,Asset Name,Asset IPV4\n{rows}\n")
}

fn qualys_scan(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<IP value=\"192.0.2.{p}\"><VULNS><CAT value=\"c\" port=\"443\" protocol=\"tcp\"><VULN number=\"{r}\" severity=\"{}\"><TITLE>T{r}</TITLE></VULN></CAT></VULNS></IP>",
            r % 5 + 1
        )
    });
    format!("<SCAN value=\"scan/1\">{hosts}</SCAN>")
}

fn qualys_was(items: &[Item]) -> String {
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

fn nexpose(items: &[Item]) -> String {
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

fn checkmarx_xml(items: &[Item]) -> String {
    let queries = joined(items, "", |r, p| {
        format!(
            "<Query id=\"{r}\" name=\"Q{r}\" cweId=\"79\" Severity=\"{}\"><Result FileName=\"f.c\" Line=\"{p}\" Column=\"1\"/></Query>",
            word(r)
        )
    });
    format!("<CxXMLResults>{queries}</CxXMLResults>")
}

fn checkmarx_json(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"type":"sast","similarityId":"{r}{p}","severity":"{}","data":{{"queryId":{r},"queryName":"Q{r}","nodes":[{{"fileName":"f.c","line":{p}}}]}}}}"#,
            word(r)
        )
    });
    format!(r#"{{"results":[{results}],"scanID":"s"}}"#)
}

fn veracode_xml(items: &[Item]) -> String {
    let flaws = joined(items, "", |r, p| {
        format!(
            "<flaw issueid=\"{r}\" categoryname=\"N{r}\" severity=\"{}\" sourcefile=\"f.c\" line=\"{p}\"/>",
            r % 6
        )
    });
    format!(
        "<detailedreport app_id=\"1\"><severity><category><cwe><staticflaws>{flaws}</staticflaws></cwe></category></severity></detailedreport>"
    )
}

fn veracode_json(items: &[Item]) -> String {
    let findings = joined(items, ",", |r, p| {
        format!(
            r#"{{"issue_id":{r},"scan_type":"STATIC","finding_details":{{"severity":{},"finding_category":{{"name":"N{r}"}},"file_path":"f.c","file_line_number":{p}}}}}"#,
            r % 6
        )
    });
    format!(r#"{{"_embedded":{{"findings":[{findings}]}}}}"#)
}
