//! What other desks export, and our own; and the findings that scripts write for them.

use super::{Item, joined, word};

pub fn generic_json(items: &[Item]) -> String {
    let findings = joined(items, ",", |r, p| {
        format!(
            r#"{{"title":"T{r}","severity":"{}","description":"d{r}","endpoints":["https://h{p}.test/"],"cve":"CVE-2020-000{r}"}}"#,
            word(r)
        )
    });
    format!(r#"{{"type":"X","findings":[{findings}]}}"#)
}

pub fn generic_csv(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| format!("T{r},{},D{r},h{p}.test", word(r)));
    format!("Title,Severity,Description,Url\n{rows}\n")
}

pub fn riskdesk(items: &[Item]) -> String {
    joined(items, "\n", |r, p| {
        format!(
            r#"{{"riskdesk_export":1,"key":"F-{r}","title":"T{r}","tool":"T","severity":"{}","fingerprint":{{"version":1,"fields":[["tool","T"],["rule","{r}"]]}},"occurrences":[{{"place":"h{p}.test","host":"h{p}.test"}}]}}"#,
            word(r)
        )
    })
}

pub fn defectdojo_page(items: &[Item]) -> String {
    let results = joined(items, ",", |r, p| {
        format!(
            r#"{{"id":{r},"title":"T{r}","severity":"{}","numerical_severity":"S1","false_p":{},"active":true,"date":"2026-01-02","endpoints":[{p}]}}"#,
            word(r),
            r == 3
        )
    });
    let endpoints = joined(items, ",", |_, p| {
        format!(r#""{p}":{{"id":{p},"protocol":"https","host":"h{p}.test"}}"#)
    });
    format!(
        r#"{{"count":9,"next":null,"previous":null,"results":[{results}],"prefetch":{{"endpoints":{{{endpoints}}}}}}}"#
    )
}

pub fn defectdojo_rows(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!(
            "True,2026-01-02,False,{r},S1,{},T{r},weekly,https://h{p}.test,a; b,Active,",
            word(r)
        )
    });
    format!("active,date,false_p,id,numerical_severity,severity,title,test,endpoints,tags,status,notes\n{rows}\n")
}

fn faraday_entry(r: u8, more: &str) -> String {
    format!(
        r#"{{"name":"N{r}","severity":"{}","status":"open","cve":["CVE-2020-000{r}"]{more}}}"#,
        word(r)
    )
}

pub fn faraday_list(items: &[Item]) -> String {
    let entries = joined(items, ",", |r, p| {
        let more = format!(r#","target":"192.0.2.{p}","service":{{"ports":443,"protocol":"tcp"}}"#);
        format!(r#"{{"id":1,"key":1,"value":{}}}"#, faraday_entry(r, &more))
    });
    format!(r#"{{"vulnerabilities":[{entries}],"count":1}}"#)
}

pub fn faraday_hosts(items: &[Item]) -> String {
    let hosts = joined(items, ",", |r, p| {
        let entry = faraday_entry(r, r#","website":"https://a.test","path":"/q""#);
        format!(
            r#"{{"ip":"192.0.2.{p}","vulnerabilities":[],"services":[{{"port":{p},"protocol":"tcp","vulnerabilities":[{}]}}]}}"#,
            entry.replace("a.test", &format!("h{p}.test"))
        )
    });
    format!(r#"{{"hosts":[{hosts}],"command":{{}}}}"#)
}

pub fn faraday_rows(items: &[Item]) -> String {
    let rows = joined(items, "\n", |r, p| {
        format!(
            "True,N{r},{},192.0.2.{p},d{r},open,,\"['CVE-2020-000{r}', 'x']\",443,tcp",
            word(r)
        )
    });
    format!("confirmed,name,severity,target,desc,status,easeofresolution,cve,port,protocol\n{rows}\n")
}

pub fn faraday_metasploit(items: &[Item]) -> String {
    let hosts = joined(items, "", |r, p| {
        format!(
            "<host><address>192.0.2.{p}</address><services><service><id>1</id><port>443</port><proto>tcp</proto></service></services>\
             <vulns><vuln><service-id>1</service-id><name>N{r}</name><info>d{r}</info><refs><ref>CVE-2020-000{r}</ref></refs></vuln></vulns></host>"
        )
    });
    format!("<MetasploitV4><hosts>{hosts}</hosts><services/><web_vulns/></MetasploitV4>")
}
