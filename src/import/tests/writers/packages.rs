//! Reports of scanners of packages and code hosts.

use super::{Item, joined, word};

fn trivy_results(items: &[Item], list: &str) -> String {
    joined(items, ",", |r, p| {
        format!(
            r#"{{"Target":"f{p}.lock","Type":"npm","{list}":[{{"VulnerabilityID":"CVE-2020-000{r}","PkgName":"p{r}","InstalledVersion":"1","Severity":"{}",
            "ID":"DS00{r}","Title":"T{r}","Message":"m{r}","Status":"FAIL"}}]}}"#,
            word(r).to_uppercase()
        )
    })
}

pub fn trivy(items: &[Item]) -> String {
    format!(
        r#"{{"SchemaVersion":2,"ArtifactName":".","ArtifactType":"filesystem","Results":[{}]}}"#,
        trivy_results(items, "Vulnerabilities")
    )
}

pub fn trivy_list(items: &[Item]) -> String {
    format!("[{}]", trivy_results(items, "Vulnerabilities"))
}

pub fn trivy_checks(items: &[Item]) -> String {
    let resources = joined(items, ",", |r, p| {
        format!(
            r#"{{"Kind":"Pod","Name":"h{p}","Results":[{}]}}"#,
            trivy_results(&[(r, p)], "Misconfigurations")
        )
    });
    format!(r#"{{"ClusterName":"c","Resources":[{resources}]}}"#)
}

pub fn grype(items: &[Item]) -> String {
    let matches = joined(items, ",", |r, p| {
        format!(
            r#"{{"vulnerability":{{"id":"CVE-2020-000{r}","severity":"{}"}},"artifact":{{"name":"p{r}","version":"1","type":"npm","locations":[{{"path":"/f{p}"}}]}}}}"#,
            word(r)
        )
    });
    format!(r#"{{"matches":[{matches}],"source":{{"type":"directory","target":"."}},"descriptor":{{"name":"grype"}}}}"#)
}

pub fn snyk(items: &[Item]) -> String {
    let projects = joined(items, ",", |r, p| {
        format!(
            r#"{{"vulnerabilities":[{{"id":"SNYK-JS-P-{r}","packageName":"p{r}","version":"1","packageManager":"npm","severity":"{}","title":"T{r}"}}],
            "ok":false,"dependencyCount":1,"packageManager":"npm","projectName":"n{p}","uniqueCount":1}}"#,
            word(r)
        )
    });
    format!("[{projects}]")
}

pub fn dependency_check_xml(items: &[Item]) -> String {
    let dependencies = joined(items, "", |r, p| {
        format!(
            "<dependency><fileName>a{p}.ear: p{r}-1.jar</fileName><vulnerabilities><vulnerability><name>CVE-2020-000{r}</name>\
             <severity>{}</severity></vulnerability></vulnerabilities></dependency>",
            word(r)
        )
    });
    format!("<analysis><scanInfo/><dependencies>{dependencies}</dependencies></analysis>")
}

pub fn dependency_check_json(items: &[Item]) -> String {
    let dependencies = joined(items, ",", |r, p| {
        format!(
            r#"{{"fileName":"a{p}.ear: p{r}-1.jar","vulnerabilities":[{{"name":"CVE-2020-000{r}","severity":"{}"}}]}}"#,
            word(r)
        )
    });
    format!(r#"{{"reportSchema":"1.1","scanInfo":{{}},"dependencies":[{dependencies}]}}"#)
}
